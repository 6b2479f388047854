package detect

import (
	"fmt"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// TestPeopleInOneColumn counts people of whom all that is said stands in one
// cell of a spreadsheet, under a heading that says nothing of it.
func TestPeopleInOneColumn(t *testing.T) {
	const people = 25
	for _, form := range []string{"%s，%s", "%s %s", "%s（%s）", "姓名：%s，手机：%s", "姓名：%s\n手机：%s", "%s\n%s"} {
		s := NewScanner(NewPack(testKey), Limits{})
		s.Begin("客户")
		s.Row(1, []Cell{{Text: []byte("序号")}, {Column: 1, Text: []byte("客户信息")}})
		for i, p := range synthetic.New(21).People(people) {
			s.Row(i+2, []Cell{{Text: fmt.Append(nil, i+1)}, {Column: 1, Text: fmt.Appendf(nil, form, p.Name, p.Mobile)}})
		}
		if got := s.Close(); got.People != people {
			t.Errorf("%q: %d people", form, got.People)
		}
	}
}

// A number that a heading calls something else stays that, whatever is written
// beside it.
func TestNumbersOfOrdersWithRemarks(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{})
	s.Begin("订单")
	s.Row(1, []Cell{{Text: []byte("订单号")}, {Column: 1, Text: []byte("备注")}})
	for i, p := range synthetic.New(22).People(25) {
		s.Row(i+2, []Cell{{Text: []byte(p.Mobile + "（补）")}, {Column: 1, Text: []byte("已发货")}})
	}
	if got := s.Close(); got.People != 0 {
		t.Errorf("%d people", got.People)
	}
}

// TestHeadingsPartedByOneSpace counts people in a table whose columns one space
// parts, as in the text of a PDF.
func TestHeadingsPartedByOneSpace(t *testing.T) {
	for _, headings := range []string{"姓名 手机号码", "客户 电话", "姓名 手机"} {
		s := NewScanner(NewPack(testKey), Limits{})
		s.Begin("")
		fmt.Fprintln(s, headings)
		for _, p := range synthetic.New(23).People(25) {
			fmt.Fprintln(s, p.Name+" "+p.Mobile)
		}
		if got := s.Close(); got.People != 25 {
			t.Errorf("%s: %d people", headings, got.People)
		}
	}
}
