package custom

import (
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
)

// Numbers are made up; those with checks have the right one.
func TestNumbersOfPeopleAndThings(t *testing.T) {
	for _, test := range []struct {
		class detect.Class
		text  string
		want  string
	}{
		{Plate, "车牌号：京A12345", "京A12345"},
		{Plate, "沪A·D12345 与 粤B 12345D 停在一起", "沪A·D12345 粤B 12345D"},
		{Plate, "粤Z1234港，苏E8888警，鲁Q1234学", "粤Z1234港 苏E8888警 鲁Q1234学"},
		{Plate, "车牌：ｕ，号牌 川AG8T32", "川AG8T32"},
		{TaiwanID, "身分證字號：A123456789", "A123456789"},
		{Plate, "琼X1234应急 返回，武警 WJ京1234J、WJ粤·88881 随行", "WJ京1234J WJ粤·88881 琼X1234应急"},
		{Plate, "军车号牌：VA12345", "VA12345"},
		{TaiwanID, "居留證 A800000014", "A800000014"},
		{TaiwanID, "居留證 AA00000009，統一證號：AD00000005", "AA00000009 AD00000005"},
		{MacauID, "澳门居民身份证 5123456(7)", "5123456(7)"},
		{MacauID, "澳門身份證：1234567（8）", "1234567（8）"},
		{MacauID, "澳门居民身份证 5/123456/7，另一张 Macau ID: 12345678", "12345678 5/123456/7"},
		{DrivingLicence, "驾驶证档案编号：310012345678", "310012345678"},
		{DrivingLicence, "姓名,驾驶证号,日期\n张三,11010519491231002X,2020-01-01\n", "11010519491231002X"},
		{BusinessLicence, "工商注册号（必填）：110108000000016", "110108000000016"},
		{SocialSecurity, "社保卡号：A12345678", "A12345678"},
		{SocialSecurity, "\"insurance_no\": \"1234567890\"", "1234567890"},
		{BirthDate, "出生日期：1985年3月12日", "1985年3月12日"},
		{BirthDate, "Date of birth: 12 March 1985", "12 March 1985"},
		{BirthDate, "DOB 03/12/1985", "03/12/1985"},
		{BirthDate, "id\tname\tbirthday\n1\tx\t1990-01-31\n", "1990-01-31"},
		{WeChat, "微信号：wang_xiaoming 请加", "wang_xiaoming"},
		{WeChat, "{\"wechat\": \"lucky2020\"}", "lucky2020"},
		{WeChat, "微信: zhangsan", "zhangsan"},
		{QQ, "QQ：12345678", "12345678"},
		{QQ, "姓名,QQ,手机\n张三,23456789,13800138000\n", "23456789"},
		{SSN, "SSN: 536-22-1234", "536-22-1234"},
		{SSN, "social security number 536221234", "536221234"},
		{ITIN, "ITIN 912-70-1234", "912-70-1234"},
		{EIN, "Employer Identification Number: 36-1234567", "36-1234567"},
		{NINO, "National Insurance number: AB 12 34 56 C", "AB 12 34 56 C"},
		{NHS, "NHS number 943 476 5919", "943 476 5919"},
		{EUVAT, "USt-IdNr. DE136695976, TVA FR 83 404833048", "DE136695976 FR 83 404833048"},
		{EUVAT, "VAT ID ATU13585627", "ATU13585627"},
		{EUVAT, "VAT no. DE 136 695 976 EUR 100, VAT GB or XI 980 7806 84.", "DE 136 695 976 XI 980 7806 84"},
	} {
		if got := strings.Join(found(builtIns(t, test.class), test.text), " "); got != test.want {
			t.Errorf("%s in %q: found %q, want %q", test.class, test.text, got, test.want)
		}
	}
}

