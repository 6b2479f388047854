package redact

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

var (
	pack   = detect.DefaultPack()
	engine = rules.NewEngine(pack, rules.Limits{})
)

// masked makes a masked copy and fails the test where there is none, or where
// anything is found in it.
func masked(t testing.TB, name string, content []byte) ([]byte, Report) {
	t.Helper()
	out, report, err := tryMask(name, content)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	after, err := engine.Scan(context.Background(), "", bytes.NewReader(out), int64(len(out)))
	if err != nil || after.Status != rules.Clean {
		t.Fatalf("%s: the copy is %s (%s), %v: %+v", name, after.Status, after.Reason, err, after.Summary.Classes)
	}
	return out, report
}

func tryMask(name string, content []byte) ([]byte, Report, error) {
	var out bytes.Buffer
	report, err := New(engine, pack, Limits{}).File(context.Background(), bytes.NewReader(content), int64(len(content)), name, &out)
	return out.Bytes(), report, err
}

// refused fails the test unless the file is refused for that reason, with
// nothing written.
func refused(t *testing.T, name string, content []byte, want Reason) *Refusal {
	t.Helper()
	out, _, err := tryMask(name, content)
	var r *Refusal
	if !errors.As(err, &r) || r.Reason != want {
		t.Fatalf("%s: got %v, want a refusal for %s", name, err, want)
	}
	if len(out) > 0 {
		t.Errorf("%s: %d bytes of a refused copy were written", name, len(out))
	}
	return r
}

func people(n int) []synthetic.Person { return synthetic.New(uint64(n)).People(n) }

// leaks fails the test where a value of somebody stands in text.
func leaks(t testing.TB, text string, people []synthetic.Person) {
	t.Helper()
	for i, p := range people {
		for _, v := range []string{p.Name, p.Mobile, p.Landline, p.ResidentID, p.BankCard, p.Email} {
			if strings.Contains(text, v) {
				t.Errorf("a value of person %d is still there", i)
			}
		}
	}
}

func TestCSVKeepsEverythingElse(t *testing.T) {
	in := "姓名,手机号码,身份证号,备注\r\n" +
		"张三,13812341234,11010119900307002X,\"喜欢，茶\"\r\n" +
		"欧阳明轩,13987654321,310104198512120023,  vip  \r\n"
	want := "姓名,手机号码,身份证号,备注\r\n" +
		"张*,138****1234,110101********002X,\"喜欢，茶\"\r\n" +
		"欧阳**,139****4321,310104********0023,  vip  \r\n"
	out, report := masked(t, "list.csv", []byte(in))
	if string(out) != want {
		t.Errorf("got  %q\nwant %q", out, want)
	}
	if report.Before.People != 2 || len(report.Masked) != 3 || report.Masked[2].Count != 2 || report.Type != "text/csv" {
		t.Errorf("report %+v", report)
	}
}

func TestCharsetsAreKept(t *testing.T) {
	list := people(40)
	var csv bytes.Buffer
	if err := synthetic.CSV(&csv, list, "zh"); err != nil {
		t.Fatal(err)
	}
	text := csv.String() + "\n客户张伟明先生，电话：13812341234。\n"
	want, _ := masked(t, "list.txt", []byte(text))
	leaks(t, string(want), list)
	for _, c := range []struct {
		name, mark string
		charset    charset
	}{
		{"utf-8 with mark", "\xEF\xBB\xBF", unicode8},
		{"utf-16le with mark", "\xFF\xFE", wide(0, 1)},
		{"utf-16be with mark", "\xFE\xFF", wide(1, 0)},
		{"utf-32le with mark", "\xFF\xFE\x00\x00", wider(binary.LittleEndian)},
		{"utf-32be with mark", "\x00\x00\xFE\xFF", wider(binary.BigEndian)},
		{"utf-32be", "", wider(binary.BigEndian)},
		{"utf-16le", "", wide(0, 1)},
		{"utf-16be", "", wide(1, 0)},
		{"gb18030", "", gb18030},
	} {
		out, _ := masked(t, c.name, []byte(c.mark+string(encoded(t, c.charset, text))))
		rest, ok := bytes.CutPrefix(out, []byte(c.mark))
		if !ok {
			t.Errorf("%s: the byte order mark is lost", c.name)
		}
		if !bytes.Equal(rest, encoded(t, c.charset, string(want))) {
			t.Errorf("%s: not the copy of the same text in UTF-8", c.name)
		}
	}
}

func encoded(t testing.TB, c charset, text string) []byte {
	t.Helper()
	var out []byte
	for _, r := range text {
		var ok bool
		if out, ok = c.add(out, r); !ok {
			t.Fatalf("%q cannot be encoded", r)
		}
	}
	return out
}

func TestBig5AndEscapes(t *testing.T) {
	in := "客戶名單：歐陽明軒的電話是tel：13581726394 請保密。這是一份很重要的文件，不得外傳。\n"
	out, _ := masked(t, "big5.txt", encoded(t, big5, in))
	if want := encoded(t, big5, strings.Replace(in, "13581726394", "135****6394", 1)); !bytes.Equal(out, want) {
		t.Errorf("got %q", big5.decode(out, true).text)
	}
	object := `{"id": 7, "\u59d3\u540d": "\u5f20\u4f1f\u660e", "mobile": "13812341234", "note": "a\"b"}` + "\n"
	out, _ = masked(t, "x.json", []byte(object))
	if want := `{"id": 7, "\u59d3\u540d": "\u5f20**", "mobile": "138****1234", "note": "a\"b"}` + "\n"; string(out) != want {
		t.Errorf("got %s", out)
	}
}

