package rules_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
)

// filed are ways to write an archive or a document into a text.
func filed(t testing.TB, content []byte) map[string]string {
	std := base64.StdEncoding.EncodeToString(content)
	quoted, err := json.Marshal(map[string]string{"name": "a.xlsx", "data": wrapped(std, 76)})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"alone":             std,
		"wrapped at 76":     wrapped(std, 76),
		"wrapped at 72":     wrapped(std, 72),
		"wrapped at 100":    strings.ReplaceAll(wrapped(std, 100), "\n", "\r\n"),
		"quoted":            "> " + strings.ReplaceAll(wrapped(std, 64), "\n", "\n> "),
		"alphabet of URLs":  base64.RawURLEncoding.EncodeToString(content),
		"JSON":              `{"name": "a.xlsx", "data": "` + std + `"}`,
		"JSON, wrapped":     string(quoted),
		"JSON with slashes": `{"data":"` + strings.ReplaceAll(std, "/", `\/`) + `"}`,
		"behind a name":     "file-" + std,
		"data URI":          `body { background: url(data:application/zip;base64,` + std + `) }`,
		"HTML":              `<!DOCTYPE html><html><body><p>x</p><a download="a.zip" href="data:application/zip;base64,` + std + `">x</a></body></html>`,
		"XML":               `<?xml version="1.0"?><a><b>` + std + `</b></a>`,
		"CSV":               "id,file\n1," + std + "\n2,x\n",
		"hexadecimal":       hex.EncodeToString(content),
		"twice":             base64.StdEncoding.EncodeToString([]byte(std)),
		"in an archive":     string(zipped(t, "a.txt", []byte("file: "+std))),
	}
}

func TestEncodedFilesAreFound(t *testing.T) {
	const people = 60
	e := newEngine()
	book := workbook(t, people)
	for kind, content := range map[string][]byte{"workbook": book, "archive": zipped(t, "list.csv", customers(t, people)), "workbook in an archive": zipped(t, "b.xlsx", book)} {
		for name, text := range filed(t, content) {
			c := scanned(t, e, text)
			if c.Status != rules.Sensitive || c.Summary.People != people || c.Reason != "" {
				t.Errorf("%s, %s: %s %q, want %d people", kind, name, brief(c), c.Reason, people)
			}
			if len(c.Summary.Findings) == 0 {
				t.Errorf("%s, %s: nowhere", kind, name)
			}
		}
	}
	for name, text := range filed(t, zipped(t, "notes.txt", harmless(5000))) {
		if c := scanned(t, e, text); c.Status != rules.Clean {
			t.Errorf("harmless, %s: %s %s", name, brief(c), c.Reason)
		}
	}
}

func TestEncodedFilesAreLocated(t *testing.T) {
	text := "a\nb: " + base64.StdEncoding.EncodeToString(zipped(t, "list.txt", []byte("电话 13812345678 和身份证 11010519491231002X")))
	c := scanned(t, newEngine(), text)
	if len(c.Summary.Findings) == 0 {
		t.Fatal("nothing found")
	}
	for _, f := range c.Summary.Findings {
		if f.Location != "line 2 › base64 › list.txt" || f.Line != 1 {
			t.Errorf("found in %q, line %d", f.Location, f.Line)
		}
	}
}

