package detect

import (
	"slices"
	"strings"
	"testing"
)

// Each class with texts that hold it and texts that only seem to. The resident
// ID is the example of GB 11643-1999; cards are made up to fit Luhn.
var classCases = []struct {
	class  Class
	hits   []string
	misses []string
}{
	{CNMobile, []string{
		"13912345678", "手机13912345678，请回电", "tel:13912345678", "+86 139 1234 5678", "+8613912345678", "8613912345678", "008613912345678",
		"139-1234-5678", "139 1234 5678", "139.1234.5678", "１３９１２３４５６７８", "(+86)139-1234-5678", "手机:139\u200b1234\u200b5678", "14912345678", "手机17012345678", "19212345678", "13912345678/13912345679", "phone=13912345678",
		`{"buyerMobile":"13912345678"}`, "13912345678@qq.com 139-1234-5678", "张三-13912345678", "联系电话（微信同号）：13912345678", "\xEF\xBB\xBF13912345678",
	}, []string{
		"订单号：13912345678", "order_id=13912345678", "139123456789", "0x13912345678", "a13912345678", "13912345678b", "1.13912345678", "13912345678.5", "¥13912345678",
		"13912345678元", "12912345678", "11012345678", "13800138000", "15000000000", "https://example.com/item/13912345678", "550e8400-e29b-41d4-a716-13912345678a", "139-12345-678",
		"2013912345678", "SF1391234567812", "+13912345678", "1.2.3+13912345678", "139 1234 5678 9012", "timeout_ns: 13912345678", "a,13912345678,b,c", "#13912345678", "13912345678ms", "手机14612345678", "手机14812345678", "手机19412345678", "手机15412345678",
	}},
	{CNLandline, []string{"010-65529988", "(010)65529988", "（010） 6552 9988", "0571-8765432", "0571-87654321", "021 6552 9988", "+86 10 65529988", "010-65529988-8001", "座机：02165529988", "座机：0979-8765432", "0733-28765432", "86-10-65529988"}, []string{
		"010-6552998", "2010-65529988", "020-12345678", "0999999999", "000-65529988", "运单号 010-655299881234", "010-65529988.5", "01065529988", "0767-8765432", "0425-8765432", "2024-01-0265529988",
	}},
	{CNResidentID, []string{"11010519491231002X", "11010519491231002x", "身份证号：11010519491231002X", "110105 19491231 002X", "１１０１０５１９４９１２３１００２Ｘ", "110105-19491231-002X", "身份证 110101491231002", "11010519491231002X_合同.pdf"}, []string{
		"110105194912310021", "110105194902310020", "990101194912310020", "110101491231002", "A11010519491231002X", "11010519491231002X9", "0.11010519491231002X",
	}},
	{BankCard, []string{"6222021234567890128", "6222 0212 3456 7890 128", "卡号6222-0212-3456-7890-128", "card number: 4539 1488 0343 6467", "4539148803436467", "卡号：371449635398456", "卡号：36123456789013", "card no: 3001 234567 8907", "card number: 6445 1234 5678 9015"}, []string{
		"6222021234567890127", "4111111111111111", "交易流水号：6222021234567890128", "6222021234567890128000", "4539 1488 0343 6467 1234", "1222021234567890128", "0x6222021234567890128", "6222.0212.3456.7890", "36123456789013", "卡号：36123456789014", "卡号：37123456789012", "订单号：36123456789013", "卡号：36227206271667",
	}},
	{Email, []string{"zhang.wei@163.com", "Zhang_Wei+x@mail.company.com.cn", "<li@qq.com>", "mailto:li@qq.com", "邮箱li@qq.com。", "ｌｉ＠ｑｑ．ｃｏｍ", "13912345678@139.com", "Email: test@example.com", "li@qq.com.xlsx"}, []string{
		"zhang@localhost", "@media", "icon@2x.png", "pkg@1.2.3", "git@github.com:a/b.git", "https://user:pass@host.com/", "noreply@163.com", "a@b", "getty@tty1.service", "test@example.com", "a..b@163.com", "@types/node@18.0.0",
	}},
	{PersonName, []string{"姓名：张伟", "收件人: 欧阳娜娜", "客户姓名 王小明 ", "张伟 13912345678", "Name: John Smith\nPhone: +86 139 1234 5678", "我叫李娜，电话13912345678", "请联系王小明先生，13912345678", "姓名：阿依古丽·买买提"}, []string{
		"张伟", "姓名", "姓名：", "姓名：13912345678", "高兴 13912345678", "Author: John Smith <john@smith.org>", "name: value", "客户经理：", "联系方式：关闭", "Name: the identifier",
	}},
	{Address, []string{"寄到浙江省杭州市西湖区文三路478号", "地址：北京市朝阳区建国路88号院3号楼1203室", "address: 12 High Street, Leeds", "收货地址：西湖区文三路478号2栋", "江苏南京市玄武区中山路12号", "广东省深圳市南山区粤海街道科技园路1号A座5层"}, []string{
		"北京市朝阳区", "浙江省杭州市西湖区近日出台新政", "IP address: 10.0.0.1", "address: 0x7fff5fbff8a0", "地址：无", "文三路", "5号", "记者从北京市有关部门获悉，新建道路120公里",
	}},
	{USCC, []string{"统一社会信用代码：91110108MA01ABCD5T", "913301067418276548", "USCC: 91110108MA01ABCD5T", "91110000600037341L", "91350100M000100Y43", "税号：91350100M000100Y43", "91310115591693856A", "税号：543101155916938565", "企业名称,统一社会信用代码\n某某公司,91110108MA01ABCD5T"}, []string{
		"91110108MA01ABCD51", "税号：Y2310115591693856H", "税号：A33101155916938563", "913301067418276541", "91110108MA01ABCD5TA", "a/91110108MA01ABCD5T", "0x913301067418276548", "A1110000600037341L", "订单号：913301067418276548", "91110108MAO1ABCD5T",
	}},
	{IBAN, []string{"IBAN: DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "NL91ABNA0417164300", "MT84MALT011000012345MTLCAST001S", "NO9386011117947", "FR14 2004 1010 0505 0001 3M02 606", "BR1800360305000010009795493C1", "pay to DE89 3704 0044 0532 0130 00 today", "name,iban\nAnna Bauer,DE89370400440532013000"}, []string{
		"DE89370400440532013001", "DE8237040044053201A000", "XX89370400440532013000", "DE893704004405320130001", "DE893704004405320130", "id_DE89370400440532013000",
	}},
	{CNPermanentResidence, []string{"永久居留证号：911156198808080015", "911156198808080015", "永久居留证：USA110185072301", "permanent residence no: FRA310091123109"}, []string{
		"USA110185072301", "永久居留证：USA110185133001", "永久居留证：USA990185072301", "永久居留证：US1110185072301", "订单号：USA110185072301", "911156198808080011", "911000198808080018", "91115619881308001X"}},
	{HKID, []string{"香港身份证：A123456(3)", "HKID: A123456(3)", "香港身份證：AB987654（3）", "hkid\nA1234563\n", "身份证号码：A123456（3）", "the holder A123456(3) called"}, []string{
		"HKID: A123456(4)", "A1234563", "货号：A1234563", "XA123456(3)4", "a123456(3)", "ref_A123456(3)", "/A123456(3)", "A12345(6)", "ABC123456(3)",
	}},
	{CNMobile, []string{"電話：13912345678", "手機號碼 13912345678", "聯絡電話:13912345678"}, []string{"訂單編號：13912345678", "流水號：13912345678"}},
	{CNResidentID, []string{"身份證：11010519491231002X", "身分證號碼：110101491231002"}, nil},
	{PersonName, []string{"客戶姓名：張偉", "聯絡人：陳美玲"}, []string{"客戶姓名：", "聯絡人："}},
	{Address, []string{"聯絡地址：北京市朝阳区建国路88号"}, []string{"聯絡地址：無"}},
	{CNPassport, []string{
		"护照号：E12345678", "护照号码为EA1234567", "passport no: G12345678", "Passport No. is E12345678.", "护照 D12345678", "姓名,护照号\n张伟,E12345678", `{"passportNo":"E12345678"}`, "证件号码：E12345678", "護照號碼：E12345678", "护照号：K12345678", "护照号\nE12345678\n", "passport number E12345678 expires in the year after next", "护照号：e12345678",
		"护照号：KJ1234567", "护照：141234567", "护照号码：P.1234567", "护照：S1234567", "护照号：MA1234567", "证件号码：KJ1234567",
	}, []string{
		"E12345678", "货号：E12345678", "护照号：EI1234567", "护照号：E1234567", "护照号：E123456789", "passport no: E12345678-A1", "护照号：A12345678", "订单号：E12345678", "passport: EX12345678", "证件号码：H12345678", "护照号：E1234****", "护照：161234567", "证件号码：141234567", "证件号码：P1234567", "护照号：P.12345678-1",
	}},
	{HKMacauPass, []string{"港澳通行证：C12345678", "往来港澳通行证号码：W12345678", "通行证号：CA1234567", "回乡证：H12345678", "港澳居民来往内地通行证号：M1234567800", "home return permit: H12345678", "回乡证：HA1234567", "通行证号码：MA1234567", "证件号码：H12345678"}, []string{
		"C12345678", "港澳通行证：CO1234567", "港澳通行证：C1234567", "通行证号：K12345678", "合同号：W12345678", "通行证：HB1234567"}},
	{TaiwanPass, []string{"往来台湾通行证：L12345678", "台胞证号：12345678", "台湾居民来往大陆通行证号码：1234567801", "台胞證：12345678", "大陆居民往来台湾通行证号码：T12345678", "台胞证：1234567801(D)"}, []string{
		"12345678", "通行证号：12345678", "台胞证：2024-01-02", "台胞证号：123456789", "证件号码：12345678", "台胞证办理时间 12345678901"}},
	{PassportMRZ, []string{
		"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10", "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
		"I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
		"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<", "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<",
		strings.Repeat("no data on this line\n", 20) + "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
	}, []string{
		"L8988901C4XXX4009078F96121096ZE184226B<<<<<<", "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C5XXX4009078F96121096ZE184226B<<<<<<",
		"L898902C36UTO7408122F1204159ZE184226B<<<<<11", "L898902C36UTO7408122F1204158ZE184226B<<<<<10", "L898902C46UTO7408122F1204159ZE184226B<<<<<10", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<7", "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
	}},
	{CNResidentID, []string{"驾驶证号：11010519491231002X", "driving licence no: 110101491231002"}, nil},
	{CNResidencePermit, []string{"港澳居民居住证：810000199003071237", "830000198512310047", "证件号码：810000199003071237"}, []string{"810000199003071231", "840000199003071232", "810001199003071233"}},
}

