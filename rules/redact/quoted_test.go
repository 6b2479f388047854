package redact

import (
	"fmt"
	"strings"
	"testing"
)

// Where a quoted cell goes over two lines, what stands in either is masked and
// the row keeps its form.
func TestQuotedLineEndsAreMasked(t *testing.T) {
	list := people(25)
	var b strings.Builder
	b.WriteString("\"姓名\",\"地址\",\"手机\"\n")
	for _, p := range list {
		r := []rune(p.Address)
		fmt.Fprintf(&b, "\"%s\",\"%s\n%s\",\"%s\"\n", p.Name, string(r[:9]), string(r[9:]), p.Mobile)
	}
	out, _ := masked(t, "orders.csv", []byte(b.String()))
	leaks(t, string(out), list)
	for _, p := range list {
		if rest := string([]rune(p.Address)[9:]); strings.Contains(string(out), rest) {
			t.Errorf("%q is left", rest)
		}
	}
	if n := strings.Count(string(out), "\n"); n != 51 {
		t.Errorf("%d lines of 51", n)
	}
	if n := strings.Count(string(out), "\""); n != 6*26 {
		t.Errorf("%d quotes of %d", n, 6*26)
	}
}
