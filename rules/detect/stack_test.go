package detect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// latinNames are names of nobody in Latin letters.
func latinName(i int) string {
	first := []string{"Jennifer", "Robert", "Maria", "Daniel", "Susan", "Kenneth", "Laura"}
	last := []string{"Whitfield", "Okafor", "Lindqvist", "Marchetti", "Novak"}
	return first[i%len(first)] + " " + last[i/len(first)%len(last)]
}

// stacks writes n people with a value in each line; Latin names where lang says so.
func stacks(n int, lang string, fields ...string) string {
	return stacksApart(n, lang, "\n", "\n", fields...)
}

func stacksApart(n int, lang, between, behind string, fields ...string) string {
	var b strings.Builder
	for i, p := range synthetic.New(61).People(n) {
		if lang == "en" {
			p.Name, p.Address = latinName(i), fmt.Sprintf("%d Oak Street, Springfield, IL %05d", i+3, 60000+i)
		}
		for k, f := range fields {
			if k > 0 {
				b.WriteString(between)
			}
			b.WriteString(strings.NewReplacer("%n", p.Name, "%m", p.Mobile, "%l", p.Landline, "%i", p.ResidentID, "%c", p.BankCard, "%e", p.Email, "%a", p.Address, "%#", fmt.Sprint(i+1)).Replace(f))
		}
		b.WriteString(behind)
	}
	return b.String()
}

// Lists of people with a value in each line, as they are pasted out of
// contacts, mails and tables.
func TestRecordsOverLines(t *testing.T) {
	for name, text := range map[string]string{
		"name, mobile":               stacks(25, "zh", "%n", "%m"),
		"name, mobile, address":      stacks(25, "zh", "%n", "%m", "%a"),
		"name, address":              stacks(25, "zh", "%n", "%a"),
		"mobile, name":               stacks(25, "zh", "%m", "%n"),
		"mobile, address":            stacks(25, "zh", "%m", "%a"),
		"name, ID, card":             stacks(25, "zh", "%n", "%i", "%c"),
		"name, mailbox":              stacks(25, "zh", "%n", "%e"),
		"empty lines between":        stacksApart(25, "zh", "\n", "\n\n", "%n", "%m", "%a", "%e"),
		"empty lines everywhere":     stacksApart(25, "zh", "\n\n", "\n\n", "%n", "%m"),
		"numbered":                   stacks(25, "zh", "%#. %n", "%m"),
		"points":                     stacks(25, "zh", "- %n", "- %m"),
		"rows in JSON":               stacks(25, "zh", "[", "  \"%n\",", "  \"%m\"", "],"),
		"rows in JSON, in English":   stacks(25, "en", "[", "  \"%n\",", "  \"%e\",", "  \"%l\"", "],"),
		"rows in a program":          stacks(25, "zh", "(", "  '%n',", "  '%m',", "),"),
		"a form of address":          stacks(25, "zh", "%n先生", "%m"),
		"label behind the name":      stacks(25, "zh", "%n", "电话：%m", "地址：%a"),
		"English, mailbox":           stacks(25, "en", "%n", "%e"),
		"English, number, mailbox":   stacksApart(25, "en", "\n", "\n\n", "%n", "%m", "%e"),
		"labels over values":         stacks(25, "zh", "姓名", "%n", "电话", "%m"),
		"labels, empty lines":        stacksApart(25, "zh", "\n\n", "\n\n", "姓名", "%n", "手机", "%m"),
		"labels with colons":         stacks(25, "zh", "姓名：", "%n", "电话：", "%m"),
		"English labels":             stacks(25, "en", "Name", "%n", "E-mail", "%e", "Address", "%a"),
		"one label over, one before": stacksApart(25, "zh", "\n\n", "\n\n", "姓名：%n", "手机号", "%m"),
		"quoted in a mail":           stacks(25, "zh", "> %n", "> %m"),
		"headings of a page":         stacksApart(25, "zh", "\n\n", "\n\n", "## %n", "%m"),
		"English cards":              stacksApart(25, "en", "\n", "\n\n", "%n", "Sales Manager", "%e"),
		"under one label":            "联系方式\n" + stacks(25, "zh", "%n", "%m"),
	} {
		if got := peopleIn(text); got != 25 {
			t.Errorf("%s: %d people of 25", name, got)
		}
	}
}

