package detect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// Capitals of every Latin script begin names, in one character or two.
func TestNamesBeginWithAnyCapital(t *testing.T) {
	for _, name := range []string{
		"Łukasz Nowak", "Ivan Žagar", "Ana Šimić", "Čeda Jovanović", "Żaneta Wójcik", "Ōta Kenji", "Åsa Åkesson", "İlker Şahin", "Đorđe Đurić", "Ștefan Țepeș", "Nguyễn Ánh", "Ếm Ly Na", "Øyvind Ødegård", "Zoë Ærø", "A\u030Asa Berg", "Ludwig van der Berg", "Dr. Anna Meyer", "Sean O’Connor", "J. Müller", "Jean-Luc O'Neil",
	} {
		for head, row := range map[string]string{"Employee,Email": "%s,x%d@gmail.com", "Name,E-mail": "%s,x%d@gmail.com"} {
			text := head + "\n"
			for i := range 3 {
				text += fmt.Sprintf(row+"\n", name, i)
			}
			if got := peopleIn(text); got != 3 {
				t.Errorf("%s under %s: %d people of 3", name, head, got)
			}
		}
	}
	for _, none := range []string{"łukasz nowak", "Ł N", "Acme GmbH", "× ÷", "Ÿ", "Дмитрий Иванов", "Éa", "Łódź"} {
		if n := latin([]byte(none)); n == len(none) {
			t.Errorf("%q was taken for a name", none)
		}
	}
	for _, hostile := range []string{"Ł", "\xC5", "Ł\xC5", "A\xCC", "\xE1\xBA", strings.Repeat("Ł", 40), "\xC3\x28 \xC3\x28"} {
		latin([]byte(hostile))
		latinWord([]byte(hostile))
	}
}

// Names are read whose characters a space parts, and those of two columns.
func TestNamesInParts(t *testing.T) {
	family := func(name string) (string, string) { r := []rune(name); return string(r[:1]), string(r[1:]) }
	people := synthetic.New(43).People(25)
	for name, format := range map[string]string{
		"wide space": "姓名,手机号\n%s　%s,%s\n", "space": "姓名,手机号\n%s %s,%s\n", "spaces": "姓名\t手机号\n%s   %s\t%s\n", "columns": "姓,名,手机号\n%s,%s,%s\n", "tabs": "姓氏\t名字\t手机\n%s\t%s\t%s\n",
		"labels": "\n姓名：%s　%s\n手机：%s\n\n",
	} {
		head, row, _ := strings.Cut(format, "\n")
		s := NewScanner(NewPack(testKey), Limits{})
		fmt.Fprintln(s, head)
		for _, p := range people {
			a, b := family(p.Name)
			fmt.Fprintf(s, row, a, b, p.Mobile)
		}
		got := s.Close()
		if got.People < 24 || len(got.Classes) != 2 || got.Classes[1].Distinct < 24 {
			t.Errorf("%s: %d people, %+v", name, got.People, got.Classes)
		}
	}
	// The name is the same one as when written in one.
	whole, parted := NewScanner(NewPack(testKey), Limits{}), NewScanner(NewPack(testKey), Limits{})
	p := people[0]
	a, b := family(p.Name)
	fmt.Fprintf(whole, "姓名,地址\n%s,%s\n", p.Name, p.Address)
	fmt.Fprintf(parted, "姓名,地址\n%s　%s,%s\n", a, b, p.Address)
	if x, y := whole.Close(), parted.Close(); len(x.PeopleKeys) != 1 || len(y.PeopleKeys) != 1 || x.PeopleKeys[0] != y.PeopleKeys[0] {
		t.Error("a name with a space in it is another person's")
	}
	if got := peopleIn("姓名：张三 男\n电话：13912345678\n"); got != 1 {
		t.Errorf("%d people", got)
	}
	for _, none := range []string{"姓名,班级\n一 班,二 班\n高 大,上 海\n", "名,数\n姓,三\n"} {
		s := NewScanner(NewPack(testKey), Limits{})
		s.Write([]byte(none))
		if got := s.Close(); got.People > 0 {
			t.Errorf("%q: %d people", none, got.People)
		}
	}
}

// One heading of three that surely calls for people makes a table, as long as
// its column holds people.
func TestOneHeadingOfThree(t *testing.T) {
	for _, head := range []string{"姓名,诊断,科室", "姓名,班级,科目", "姓名,产品,颜色", "序列,科室,患者姓名", "patient name,dx,ward", "Full Name,Colour,Size"} {
		s := NewScanner(NewPack(testKey), Limits{})
		fmt.Fprintln(s, head)
		for _, p := range synthetic.New(44).People(25) {
			switch {
			case strings.HasPrefix(head, "序列"):
				fmt.Fprintf(s, "甲,心内,%s\n", p.Name)
			case head[0] < 0x80:
				fmt.Fprintf(s, "Anna Novak,grey,XL\n")
			default:
				fmt.Fprintf(s, "%s,肺炎,内科\n", p.Name)
			}
		}
		if got := s.Close(); len(got.Classes) == 0 || got.Classes[0].Class != PersonName || got.Classes[0].Count < 25 {
			t.Errorf("%s: %+v", head, got.Classes)
		}
	}
	for _, text := range []string{
		strings.Repeat("姓名,诊断,科室\n系统设置,启动,关闭\n连接超时,启动,关闭\n网络错误,启动,关闭\n", 5),
		"姓名,产品,颜色\n" + strings.Repeat("库存不足,甲,乙\n", 4) + strings.Repeat("高山茶,甲,乙\n", 20),
		"Name,Type,Default\n" + strings.Repeat("Request Timeout,int,30\n", 20),
		"联系人, 地址簿, 都可以导出\n" + strings.Repeat("选择联系人,甲,乙\n", 20),
	} {
		s := NewScanner(NewPack(testKey), Limits{})
		s.Write([]byte(text))
		if got := s.Close(); len(got.Classes) > 0 && got.Classes[0].Count > 3 || got.People > 0 {
			t.Errorf("%.30q: %+v", text, got.Classes)
		}
	}
}