func TestNoNumbersOfPeople(t *testing.T) {
	for class, texts := range map[detect.Class][]string{
		Plate:           {"型号：京A12345", "北京A1234", "南京A12345座", "京I12345", "京AO2345", "京AABCDE", "浙A12345678", "粤A1234港", "新A级标准", "苏B-12345-X", "VA12345", "车牌识别 型号 VA12345", "WJ京12345678", "京X1234应急预案"},
		TaiwanID:        {"身分證字號：A123456788", "A123456789", "身分證 A323456789", "證號 XA123456789", "居留證 AA00000008", "居留證 AE00000009"},
		MacauID:         {"5123456(7)", "澳门 2123456(7)", "澳门 51234567", "澳門身份證：21234567", "澳门身份证办理量 51234567 人次起", "澳门 2/123456/7"},
		DrivingLicence:  {"310012345678", "驾驶证每6年换一次，订单 310012345678", "驾驶证号：990012345678", "驾驶证号：110105194912310021", "姓名,驾驶证号,订单\n张三,,310012345678\n"},
		BusinessLicence: {"注册号：110108000000017", "110108000000016", "营业执照办理需 15 天，编码 110108000000016"},
		SocialSecurity:  {"社保基数每月 12345678 元", "A12345678", "社保号：110105194912310021", "医保卡可在全国 3000 家药店使用"},
		BirthDate:       {"1985-03-12", "生产日期：1985-03-12", "生日：1985-13-12", "出生日期：2999-01-01", "生日快乐 1985-03-12", "born in London, 12 March 1985 was cold", "出生日期：1985-02-30"},
		WeChat:          {"微信：请扫码添加", "wechat_id varchar", "微信公众号 trustline01", "wechat.com/abc123", "微信支付 payment01", "微信: wechat", "see wechat-devtools2", "加微信 abc"},
		QQ:              {"QQ群 12345678", "QQ邮箱 12345678@qq.com", "订单 12345678", "QQ：1234", "QQ：10000", "QQ浏览器 12345678", "关于QQ，如下。\n12345678\n"},
		SSN:             {"536-22-1234", "SSN: 000-12-3456", "SSN 666-12-3456", "SSN 912-12-3456", "SSN 536-00-1234", "SSN 536-22-0000", "SSN 078-05-1120", "SSN 457-55-5462", "SSN: 536-22-1234-9", "SSN 536 22-1234"},
		ITIN:            {"ITIN 912-45-1234", "ITIN 812-70-1234", "912-70-1234"},
		EIN:             {"EIN 07-1234567", "36-1234567", "EIN 36-1234567-1"},
		NINO:            {"National Insurance number: GB123456A", "NI number AO123456A", "AB123456C", "NI number AB123456E", "NI number DA123456A"},
		NHS:             {"NHS number 943 476 5918", "NHS number 999 123 4560", "943 476 5919", "call NHS 111, room 9434765918"},
		EUVAT:           {"DE136695976", "VAT ID DE136695977", "VAT FR84404833048", "VAT ID ZZ123456789", "VAT IT 2023 REPORT", "VAT ID XDE136695976", "VAT ID DE136695976-1"},
	} {
		set := builtIns(t, class)
		for _, text := range texts {
			if got := found(set, text); len(got) > 0 {
				t.Errorf("%s in %q: found %q", class, text, got)
			}
		}
	}
}

// A heading means its own column alone, in a spreadsheet as in text.
func TestHeadingsMeanTheirColumn(t *testing.T) {
	m := builtIns(t, QQ).NewMatcher()
	var got []string
	m.Located(func(at Place) { got = append(got, string(rune('0'+at.Row))+":"+string(rune('0'+at.Cell))) })
	cell := func(column int, text string) detect.Cell { return detect.Cell{Column: column, Text: []byte(text)} }
	m.Row(1, []detect.Cell{cell(0, "工号"), cell(2, "QQ"), cell(3, "房间")})
	m.Row(2, []detect.Cell{cell(0, "12345678"), cell(2, "23456789"), cell(3, "34567890")})
	m.Row(3, []detect.Cell{cell(2, "45678901")})
	m.Close()
	if want := "2:1 3:0"; strings.Join(got, " ") != want {
		t.Errorf("found at %v, want %s", got, want)
	}
}
