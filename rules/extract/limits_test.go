package extract

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

type file struct{ name, content string }

func zipOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err == nil {
			_, err = io.WriteString(w, f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func real(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/real/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLimits reaches each limit and looks for its reason, and for the part
// that was still readable.
func TestLimits(t *testing.T) {
	secret := "李娜 13987654321\n"
	nested := []byte(secret)
	for i := range 12 {
		nested = zipOf(t, file{fmt.Sprintf("level%d", i), string(nested)})
	}
	zeros := strings.Repeat("\x00", 64<<20)
	var many []file
	for i := range 50 {
		many = append(many, file{fmt.Sprint(i), fmt.Sprint("person ", i)})
	}
	tests := map[string]struct {
		content []byte
		limits  Limits
		reason  Reason
		want    string
	}{
		"depth":    {nested, Limits{Depth: 5}, TooDeep, "level7"},
		"members":  {zipOf(t, many...), Limits{Members: 10}, TooLarge, "person 9\n"},
		"expanded": {zipOf(t, file{"a", secret}, file{"b", strings.Repeat("b ", 1<<20)}), Limits{Expanded: 1 << 20}, TooLarge, secret},
		"ratio":    {zipOf(t, file{"a", secret}, file{"b", zeros}), Limits{Ratio: 100}, TooLarge, secret},
		"memory":   {zipOf(t, file{"a", secret}, file{"b.zip", string(zipOf(t, file{"c", strings.Repeat(secret, 100)}))}), Limits{Memory: 64}, TooLarge, secret},
		"time":     {zipOf(t, file{"a", secret}), Limits{Time: time.Nanosecond}, TimedOut, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text, result := readWithin(t, tt.content, tt.limits)
			if result.Reason != tt.reason {
				t.Errorf("reason %q, want %q", result.Reason, tt.reason)
			}
			if !strings.Contains(text, tt.want) {
				t.Errorf("%q is missing in %.300q", tt.want, text)
			}
		})
	}
	t.Run("within", func(t *testing.T) {
		if text, result := extracted(t, nested[:]); result.Reason != TooDeep || !strings.Contains(text, "level3") {
			t.Errorf("12 levels with the default depth: %q", result.Reason)
		}
		if text, result := readWithin(t, nested, Limits{Depth: 13}); result.Reason != "" || !strings.Contains(text, secret) {
			t.Errorf("12 levels with depth 13: %q", result.Reason)
		}
	})
}

// silent is a Sink that only counts.
type silent struct{ bytes int64 }

func (s *silent) Begin(string)    {}
func (s *silent) Write(p []byte)  { s.bytes += int64(len(p)) }
func (s *silent) Row(int, []Cell) { s.bytes++ }
func (s *silent) String() string  { return fmt.Sprint(s.bytes) }

// TestBombs opens files made to explode: each ends with a reason, in little
// memory and time.
func TestBombs(t *testing.T) {
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	for range 1024 {
		w.Write(make([]byte, 1<<20))
	}
	w.Close()
	gz2 := gzipOf(t, gz.Bytes())
	entities := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol">` +
		`<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;</x>`
	repeats := `<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office"><table:table>` +
		strings.Repeat(`<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>`, 100) + `</table:table></office:document>`
	tests := map[string]struct {
		content []byte
		reason  Reason
	}{
		"gzip of a gigabyte of nothing": {gz.Bytes(), TooLarge},
		"gzip in gzip":                  {gz2, TooLarge},
		"members over one another":      {overlapping(t, 2000), TooLarge},
		"entities of entities":          {[]byte(entities), ""},
		"repeated cells":                {[]byte(repeats), ""},
		"one endless tag":               {[]byte("<html><a " + strings.Repeat("x=\"y\" ", 2<<20)), ""},
		"open brackets":                 {[]byte("<html>" + strings.Repeat("<", 4<<20)), ""},
		"open comments":                 {[]byte("<html>" + strings.Repeat("<!--", 1<<20)), ""},
		"backslashes":                   {[]byte(strings.Repeat(`\`, 4<<20)), ""},
		"no place to cut":               {[]byte(strings.Repeat("\xD5\xC5", 4<<20)), ""},
		"directories without end":       {append(bytes.Repeat([]byte("PK\x05\x06"), 1<<18), make([]byte, 18)...), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			result, err := Extract(context.Background(), bytes.NewReader(tt.content), int64(len(tt.content)), Limits{Expanded: 512 << 20}, &silent{})
			if err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			took, allocated := time.Since(start), after.TotalAlloc-before.TotalAlloc
			t.Logf("%v, %d MiB allocated, reason %q", took, allocated>>20, result.Reason)
			if result.Reason != tt.reason {
				t.Errorf("reason %q, want %q", result.Reason, tt.reason)
			}
			if took > 20*time.Second || allocated > 200<<20 {
				t.Errorf("took %v and %d MiB", took, allocated>>20)
			}
		})
	}
}

func gzipOf(t testing.TB, p []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// overlapping makes an archive whose directory names one member many times.
func overlapping(t testing.TB, times int) []byte {
	t.Helper()
	one := zipOf(t, file{"a", strings.Repeat("\x00", 4<<20)})
	d, ok := findDirectory(bytes.NewReader(one), int64(len(one)))
	if !ok {
		t.Fatal("no directory")
	}
	central := one[d.start : d.end-endSize]
	out := append(bytes.Clone(one[:d.start]), bytes.Repeat(central, times)...)
	end := bytes.Clone(one[d.end-endSize:])
	binary.LittleEndian.PutUint16(end[8:], uint16(times))
	binary.LittleEndian.PutUint16(end[10:], uint16(times))
	binary.LittleEndian.PutUint32(end[12:], uint32(times*len(central)))
	return append(out, end...)
}

// TestTruncated cuts files off everywhere: what is left is read, and the file
// is never called whole.
func TestTruncated(t *testing.T) {
	for _, name := range []string{"zip.zip", "zip-piped.zip", "openpyxl.xlsx", "calc.xlsx", "writer.docx", "csv.gz", "csv.xz", "csv.zst", "csv.bz2", "tar.tar.gz"} {
		t.Run(name, func(t *testing.T) {
			whole := real(t, name)
			for n := 64; n < len(whole); n += 1 + len(whole)/40 {
				if _, result := extracted(t, whole[:n]); result.Reason == "" {
					t.Errorf("%d of %d bytes pass for the whole", n, len(whole))
				}
			}
		})
	}
	for _, name := range []string{"zip.zip", "zip-piped.zip"} {
		whole := real(t, name)
		text, result := extracted(t, whole[:len(whole)-30])
		if result.Reason != Truncated || !strings.Contains(text, "李娜,13987654321") || !strings.Contains(text, "openpyxl.xlsx › 客户]\n1: A=姓名") {
			t.Errorf("%s without its end: %q\n%.500s", name, result.Reason, text)
		}
	}
	book := real(t, "calc.xlsx")
	text, result := extracted(t, book[:len(book)-100])
	if result.Reason != Truncated || !strings.Contains(text, "13987654321") {
		t.Errorf("workbook without its directory: %q\n%.500s", result.Reason, text)
	}
}

// TestDamaged flips bytes: nothing may pass for whole when content was lost.
func TestDamaged(t *testing.T) {
	whole := zipOf(t, file{"a.csv", strings.Repeat("李娜,13987654321\n", 500)})
	d, _ := findDirectory(bytes.NewReader(whole), int64(len(whole)))
	for i := localSize + len("a.csv"); i < int(d.start)-longestDescriptor; i++ {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x55
		if _, result := extracted(t, damaged); result.Reason == "" {
			t.Errorf("byte %d damaged and nothing said", i)
		}
	}
}

// TestHidden looks for text in places a directory does not name.
func TestHidden(t *testing.T) {
	const secret = "李娜,13987654321"
	plain := zipOf(t, file{"a.txt", "nothing here"})
	hidden := zipOf(t, file{"b.txt", secret})
	picture := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), make([]byte, 5000)...)
	local := hidden[:bytes.Index(hidden, []byte(centralSignature))]
	withComment := bytes.Clone(plain)
	binary.LittleEndian.PutUint16(withComment[len(withComment)-2:], uint16(len(secret)))
	for name, content := range map[string][]byte{
		"before the archive":         append([]byte(secret+strings.Repeat(" ", 40)), plain...),
		"in the comment":             append(withComment, secret...),
		"behind the archive":         append(bytes.Clone(plain), secret+strings.Repeat(" ", 40)...),
		"member without entry":       append(bytes.Clone(local), plain...),
		"archive behind a picture":   append(picture, hidden...),
		"archive behind text":        append([]byte("just text\n"), hidden...),
		"two archives":               append(bytes.Clone(hidden), plain...),
		"renamed workbook part":      zipOf(t, file{"[Content_Types].xml", "<Types/>"}, file{"word/document.xml", `<worksheet><sheetData><row><c t="inlineStr"><is><t>` + secret + `</t></is></c></row></sheetData></worksheet>`}),
		"text under a part's name":   zipOf(t, file{"[Content_Types].xml", "<Types/>"}, file{"word/document.xml", secret}),
		"gzip of tar of gzip":        gzipOf(t, tarOf(t, file{"x.gz", string(gzipOf(t, []byte(secret)))})),
		"behind the end of a tar":    append(tarOf(t, file{"x", "nothing"}), secret...),
		"name of a member":           zipOf(t, file{secret + ".txt", ""}),
		"entity in a document type":  []byte(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY p "` + secret + `">]><x>&p;</x>`),
		"comment in a page":          []byte("<html><!-- " + secret + " --></html>"),
		"script in a page":           []byte("<html><script>if(a<b){x='" + secret + "'}</script></html>"),
		"attribute":                  []byte(`<?xml version="1.0"?><x><y note="` + secret + `"/></x>`),
		"character references":       []byte("<html><body><p>&#26446;&#x5A1C;,13987654321</p></html>"),
		"shared string without cell": zipOf(t, file{"[Content_Types].xml", "<Types/>"}, file{"xl/sharedStrings.xml", "<sst><si><t>" + secret + "</t></si></sst>"}),
	} {
		t.Run(name, func(t *testing.T) {
			if text, result := extracted(t, content); !strings.Contains(text, secret) {
				t.Errorf("not found, reason %q:\n%.1000s", result.Reason, text)
			}
		})
	}
}

func tarOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.content))})
		if err == nil {
			_, err = io.WriteString(w, f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// endless is a file of any size made of one line.
type endless struct {
	line string
	size int64
}

func (e endless) ReadAt(p []byte, at int64) (int, error) {
	if at >= e.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), e.size-at))
	for i := 0; i < n; {
		i += copy(p[i:n], e.line[(at+int64(i))%int64(len(e.line)):])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// TestConstantMemory reads a gibibyte and allocates next to nothing.
func TestConstantMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads gibibytes")
	}
	for name, line := range map[string]string{"text": prose, "binary": "\x00\x01\x02\x03abcdef\xff\xfe\x00"} {
		t.Run(name, func(t *testing.T) {
			size := int64(1 << 30)
			if name == "binary" {
				size >>= 3
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			var sink silent
			if _, err := Extract(context.Background(), endless{line, size}, size, Limits{}, &sink); err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			t.Logf("%d MiB in %v", size>>20, time.Since(start))
			if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
				t.Errorf("%d bytes allocated", n)
			}
			if name == "text" && sink.bytes != size {
				t.Errorf("%d of %d bytes given", sink.bytes, size)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// TestFailingFile tells a broken disk and a cancelled scan from broken content.
func TestFailingFile(t *testing.T) {
	broken := errors.New("broken disk")
	if _, err := Extract(context.Background(), failing{broken}, 100, Limits{}, &silent{}); !errors.Is(err, broken) {
		t.Errorf("broken disk answers %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Extract(ctx, strings.NewReader("text"), 4, Limits{}, &silent{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled scan answers %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 0)
	defer cancel()
	if result, err := Extract(ctx, strings.NewReader("text"), 4, Limits{}, &silent{}); err != nil || result.Reason != TimedOut {
		t.Errorf("deadline of the context answers %v, %v", result.Reason, err)
	}
	if result, err := Extract(context.Background(), strings.NewReader("text"), 400, Limits{}, &silent{}); err != nil || result.Reason != Truncated {
		t.Errorf("shrunken file answers %v, %v", result.Reason, err)
	}
}

// TestQuotedHeaders reads text whose every paragraph begins as mail does.
func TestQuotedHeaders(t *testing.T) {
	log := strings.Repeat("From: a\nDate: today\nSubject: change\n\ntext 13987654321\n\n", 50)
	if text, result := extracted(t, []byte(log)); result.Reason != "" || strings.Count(text, "13987654321") != 50 {
		t.Errorf("%q, %d of 50", result.Reason, strings.Count(text, "13987654321"))
	}
}

// TestEncryptedWorkbook marks a workbook of before 2007 as one with a password
// the way Excel does: a FilePass record behind the first one.
func TestEncryptedWorkbook(t *testing.T) {
	book := real(t, "calc.xls")
	first := bytes.Index(book, []byte{0x09, 0x08, 0x10, 0x00, 0x00, 0x06, 0x05, 0x00})
	if first < 0 {
		t.Fatal("no first record")
	}
	binary.LittleEndian.PutUint16(book[first+20:], xlsFilePass)
	if _, result := extracted(t, book); result.Reason != Encrypted {
		t.Errorf("reason %q", result.Reason)
	}
}
