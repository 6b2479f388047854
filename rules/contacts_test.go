package rules_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// A telephone's contacts are people, also where their names stand in parts
// alone (vCard 2.1), packed or not; each once.
func TestContactsArePeople(t *testing.T) {
	quoted := func(s string) string {
		var b strings.Builder
		w := quotedprintable.NewWriter(&b)
		fmt.Fprint(w, s)
		w.Close()
		return b.String()
	}
	for name, n := range map[string]func(family, given string) string{
		"parts":   func(f, g string) string { return "N:" + f + ";" + g + ";;;\n" },
		"charset": func(f, g string) string { return "N;CHARSET=UTF-8:" + f + ";" + g + ";;;\n" },
		"quoted": func(f, g string) string {
			return "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:" + quoted(f) + ";" + quoted(g) + ";;;\n"
		},
		"given alone": func(f, g string) string { return "N:;" + f + g + ";;;\n" },
		"group":       func(f, g string) string { return "item1.N:" + f + ";" + g + ";;;\n" },
		"whole":       func(f, g string) string { return "N:" + f + ";" + g + ";;;\nFN:" + f + g + "\n" },
		"whole first": func(f, g string) string { return "FN:" + f + g + "\nN:" + f + ";" + g + ";;;\n" },
		"latin":       func(string, string) string { return "N:Novak;Anna;;;\n" },
	} {
		var b bytes.Buffer
		for _, p := range synthetic.New(51).People(25) {
			r := []rune(p.Name)
			fmt.Fprintf(&b, "BEGIN:VCARD\nVERSION:2.1\n%sTEL;CELL:%s\nEND:VCARD\n", n(string(r[:1]), string(r[1:])), p.Mobile)
		}
		c, err := newEngine().Scan(context.Background(), "contacts.vcf", bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil || c.Summary.People < 24 {
			t.Errorf("%s: %d people of 25, %v", name, c.Summary.People, err)
		}
		for _, k := range c.Summary.Classes {
			if k.Class == "person-name" && k.Count > 25 {
				t.Errorf("%s: %d names of 25", name, k.Count)
			}
		}
	}
	// Somebody without a number is nobody's record, and dates have no names.
	text := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:会议\nEND:VEVENT\nEND:VCALENDAR\nBEGIN:VCARD\nN:;;;;\nTEL:13912345678\nEND:VCARD\n"
	c, err := newEngine().Scan(context.Background(), "x.vcf", strings.NewReader(text), int64(len(text)))
	if err != nil || c.Summary.People != 0 {
		t.Errorf("%d people, %v", c.Summary.People, err)
	}
}
