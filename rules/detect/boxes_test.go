package detect

import (
	"strings"
	"testing"
)

// boxed puts each character of a number into a cell of its own.
func boxed(cells []Cell, column, step int, number string) []Cell {
	for _, r := range number {
		cells = append(cells, Cell{column, []byte(string(r))})
		column += step
	}
	return cells
}

// TestNumbersInBoxes reads the boxes of forms, and takes no survey for one.
func TestNumbersInBoxes(t *testing.T) {
	const id, phone, card = "11010119900307811X", "13812345678", "6222021234567890128"
	text := func(column int, s string) Cell { return Cell{column, []byte(s)} }
	headings := func(s ...string) (cells []Cell) {
		for i, h := range s {
			cells = append(cells, text(20*i, h))
		}
		return cells
	}
	words := func(first string, n int) []Cell {
		row := []Cell{text(0, first)}
		for i := range n {
			row = append(row, text(1+i, "客户"+string(rune('A'+i))))
		}
		return row
	}
	for name, tt := range map[string]struct {
		rows  [][]Cell
		class Class
		want  string // where it is found, "" for nowhere
	}{
		"identity number":           {[][]Cell{boxed([]Cell{text(0, "身份证号码")}, 1, 1, id)}, CNResidentID, "s!B1"},
		"nothing says so":           {[][]Cell{boxed(nil, 3, 1, id)}, CNResidentID, "s!D1"},
		"small letter":              {[][]Cell{boxed(nil, 0, 1, strings.ToLower(id))}, CNResidentID, "s!A1"},
		"full width":                {[][]Cell{boxed(nil, 0, 1, "１１０１０１１９９００３０７８１１Ｘ")}, CNResidentID, "s!A1"},
		"merged cells":              {[][]Cell{boxed(nil, 2, 2, id)}, CNResidentID, "s!C1"},
		"behind another number":     {[][]Cell{boxed(boxed([]Cell{text(0, "手机")}, 1, 1, phone), 14, 1, id)}, CNResidentID, "s!O1"},
		"mobile number":             {[][]Cell{boxed([]Cell{text(0, "手机号码：")}, 1, 1, phone)}, CNMobile, "s!B1"},
		"mobile number, of a table": {[][]Cell{headings("姓名", "手机号"), boxed([]Cell{text(0, "李娜")}, 20, 1, phone)}, CNMobile, "s!U2"},
		"card":                      {[][]Cell{boxed([]Cell{text(0, "银行卡号")}, 1, 1, card)}, BankCard, "s!B1"},

		"beside a grade":        {[][]Cell{append(boxed([]Cell{text(0, "李娜")}, 1, 1, id), text(19, "A"))}, CNResidentID, "s!B1"},
		"behind a gender":       {[][]Cell{boxed([]Cell{text(0, "李娜"), text(1, "0")}, 2, 1, id)}, CNResidentID, "s!C1"},
		"label, then a grade":   {[][]Cell{boxed([]Cell{text(0, "手机")}, 1, 1, phone+"A")}, CNMobile, "s!B1"},
		"card, then a mark":     {[][]Cell{boxed([]Cell{text(0, "银行卡号")}, 1, 1, "62220212345678901287")}, BankCard, "s!B1"},
		"number, then heading":  {[][]Cell{headings("序号", "手机号"), append([]Cell{text(19, "7")}, boxed(nil, 20, 1, phone+"2")...)}, CNMobile, "s!U2"},
		"ratings of a mailbox":  {[][]Cell{boxed([]Cell{text(0, "邮箱")}, 1, 1, "18342534125")}, CNMobile, ""},
		"ratings of an address": {[][]Cell{boxed([]Cell{text(0, "地址")}, 1, 1, phone)}, CNMobile, ""},
		"ratings of a hotline":  {[][]Cell{boxed([]Cell{text(0, "电话")}, 1, 1, "13342534125")}, CNMobile, ""},

		"grade, then number":    {[][]Cell{boxed([]Cell{text(0, "手机")}, 1, 1, "A"+phone)}, CNMobile, "s!C1"},
		"mark, then number":     {[][]Cell{boxed([]Cell{text(0, "手机"), text(1, "*")}, 2, 1, phone)}, CNMobile, "s!C1"},
		"a heading each":        {[][]Cell{words("渠道", 11), boxed([]Cell{text(0, "电话")}, 1, 1, phone)}, CNMobile, ""},
		"a number each":         {[][]Cell{{text(0, "渠道"), text(1, "1"), text(2, "2"), text(3, "3"), text(4, "4"), text(5, "5"), text(6, "6"), text(7, "7"), text(8, "8"), text(9, "9"), text(10, "10"), text(11, "11")}, boxed([]Cell{text(0, "电话")}, 1, 1, phone)}, CNMobile, ""},
		"under other headings":  {[][]Cell{words("客户", 11), {text(0, "登记表")}, boxed([]Cell{text(0, "电话")}, 1, 1, phone)}, CNMobile, "s!B3"},
		"channels of a table":   {[][]Cell{headings("姓名", "电话", "邮箱", "地址", "微信", "传真", "柜台", "网站", "短信", "广告", "推荐", "其他"), boxed([]Cell{text(0, "李娜")}, 1, 1, phone)}, CNMobile, ""},
		"under rows of marks":   {[][]Cell{boxed([]Cell{text(0, "短信")}, 1, 1, "90817263549"), boxed([]Cell{text(0, "柜台")}, 1, 1, "70817263541"), boxed([]Cell{text(0, "电话")}, 1, 1, phone)}, CNMobile, ""},
		"under another number":  {[][]Cell{boxed([]Cell{text(0, "编号")}, 1, 1, "90817263549"), boxed([]Cell{text(0, "电话")}, 1, 1, phone)}, CNMobile, "s!B2"},
		"wrong check":           {[][]Cell{boxed([]Cell{text(0, "编号")}, 1, 1, "110101199003078111")}, CNResidentID, ""},
		"survey":                {[][]Cell{headings("答卷", "第一题"), boxed(nil, 0, 1, phone)}, CNMobile, ""},
		"survey, no headings":   {[][]Cell{boxed([]Cell{text(0, "学生甲")}, 1, 1, phone), boxed([]Cell{text(0, "学生乙")}, 1, 1, "13912345679")}, CNMobile, ""},
		"order number":          {[][]Cell{boxed([]Cell{text(0, "订单号")}, 1, 1, phone)}, CNMobile, ""},
		"card that is none":     {[][]Cell{boxed(nil, 0, 1, card)}, BankCard, ""},
		"matrix":                {[][]Cell{boxed(nil, 0, 1, strings.Repeat("1", 7)+id+strings.Repeat("0", 9))}, CNResidentID, ""},
		"boxes of other widths": {[][]Cell{append(boxed(nil, 0, 1, id[:9]), boxed(nil, 11, 1, id[9:])...)}, CNResidentID, ""},
		"letters":               {[][]Cell{boxed([]Cell{text(0, "手机")}, 1, 1, "ABCDEFGHIJK")}, CNMobile, ""},
	} {
		s := NewScanner(NewPack(testKey), Limits{})
		s.Begin("s")
		for i, row := range tt.rows {
			s.Row(i+1, row)
		}
		found := ""
		for _, f := range s.Close().Findings {
			if f.Class == tt.class {
				found = f.Location
			}
		}
		if found != tt.want {
			t.Errorf("%s: found at %q, want %q", name, found, tt.want)
		}
	}
}