// What cannot be read of a file that stands encoded is never clean.
func TestEncodedFilesHaveBounds(t *testing.T) {
	coded := func(content []byte) string { return base64.StdEncoding.EncodeToString(content) }
	random := func(n int) []byte {
		p := make([]byte, n)
		for r, i := rand.New(rand.NewPCG(1, 2)), 0; i < n; i++ {
			p[i] = byte(r.Uint32())
		}
		return p
	}
	small := zipped(t, "a.txt", harmless(400))
	deep := small
	for range 3 {
		deep = zipped(t, "a.txt", []byte(coded(deep)))
	}
	nested := small
	for range extract.DefaultDepth {
		nested = zipped(t, "a.zip", nested)
	}
	encrypted := bytes.Clone(small)
	encrypted[6] |= 1
	encrypted[bytes.Index(encrypted, []byte("PK\x01\x02"))+8] |= 1
	bomb := zipped(t, "a.txt", make([]byte, 64<<20))
	for name, tt := range map[string]struct {
		text   string
		reason extract.Reason
	}{
		"too large": {coded(zipped(t, "a.bin", random(17<<20))), extract.TooLarge},
		"too many":  {strings.Repeat(coded(small)+"\n\n", 65), extract.TooLarge},
		"too deep":  {coded(deep), extract.TooDeep},
		"nested":    {coded(nested), extract.TooDeep},
		"encrypted": {coded(encrypted), extract.Encrypted},
		"cut off":   {coded(small[:200]), extract.Truncated},
		"bomb":      {coded(bomb), extract.TooLarge},
	} {
		c := scanned(t, newEngine(), "file: "+tt.text+"\n")
		if c.Status != rules.Unreadable || c.Reason != tt.reason {
			t.Errorf("%s: %s for %q, want %q", name, c.Status, c.Reason, tt.reason)
		}
	}
	if c := scanned(t, newEngine(), strings.Repeat(coded(small)+"\n\n", 64)); c.Status != rules.Clean {
		t.Errorf("64 files: %s for %q", c.Status, c.Reason)
	}
}

// A stream finds what a scan does, and lets nothing of a file go before.
func TestEncodedFilesInStreams(t *testing.T) {
	e := newEngine()
	lead := string(harmless(30_000))
	content := lead + base64.StdEncoding.EncodeToString(workbook(t, 40)) + "\n" + string(harmless(20_000))
	want := scanned(t, e, content)
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 5))
		s := e.Stream("")
		for rest := content; len(rest) > 0; {
			n := min(1+r.IntN(5000), len(rest))
			s.Write([]byte(rest[:n]))
			rest = rest[n:]
			if got := s.Released(); got > int64(len(lead)) {
				t.Fatalf("%d bytes released, the workbook begins at %d", got, len(lead))
			}
		}
		got, err := s.Finish(context.Background(), nil, int64(len(content)))
		if err != nil || !reflect.DeepEqual(got, want) || got.Summary.People != 40 {
			t.Fatalf("%v\n%s\nwant %s", err, brief(got), brief(want))
		}
	}
}

// The reader of formats is the one the engine was given, and what it fails of
// is no answer.
func TestEncodedFilesAreReadIsolated(t *testing.T) {
	text := base64.StdEncoding.EncodeToString(workbook(t, 20))
	read := 0
	e := newEngine().Isolated(func(context.Context, io.ReaderAt, int64, extract.Limits, extract.Sink) (extract.Result, error) {
		read++
		return extract.Result{}, errors.New("no sandbox")
	})
	if c, err := e.Scan(context.Background(), "", strings.NewReader(text), int64(len(text))); err == nil || read != 1 {
		t.Errorf("%s, %v; %d files read", c.Status, err, read)
	}
}

func FuzzEncodedFiles(f *testing.F) {
	small := zipped(f, "a.txt", []byte("电话 13812345678"))
	for _, text := range filed(f, small) {
		f.Add([]byte(text), uint16(50))
	}
	e := rules.NewEngine(detect.DefaultPack(), rules.Limits{Extract: extract.Limits{Expanded: 4 << 20}})
	f.Fuzz(func(t *testing.T, content []byte, cut uint16) {
		want, err := e.Scan(context.Background(), "", bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		i := min(int(cut), len(content))
		s := e.Stream("")
		s.Write(content[:i])
		s.Write(content[i:])
		got, err := s.Finish(context.Background(), bytes.NewReader(content), int64(len(content)))
		got.Summary.Bytes = want.Summary.Bytes // of what is no text, as much is searched as came at once
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d: %v %s %s, want %s %s", i, err, brief(got), got.Reason, brief(want), want.Reason)
		}
	})
}
