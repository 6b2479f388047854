package redact

import (
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// A value in each line: names are known by the lines around them, and the first
// ones only when the third record has come.
func TestRecordsOverLinesAreMasked(t *testing.T) {
	people := synthetic.New(88).People(30)
	for name, head := range map[string]string{"without labels": "", "headings first": "姓名\n手机\n地址\n"} {
		text := head
		for _, p := range people {
			text += p.Name + "\n" + p.Mobile + "\n" + p.Address + "\n"
		}
		out, _, err := tryMask("list.txt", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, p := range people {
			for _, value := range []string{p.Name + "\n", p.Mobile, p.Address} {
				if strings.Contains(string(out), value) {
					t.Errorf("%s: a value is left", name)
				}
			}
		}
	}
}