// TestNumbersInBoxesOfText reads boxes in delimited text, and takes no survey
// for one.
func TestNumbersInBoxesOfText(t *testing.T) {
	const id, phone, card = "11010119900307811X", "13812345678", "6222021234567890128"
	in := func(delimiter, number string) string { return strings.Join(strings.Split(number, ""), delimiter) }
	survey := strings.Repeat("1,0,1,1,0,0,1,1,0,1,1\n", 8)
	for name, tt := range map[string]struct {
		text  string
		class Class
		want  string // what stands there, "" for nothing
	}{
		"identity number":         {"身份证号码," + in(",", id) + "\n", CNResidentID, in(",", id)},
		"nothing says so":         {"入职登记\n,," + in(",", id) + ",\n", CNResidentID, in(",", id)},
		"tabs":                    {"姓名\t李娜\n身份证号\t" + in("\t", strings.ToLower(id)), CNResidentID, in("\t", strings.ToLower(id))},
		"merged cells":            {"身份证号码," + in(",,", id) + "\n", CNResidentID, in(",,", id)},
		"full-width digits":       {"手机," + in(",", "１３８１２３４５６７８") + "\n", CNMobile, in(",", "１３８１２３４５６７８")},
		"mobile number":           {"手机," + in(",", phone) + ",,\n", CNMobile, in(",", phone)},
		"quotes":                  {`"手机","` + in(`","`, phone) + "\",\"\"\n", CNMobile, in(`","`, phone) + `"`},
		"Markdown":                {"| 身份证号 | " + in(" | ", id) + " |\n", CNResidentID, in(" | ", id)},
		"of a table":              {"姓名,手机号,,,,,,,,,,,备注\n李娜," + in(",", phone) + ",无\n", CNMobile, in(",", phone)},
		"narrow headings":         {"姓名,手机号,备注\n李娜," + in(",", phone) + ",无\n", CNMobile, in(",", phone)},
		"two in a row":            {"手机," + in(",", phone) + ",身份证号," + in(",", id) + "\n", CNResidentID, in(",", id)},
		"the first of two":        {"手机," + in(",", phone) + ",身份证号," + in(",", id) + "\n", CNMobile, in(",", phone)},
		"then another cell":       {"手机," + in(",", phone) + ",88\n", CNMobile, in(",", phone)},
		"behind a grade":          {"手机,A," + in(",", phone) + "\n", CNMobile, in(",", phone)},
		"behind one character":    {"手机,男," + in(",", phone) + "\n", CNMobile, in(",", phone)},
		"card":                    {"银行卡号;" + in(";", card) + "\n", BankCard, in(";", card)},
		"label in a table":        {"姓名,项目,,,,,,,,,,,,邮箱\n" + strings.Repeat("李娜,无,,,,,,,,,,,,li.na@163.com\n", 90) + "王芳,手机," + in(",", phone) + ",\n", CNMobile, in(",", phone)},
		"identity, long table":    {"姓名,证件," + strings.Repeat(",", 17) + "手机\n" + strings.Repeat("李娜,"+strings.Repeat(",", 18)+"13912345678\n", 40) + "王芳," + in(",", id) + ",13912345679\n", CNResidentID, in(",", id)},
		"far into a list of some": {strings.Repeat("手机,"+in(",", phone)+"\n", 40) + "身份证号," + in(",", id), CNResidentID, in(",", id)},

		"wrong check":         {"编号," + in(",", "110101199003078111") + "\n", CNResidentID, ""},
		"survey":              {"答卷,第一题\n" + in(",", phone) + "\n", CNMobile, ""},
		"a heading each":      {"渠道,一月,二月,三月,四月,五月,六月,七月,八月,九月,十月,冬月\n电话," + in(",", phone) + "\n", CNMobile, ""},
		"order number":        {"订单号," + in(",", phone) + "\n", CNMobile, ""},
		"card of nobody":      {in(",", card) + "\n", BankCard, ""},
		"matrix":              {survey + "1," + in(",", id) + ",0,0,1,1,1,1,1,0\n", CNResidentID, ""},
		"under rows of marks": {"短信,9,0,8,1,7,2,6,3,5,4,9\n柜台,7,0,8,1,7,2,6,3,5,4,1\n电话," + in(",", phone) + "\n", CNMobile, ""},
		"longer cells":        {"手机," + in(",", phone[:10]) + ",88\n", CNMobile, ""},
		"several delimiters":  {"手机," + in(",", phone[:6]) + ";" + in(";", phone[6:]) + "\n", CNMobile, ""},
		"an array":            {"{\"marks\": [" + in(", ", phone) + "]}\n", CNMobile, ""},
	} {
		s := NewScanner(NewPack(testKey), Limits{})
		_, _ = s.Write([]byte(tt.text))
		found := ""
		for _, f := range s.Close().Findings {
			if f.Class == tt.class && f.Length > len(tt.want)/2 {
				found = tt.text[f.Offset : f.Offset+int64(f.Length)]
			}
		}
		if found != tt.want {
			t.Errorf("%s: found %q, want %q", name, found, tt.want)
		}
	}
}

// The cells around a number in boxes stay what they are.
func TestBoxesLeaveTheRowItsColumns(t *testing.T) {
	for _, headings := range []string{"姓名,手机号,,,,,,,,,,,邮箱", "姓名,手机号,邮箱"} {
		s := NewScanner(NewPack(testKey), Limits{})
		_, _ = s.Write([]byte(headings + "\n李娜,1,3,8,1,2,3,4,5,6,7,8,li.na@163.com\n王芳,1,3,9,1,2,3,4,5,6,7,9,wang.fang@163.com\n"))
		got := s.Close()
		if got.People != 2 || len(got.Classes) != 3 {
			t.Errorf("%s: %d people, %+v", headings, got.People, got.Classes)
		}
	}
}