// A table as text, a cell in each line, headings first.
func TestPiledTables(t *testing.T) {
	for name, text := range map[string]string{
		"two columns":             "姓名\n手机\n" + stacks(25, "zh", "%n", "%m"),
		"below a title":           "\n客户名单\n\n姓名\n手机\n地址\n" + stacks(25, "zh", "%n", "%m", "%a"),
		"a number before":         "序号\n姓名\n手机\n" + stacks(25, "zh", "%#", "%n", "%m"),
		"an amount behind":        "姓名\n手机\n身份证号\n金额\n" + stacks(25, "zh", "%n", "%m", "%i", "%#.00"),
		"unknown between":         "姓名\n性别\n年龄\n手机\n" + stacks(25, "zh", "%n", "男", "3%#", "%m"),
		"unknown behind":          "姓名\n手机\n备注\n等级\n" + stacks(25, "zh", "%n", "%m", "老客户", "高级"),
		"empty cells":             "姓名\n手机\n备注\n" + stacks(25, "zh", "%n", "%m", ""),
		"wide":                    "姓名\n性别\n年龄\n职业\n城市\n来源\n积分\n手机\n" + stacks(25, "zh", "%n", "男", "3%#", "教师", "北京", "网站", "%#", "%m"),
		"English":                 "Name\nE-mail\n" + stacks(25, "en", "%n", "%e"),
		"English, address":        "Name\nAddress\n" + stacks(25, "en", "%n", "%a"),
		"English, a word between": "Name\nCity\nE-mail\n" + stacks(25, "en", "%n", "Salt Lake City", "%e"),
		"English, numbered":       "No\nCustomer name\nE-mail\n" + stacks(25, "en", "%#", "%n", "%e"),
	} {
		if got := peopleIn(text); got != 25 {
			t.Errorf("%s: %d people of 25", name, got)
		}
	}
}

const fiveLines = "\n一行文字。\n两行文字。\n三行文字。\n四行文字。\n五行文字。\n"

// Lines that look alike and say nothing of people, or of too few for a stack.
func TestStacksOfNobody(t *testing.T) {
	for name, text := range map[string]string{
		"two":                 stacks(2, "zh", "%n", "%m") + strings.Repeat("今天讨论了几个问题。\n", 20) + stacks(2, "zh", "%n", "%m"),
		"numbers alone":       stacks(40, "zh", "%m"),
		"names alone":         stacks(40, "zh", "%n"),
		"English names alone": "Name\n" + stacks(40, "en", "%n"),
		"shops":               stacksApart(30, "zh", "\n", "\n\n", "全季酒店人民路店", "%a", "%l"),
		"titles and mailbox":  strings.Repeat("See Also\n\nGetting Started\n\nRelated Projects\n\n", 20) + stacks(1, "en", "%e"),
		"numbers, then mail":  stacks(20, "zh", "%m") + "\n" + stacks(20, "zh", "%e"),
		"authors":             "Authors\n=======\n\n" + stacksApart(30, "en", "\n  ", "\n\n", "%n", "%e"),
		"far apart":           stacksApart(20, "zh", fiveLines, fiveLines, "%n", "%m"),
	} {
		if got := peopleIn(text); got > 1 {
			t.Errorf("%s: %d people", name, got)
		}
	}
}

// What waits for a third record is not called clean before it is known.
func TestWhatWaitsIsNotClean(t *testing.T) {
	s := NewScanner(NewPack(testKey), Limits{})
	lead := strings.Repeat("nothing here\n", 40)
	fmt.Fprint(s, lead+stacks(25, "zh", "%n", "%a"))
	if got := s.Close(); got.People != 25 || s.Clean() > int64(len(lead)) {
		t.Errorf("%d people, clean to %d of %d", got.People, s.Clean(), len(lead))
	}
	s.Reset()
	fmt.Fprint(s, lead+"王小明\n")
	s.Write([]byte(strings.Repeat("nothing here\n", 4*bufferSize/13)))
	if s.Close(); s.Clean() < 2*bufferSize {
		t.Errorf("clean to %d only", s.Clean())
	}
}
