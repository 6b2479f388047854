package extract

import (
	"strings"
	"testing"
)

// A name of a workbook may stand for text that stands nowhere else.
func TestNamesOfWorkbooks(t *testing.T) {
	for want, record := range map[string]string{
		"13987654321": "\x00\x00\x00\x02\x0E\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00ab" + "\x17\x0B\x0013987654321",
		"李娜":          "\x00\x00\x00\x01\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x01a\x00" + "\x17\x02\x01\x4E\x67\x1C\x5A",
		"":            "\x00\x00\x00\x09\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01",
	} {
		x := &xls{}
		x.outside(xlsName, []byte(record))
		if got := strings.TrimSpace(string(x.extra)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
