package detect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// One person is counted once, however many records say something of them.
func TestOnePersonIsCountedOnce(t *testing.T) {
	people := synthetic.New(61).People(10)
	p := people[0]
	var contracts, cards, mixed strings.Builder
	for i, a := range people {
		b := people[(i+1)%len(people)]
		fmt.Fprintf(&contracts, "甲方：%s\n身份证号码：%s\n联系方式：%s\n乙方：%s\n第一条 甲方将位于%s的房屋出租给乙方使用。\n\n", a.Name, a.ResidentID, a.Mobile, b.Name, a.Address)
	}
	cards.WriteString("户名,卡号\n")
	for _, other := range synthetic.New(62).People(40) {
		fmt.Fprintf(&cards, "%s,%s\n", p.Name, other.BankCard)
	}
	fmt.Fprintf(&mixed, "姓名,手机\n%s,%s\n\n\n\n\n姓名：%s\n身份证：%s\n手机：%s\n\n\n\n\n手机：%s\n地址：%s\n\n\n\n\n卡号：%s\n身份证：%s\n\n\n\n\n卡号：%s\n地址：%s\n", p.Name, p.Mobile, p.Name, p.ResidentID, p.Mobile, p.Mobile, p.Address, p.BankCard, p.ResidentID, p.BankCard, p.Address)
	for name, c := range map[string]struct {
		text string
		want int
	}{"contracts": {contracts.String(), 10}, "cards": {cards.String(), 1}, "mixed": {mixed.String(), 1}} {
		if got := peopleIn(c.text); got != c.want {
			t.Errorf("%s: %d people of %d", name, got, c.want)
		}
	}
	s := NewScanner(NewPack(testKey), Limits{})
	s.Write([]byte(mixed.String()))
	again := NewScanner(NewPack(testKey), Limits{})
	fmt.Fprintf(again, "身份证：%s\n手机：%s\n", p.ResidentID, p.Mobile)
	if x, y := s.Close(), again.Close(); !slices.Equal(x.PeopleKeys, y.PeopleKeys) || s.People() != 1 {
		t.Errorf("keys %v and %v", x.PeopleKeys, y.PeopleKeys)
	}
	s.Reset()
	fmt.Fprintf(s, "手机：%s\n地址：%s\n", p.Mobile, p.Address)
	if got := s.Close(); got.People != 1 {
		t.Errorf("after Reset %d people", got.People)
	}
}

// Who writes a mail and who they say in it they are is one; rows that complete
// each other, and namesakes far apart, are several.
func TestSendersAreWhoTheySay(t *testing.T) {
	var mails, rows, apart strings.Builder
	rows.WriteString("姓名,手机,邮箱\n")
	for i, p := range synthetic.New(64).People(25) {
		fmt.Fprintf(&mails, "From: %s <%s>\nTo: service@trustcorp.cn\nSubject: 咨询\n\n您好，我是%s，手机%s，请联系我。\n\n", p.Name, p.Email, p.Name, p.Mobile)
		if i%2 == 0 {
			fmt.Fprintf(&rows, "王伟,%s,\n", p.Mobile)
		} else {
			fmt.Fprintf(&rows, "王伟,,%s\n", p.Email)
		}
		if i < 2 {
			fmt.Fprintf(&apart, "姓名：王伟\n%s\n%s", []string{"手机：" + p.Mobile, "邮箱：" + p.Email}[i], strings.Repeat("没有数据的一行。\n", 1000))
		}
	}
	for name, c := range map[string]struct {
		text string
		want int
	}{"mails": {mails.String(), 25}, "rows": {rows.String(), 25}, "apart": {apart.String(), 2}} {
		if got := peopleIn(c.text); got != c.want {
			t.Errorf("%s: %d people of %d", name, got, c.want)
		}
	}
}

// Two people are two, though a name, a telephone or an address is the same.
func TestNamesakesAndHouseholdsAreSeveral(t *testing.T) {
	people := synthetic.New(63).People(30)
	write := func(head string, row func(i int, p synthetic.Person) string) string {
		var b strings.Builder
		fmt.Fprintln(&b, head)
		for i, p := range people {
			fmt.Fprintln(&b, row(i, p))
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"namesakes":       write("姓名,手机", func(i int, p synthetic.Person) string { return "王伟," + p.Mobile }),
		"addresses":       write("姓名,地址", func(i int, p synthetic.Person) string { return "王伟," + p.Address }),
		"IDs":             write("姓名,身份证号,手机", func(i int, p synthetic.Person) string { return "王伟," + p.ResidentID + ",13912345670" }),
		"one clerk":       write("卡号,经办人", func(i int, p synthetic.Person) string { return p.BankCard + ",王伟" }),
		"one clerk, rows": write("地址,经办人,卡号", func(i int, p synthetic.Person) string { return p.Address + ",王伟," + p.BankCard }),
		"one switchboard": write("姓名,座机", func(i int, p synthetic.Person) string { return p.Name + ",010-65529988" }),
		"households": write("姓名,身份证号,地址", func(i int, p synthetic.Person) string {
			return people[i/2].Name + "," + p.ResidentID + "," + people[0].Address
		}),
	} {
		if got := peopleIn(text); got < 28 || got > 30 {
			t.Errorf("%s: %d people of 30", name, got)
		}
	}
}
