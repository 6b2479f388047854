package extract

import (
	"context"
	"strings"
	"testing"
	"time"
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

// What an earlier, longer version of a workbook left behind the last sheet is
// no sign that something is missing; a sheet without an end is.
func TestBehindTheLastSheet(t *testing.T) {
	const (
		globals = "\x09\x08\x04\x00\x00\x06\x05\x00" + "\x85\x00\x09\x00\x00\x00\x00\x00\x00\x00\x01\x00S" + "\x0A\x00\x00\x00"
		sheet   = "\x09\x08\x04\x00\x00\x06\x10\x00" + "\x04\x02\x0B\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00ab"
		end     = "\x0A\x00\x00\x00"
		left    = "\x00\x00\x00\xFF\x03\x3F\x90\x06\x80"
	)
	for stream, want := range map[string]Reason{globals + sheet + end: "", globals + sheet + end + left: "", globals + sheet + left: Truncated, globals + left: Truncated} {
		var out transcript
		w := &walker{ctx: context.Background(), limits: Limits{}.withDefaults(), sink: &out, expanded: 1 << 20, members: 10, deadline: time.Now().Add(time.Hour)}
		(&xls{table: table{w: w}, rest: []byte(stream), pending: -1}).read()
		if text := out.text.String(); w.reason != want || strings.Contains(stream, sheet) && !strings.Contains(text, "[S]\n1: A=ab\n") {
			t.Errorf("%q: %q, want %q: %s", stream, w.reason, want, text)
		}
	}
}
