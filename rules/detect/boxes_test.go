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
		"identity number":   {"身份证号码," + in(",", id) + "\n", CNResidentID, in(",", id)},
		"nothing says so":   {"入职登记\n,," + in(",", id) + ",\n", CNResidentID, in(",", id)},
		"tabs":              {"姓名\t李娜\n身份证号\t" + in("\t", strings.ToLower(id)), CNResidentID, in("\t", strings.ToLower(id))},
		"merged cells":      {"身份证号码," + in(",,", id) + "\n", CNResidentID, in(",,", id)},
		"mobile number":     {"手机," + in(",", phone) + ",,\n", CNMobile, in(",", phone)},
		"of a table":        {"姓名,手机号,,,,,,,,,,,备注\n李娜," + in(",", phone) + ",无\n", CNMobile, in(",", phone)},
		"two in a row":      {"手机," + in(",", phone) + ",身份证号," + in(",", id) + "\n", CNResidentID, in(",", id)},
		"then another cell": {"手机," + in(",", phone) + ",88\n", CNMobile, in(",", phone)},
		"card":              {"银行卡号;" + in(";", card) + "\n", BankCard, in(";", card)},
		"full width":        {"身份证号码，" + in("，", id) + "\n", CNResidentID, ""}, // no delimiter of tables

		"wrong check":        {"编号," + in(",", "110101199003078111") + "\n", CNResidentID, ""},
		"survey":             {"答卷,第一题\n" + in(",", phone) + "\n", CNMobile, ""},
		"order number":       {"订单号," + in(",", phone) + "\n", CNMobile, ""},
		"card of nobody":     {in(",", card) + "\n", BankCard, ""},
		"matrix":             {survey + "1," + in(",", id) + ",0,0\n", CNResidentID, ""},
		"longer cells":       {"手机," + in(",", phone[:10]) + ",88\n", CNMobile, ""},
		"several delimiters": {"手机," + in(",", phone[:6]) + ";" + in(";", phone[6:]) + "\n", CNMobile, ""},
	} {
		s := NewScanner(NewPack(testKey), Limits{})
		_, _ = s.Write([]byte(tt.text))
		found := ""
		for _, f := range s.Close().Findings {
			if f.Class == tt.class {
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
	s := NewScanner(NewPack(testKey), Limits{})
	_, _ = s.Write([]byte("姓名,手机号,,,,,,,,,,,邮箱\n李娜,1,3,8,1,2,3,4,5,6,7,8,li.na@163.com\n王芳,1,3,9,1,2,3,4,5,6,7,9,wang.fang@163.com\n"))
	got := s.Close()
	if got.People != 2 || len(got.Classes) != 3 {
		t.Errorf("%d people, %+v", got.People, got.Classes)
	}
}