func TestClasses(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{})
	found := func(text string, c Class) bool {
		s.Reset()
		s.Write([]byte(text))
		return slices.ContainsFunc(s.Close().Classes, func(x ClassSummary) bool { return x.Class == c })
	}
	for _, c := range classCases {
		for _, text := range c.hits {
			if !found(text, c.class) {
				t.Errorf("%s not found in %q", c.class, text)
			}
		}
		for _, text := range c.misses {
			if found(text, c.class) {
				t.Errorf("%s found in %q", c.class, text)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	f := scan([]byte("身份证号：11010519491231002X\n")).Findings[0]
	want := "digits:18; checksum; region:110105:北京市朝阳区; birth:1949; label:1:身份证号"
	if got := strings.Join(f.Reasons, "; "); got != want || f.Confidence != 0.99 || f.Masked != "110105********002X" || f.Line != 1 || f.Offset != 15 || f.Length != 18 {
		t.Errorf("got %+v", f)
	}
	f = scan([]byte("a\n\n订单号：11010519491231002X")).Findings[0]
	if got := strings.Join(f.Reasons, "; "); !strings.Contains(got, "but-label:订单号") || f.Confidence > 0.6 || f.Line != 3 {
		t.Errorf("got %+v", f)
	}
}

func TestCodesCanBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"统一社会信用代码：91110108MA01ABCD5T":       "9111************5T",
		"IBAN: GB82 WEST 1234 5698 7654 32": "GB82****************32",
		"810000199003071237":                "810000********1237",
	} {
		f := scan([]byte(text)).Findings
		if len(f) != 1 || f[0].Masked != want || f[0].Confidence < 0.9 || !strings.Contains(strings.Join(f[0].Reasons, "; "), "checksum") {
			t.Errorf("%s: got %+v", text, f)
		}
	}
}