// Rows of JSON over several lines are masked as those of a table.
func TestRowsOfJSONAreMasked(t *testing.T) {
	var rows [][]any
	list := people(300)
	for _, p := range list {
		rows = append(rows, []any{p.Name, p.Mobile, p.ResidentID})
	}
	in, err := json.MarshalIndent(map[string]any{"columns": []string{"姓名", "手机号", "身份证号"}, "rows": rows}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	out, report := masked(t, "x.json", in)
	leaks(t, string(out), list)
	if report.Before.People < len(list)-1 || !json.Valid(out) {
		t.Errorf("%d people, %.300s", report.Before.People, out)
	}
}

// Long files go through in batches; headings at the top still count.
func TestLongTextIsMaskedToItsEnd(t *testing.T) {
	list := people(60_000)
	var csv bytes.Buffer
	if err := synthetic.CSV(&csv, list, "zh"); err != nil {
		t.Fatal(err)
	}
	out, report := masked(t, "long.csv", csv.Bytes())
	leaks(t, string(out[len(out)-4000:]), list[len(list)-10:])
	for i, c := range report.Masked {
		if before := report.Before.Classes[i]; c.Class != before.Class || c.Count < before.Count-before.Count/10_000 {
			t.Errorf("%s: %d of %d", c.Class, c.Count, before.Count)
		}
	}
	if lines := bytes.Count(out, []byte{'\n'}); lines != len(list)+1 {
		t.Errorf("%d lines", lines)
	}
	line := strings.TrimSpace(strings.Repeat("电话：13812341234，", 200_000)) // one line of 5 MB
	out, _ = masked(t, "line.txt", []byte(line))
	if want := strings.Repeat("电话：138****1234，", 200_000); string(out) != want {
		t.Errorf("a long line comes out differently")
	}
}

func TestHarmlessTextIsCopiedAsItIs(t *testing.T) {
	for _, in := range []string{"", "\n", "hello\r\nworld", "\xEF\xBB\xBFabc", "订单 20260101000123 已发货\n"} {
		if out, report := masked(t, "a.txt", []byte(in)); string(out) != in || len(report.Masked) != 0 {
			t.Errorf("%q became %q", in, out)
		}
	}
}

func TestStoppedAndLimited(t *testing.T) {
	content := []byte("手机：13581726394\n")
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := New(engine, pack, Limits{}).File(ctx, bytes.NewReader(content), int64(len(content)), "", &out); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for reason, l := range map[Reason]Limits{TooLarge: {Size: 5}, TimedOut: {Time: 1}} {
		var r *Refusal
		if _, err := New(engine, pack, l).File(context.Background(), bytes.NewReader(content), int64(len(content)), "", &out); !errors.As(err, &r) || r.Reason != reason {
			t.Errorf("got %v, want %s", err, reason)
		}
	}
	if out.Len() > 0 {
		t.Error("something was written")
	}
}

// A copy beyond the memory allowed goes through a temporary file, which goes.
func TestLargeCopiesLeaveNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	content := []byte(strings.Repeat("手机：13581726394，请联系。\n", 5000))
	var wg sync.WaitGroup
	for range 4 { // one Redactor serves many at once
		wg.Go(func() {
			var out bytes.Buffer
			if _, err := New(engine, pack, Limits{Memory: 1000}).File(context.Background(), bytes.NewReader(content), int64(len(content)), "", &out); err != nil || out.String() != strings.Repeat("手机：135****6394，请联系。\n", 5000) {
				t.Errorf("%d bytes, %v", out.Len(), err)
			}
		})
	}
	wg.Wait()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestNameForTheCopy(t *testing.T) {
	if got := Name(pack, "客户13812341234.csv"); got != "客户138xxxx1234.csv" {
		t.Error(got)
	}
	if got := Name(pack, "report 2026.xlsx"); got != "report 2026.xlsx" {
		t.Error(got)
	}
}

func TestRefusedFormats(t *testing.T) {
	refused(t, "a.pdf", []byte("%PDF-1.4\n1 0 obj\n"), Format)
	refused(t, "a.html", []byte("<html><body><p>13812341234</p></body></html>"), Format)
	refused(t, "a.rtf", []byte(`{\rtf1 13812341234}`), Format)
	refused(t, "a.bin", bytes.Repeat([]byte{0, 1, 2, 0xFE}, 5000), Format)
}

func TestRefusalsSpeak(t *testing.T) {
	catalog, err := texts()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Reason{Encrypted, Damaged, TooLarge, TimedOut, Format, Macros, Embedded, Signed, Part, PivotCache, LinkedCache, SheetName, Formula, Charset, Residual} {
		for _, lang := range []string{"en", "zh"} {
			if !catalog.Printer(lang).Has("refusal." + string(r)) {
				t.Errorf("%s has no text in %s", r, lang)
			}
		}
	}
	r := &Refusal{Reason: Formula, Place: "Sheet1"}
	if !strings.Contains(r.Text("zh"), "公式") || !strings.Contains(r.Text("en"), "(Sheet1)") {
		t.Error(r.Text("zh"), r.Text("en"))
	}
}

// TestEncodedFilesAreRefused: what stands encoded cannot be masked in place, nor
// be left.
func TestEncodedFilesAreRefused(t *testing.T) {
	for name, content := range map[string][]byte{
		"list":     zipped(t, map[string]string{"a.csv": "姓名,手机号\n李娜,13812345678\n"}),
		"cut off ": zipped(t, map[string]string{"a.csv": strings.Repeat("nothing at all\n", 40)})[:60],
	} {
		text := "姓名,手机号\n张伟,13912345678\n附件: " + base64.StdEncoding.EncodeToString(content) + "\n"
		out, _, err := tryMask("a.txt", []byte(text))
		var r *Refusal
		if !errors.As(err, &r) || len(out) > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, len(out))
		}
	}
}
