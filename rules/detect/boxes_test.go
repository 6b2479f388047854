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