// A register of companies is no list of people.
func TestCompaniesAreNoPeople(t *testing.T) {
	var b strings.Builder
	b.WriteString("统一社会信用代码,邮箱\n")
	for range 30 {
		b.WriteString("91110108MA01ABCD5T,\n")
	}
	b.WriteString("91110108MA01ABCD5T,li.na@163.com\n")
	if got := scan([]byte(b.String())); got.People != 0 || len(got.Classes) != 2 {
		t.Errorf("%d people, %+v", got.People, got.Classes)
	}
}

// Of whom something is said is a person; of what, none.
func TestWhoseNumberItIs(t *testing.T) {
	p := NewPack(Key{})
	for text, want := range map[string]int{
		"张建国的电话是13812345678": 1, "张建国电话13812345678": 1, "请查张建国的联系方式：13812345678": 1, "欧阳静怡的手机号13812345678": 1, "李敏的身份证号是11010519491231002X": 1,
		"公司的电话是13812345678": 0, "我们的电话13812345678": 0, "安全的电话13812345678": 0, "方便的联系电话13812345678": 0, "家庭住址电话13812345678": 0, "单位的地址和电话13812345678": 0,
	} {
		s := NewScanner(p, Limits{})
		_, _ = s.Write([]byte(text))
		if got := s.Close().People; got != want {
			t.Errorf("%s: %d people, want %d", text, got, want)
		}
	}
}

func TestOffsetsAreThoseOfTheText(t *testing.T) {
	text := "　　手机：１３９１２３４５６７８，\u200b邮箱 li@qq.com"
	for _, f := range scan([]byte(text)).Findings {
		part := text[f.Offset : f.Offset+int64(f.Length)]
		if part != "１３９１２３４５６７８" && part != "li@qq.com" {
			t.Errorf("%s stands at %q", f.Class, part)
		}
	}
}
