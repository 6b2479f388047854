package detect

import (
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// acrossRows writes a table with a person in each column, a field in each row.
func acrossRows(n int, fields ...string) (rows [][]string) {
	people := synthetic.New(71).People(n)
	for _, f := range fields {
		row := []string{f}
		for i, p := range people {
			row = append(row, map[string]string{"姓名": p.Name, "手机": p.Mobile, "地址": p.Address, "身份证号": p.ResidentID, "邮箱": p.Email, "序号": string(rune('a' + i%26)),
				"性别": "男", "Name": latinName(i), "Email": p.Email, "Landline": p.Landline, "电话": p.Landline}[f])
		}
		rows = append(rows, row)
	}
	return rows
}

func TestPeopleInColumns(t *testing.T) {
	for name, fields := range map[string][]string{
		"two rows":       {"姓名", "手机"},
		"the other way":  {"手机", "姓名"},
		"addresses":      {"姓名", "手机", "地址"},
		"a number above": {"序号", "姓名", "手机"},
		"rows between":   {"姓名", "性别", "序号", "身份证号"},
		"without names":  {"手机", "邮箱"},
		"English":        {"Name", "Email"},
		"landlines":      {"姓名", "电话"},
	} {
		for _, n := range []int{3, 25, 70} {
			rows := acrossRows(n, fields...)
			for _, d := range []string{",", "\t", ";", "|"} {
				var text strings.Builder
				for _, r := range rows {
					text.WriteString(strings.Join(r, d) + "\n")
				}
				if got := peopleIn(text.String()); got != n {
					t.Errorf("%s, text parted by %q: %d people of %d", name, d, got, n)
				}
			}
			sheet := NewScanner(NewPack(testKey), Limits{})
			sheet.Begin("Sheet1")
			for i, r := range rows {
				sheet.Row(i+1, cells(r...))
			}
			if got := sheet.Close().People; got != n {
				t.Errorf("%s, sheet: %d people of %d", name, got, n)
			}
		}
	}
}

// Rows of a form, and rows of which none says who somebody is.
func TestColumnsOfNobody(t *testing.T) {
	p := synthetic.New(72).People(4)
	for name, text := range map[string]string{
		"a form of one person": "姓名," + p[0].Name + ",,\n手机," + p[0].Mobile + "," + p[1].Mobile + "," + p[2].Mobile + "\n",
		"names alone":          "姓名," + p[0].Name + "," + p[1].Name + "," + p[2].Name + "\n",
		"headings":             "姓名,手机,地址,邮箱\n",
		"a survey":             "学生,选项,选项,选项,选项\n手机," + p[0].Mobile + "," + p[1].Mobile + "," + p[2].Mobile + "," + p[3].Mobile + "\n",
		"far apart":            "姓名," + p[0].Name + "," + p[1].Name + "," + p[2].Name + strings.Repeat("\n一行文字", 12) + "\n手机," + p[0].Mobile + "," + p[1].Mobile + "," + p[2].Mobile + "\n",
		"branches":             "地址," + p[0].Address + "," + p[1].Address + "," + p[2].Address + "\n电话," + p[0].Landline + "," + p[1].Landline + "," + p[2].Landline + "\n",
	} {
		if got := peopleIn(text); got > 1 {
			t.Errorf("%s: %d people", name, got)
		}
	}
}
