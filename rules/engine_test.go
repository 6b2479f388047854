package rules_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
	"github.com/trustline/trustline/rules/synthetic"
)

func newEngine() *rules.Engine { return rules.NewEngine(detect.DefaultPack(), rules.Limits{}) }

func customers(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := synthetic.CSV(&b, synthetic.New(11).People(n), "zh"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func workbook(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := synthetic.XLSX(&b, synthetic.New(11).People(n), "zh"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// harmless is text without anything to find.
func harmless(bytes int) []byte {
	const line = "The quick brown fox jumps over the lazy dog; 敏捷的狐狸跳过懒狗。 0.75 mm\n"
	return []byte(strings.Repeat(line, bytes/len(line)+1))
}

func TestScan(t *testing.T) {
	list := customers(t, 500)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(list)
	if err != nil {
		t.Fatal(err)
	}
	broken := zipped(t, "list.csv", list)
	tests := map[string]struct {
		name    string
		content []byte
		status  rules.Status
		reason  rules.Reason
		people  int
	}{
		"csv":           {"", list, rules.Sensitive, "", 500},
		"gb18030":       {"", gb, rules.Sensitive, "", 500},
		"workbook":      {"", workbook(t, 500), rules.Sensitive, "", 500},
		"zip":           {"", zipped(t, "list.csv", list), rules.Sensitive, "", 500},
		"nested":        {"", zipped(t, "b.zip", zipped(t, "list.xlsx", workbook(t, 500))), rules.Sensitive, "", 500},
		"truncated zip": {"", broken[:len(broken)-40], rules.Sensitive, rules.Truncated, 500},
		"no zip":        {"", []byte("PK\x03\x04 and nothing more, really nothing"), rules.Unreadable, rules.Truncated, 0},
		"harmless":      {"readme.txt", harmless(100_000), rules.Clean, "", 0},
		"empty":         {"", nil, rules.Clean, "", 0},
		"name":          {"客户 13812345678.txt", harmless(1000), rules.Sensitive, "", 0},
	}
	e := newEngine()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := e.Scan(context.Background(), tt.name, bytes.NewReader(tt.content), int64(len(tt.content)))
			if err != nil {
				t.Fatal(err)
			}
			if c.Status != tt.status || c.Reason != tt.reason || c.Summary.People != tt.people {
				t.Errorf("%s %q, %d people; want %s %q, %d", c.Status, c.Reason, c.Summary.People, tt.status, tt.reason, tt.people)
			}
		})
	}
}

// TestStreamAnswersLikeScan writes contents in random pieces.
func TestStreamAnswersLikeScan(t *testing.T) {
	list := customers(t, 300)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(list)
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine()
	ctx := context.Background()
	for name, content := range map[string][]byte{
		"csv": list, "gb18030": gb, "workbook": workbook(t, 300), "zip": zipped(t, "list.csv", list),
		"harmless": harmless(300_000), "short": []byte("张伟 13812345678\n"), "late": append(harmless(500_000), list...),
		"text and zip": append(harmless(10_000), zipped(t, "list.csv", list)...), "empty": nil,
	} {
		t.Run(name, func(t *testing.T) {
			want, err := e.Scan(ctx, "a.bin", bytes.NewReader(content), int64(len(content)))
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, 9))
			for round := range 6 {
				s := e.Stream("a.bin")
				for rest := content; len(rest) > 0; {
					n := min(1+rng.IntN(20_000), len(rest))
					s.Write(rest[:n])
					rest = rest[n:]
				}
				if round == 5 {
					s.Reset()
					if s.People() != 0 || s.Released() != 0 {
						t.Error("something is left after Reset")
					}
				}
				got, err := s.Finish(ctx, bytes.NewReader(content), int64(len(content)))
				if err != nil {
					t.Fatal(err)
				}
				if got.Status != want.Status || got.Reason != want.Reason || got.Type != want.Type || got.Summary.People != want.Summary.People || len(got.Summary.Classes) != len(want.Summary.Classes) {
					t.Fatalf("round %d: %+v, want %+v", round, got, want)
				}
			}
		})
	}
}

// TestReleased checks the promise the guard lives on: bytes released hold no
// part of anything that is found later, in every charset.
func TestReleased(t *testing.T) {
	clean := harmless(400_000)
	list := customers(t, 50)
	text := append(bytes.Clone(clean), list...)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(text)
	if err != nil {
		t.Fatal(err)
	}
	gbClean, err := simplifiedchinese.GB18030.NewEncoder().Bytes(clean)
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine()
	for name, tt := range map[string]struct {
		content []byte
		secret  int // where it begins
	}{"utf-8": {text, len(clean)}, "bom": {append([]byte("\xEF\xBB\xBF"), text...), len(clean) + 3}, "gb18030": {gb, len(gbClean)}} {
		t.Run(name, func(t *testing.T) {
			s := e.Stream("notes.txt")
			defer s.Close()
			most := int64(0)
			for rest := tt.content; len(rest) > 0; {
				n := min(4096, len(rest))
				s.Write(rest[:n])
				rest = rest[n:]
				if r := s.Released(); r > int64(tt.secret) {
					t.Fatalf("%d bytes released, the list begins at %d", r, tt.secret)
				} else if r < most {
					t.Fatalf("%d bytes released after %d", r, most)
				} else {
					most = r
				}
			}
			if most < int64(tt.secret)/2 {
				t.Errorf("only %d of %d harmless bytes released", most, tt.secret)
			}
		})
	}
	s := e.Stream("")
	s.Write(workbook(t, 100))
	if s.Released() != 0 || !s.Held() {
		t.Error("a workbook is released before it was read")
	}
	s.Close()
}

// TestConcurrentScans uses one engine from many goroutines.
func TestConcurrentScans(t *testing.T) {
	e := newEngine()
	list, book := customers(t, 200), workbook(t, 200)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			content, people := list, 200
			switch i % 3 {
			case 1:
				content = book
			case 2:
				content, people = harmless(50_000), 0
			}
			for range 5 {
				c, err := e.Scan(context.Background(), "", bytes.NewReader(content), int64(len(content)))
				if err != nil || c.Summary.People != people {
					t.Errorf("%d people, %v", c.Summary.People, err)
				}
			}
		})
	}
	all.Wait()
}

// TestLocationsAreMasked looks for customer data in what goes wherever a
// finding goes.
func TestLocationsAreMasked(t *testing.T) {
	content := zipped(t, "电话13987654321/list.csv", customers(t, 3))
	c, err := newEngine().Scan(context.Background(), "", bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	located := 0
	for _, f := range c.Summary.Findings {
		if strings.Contains(f.Location, "13987654321") {
			t.Errorf("location %q", f.Location)
		}
		if strings.Contains(f.Location, "139****4321/list.csv") {
			located++
		}
	}
	if located == 0 {
		t.Errorf("no finding says where it is: %+v", c.Summary.Findings)
	}
}

type broken struct{ err error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

// TestErrorsNameNoFile checks that a failing disk is told without the path.
func TestErrorsNameNoFile(t *testing.T) {
	disk := &fs.PathError{Op: "read", Path: "/data/张伟 13812345678.csv", Err: io.ErrClosedPipe}
	_, err := newEngine().Scan(context.Background(), "", broken{disk}, 100)
	if !errors.Is(err, io.ErrClosedPipe) || strings.Contains(err.Error(), "13812345678") {
		t.Errorf("answers %v", err)
	}
}

// TestIsolated checks that only what must be taken apart goes to the other
// reader, and that its answer counts.
func TestIsolated(t *testing.T) {
	asked := 0
	e := newEngine().Isolated(func(ctx context.Context, r io.ReaderAt, size int64, limits extract.Limits, sink extract.Sink) (extract.Result, error) {
		asked++
		return extract.Result{Reason: extract.TimedOut}, nil
	})
	scan := func(content []byte) rules.Content {
		c, err := e.Scan(context.Background(), "", bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := scan(customers(t, 5)); asked != 0 || c.Summary.People != 5 {
		t.Errorf("text: asked %d times, %d people", asked, c.Summary.People)
	}
	if c := scan(workbook(t, 5)); asked != 1 || c.Status != rules.Unreadable || c.Reason != rules.TimedOut {
		t.Errorf("workbook: asked %d times, %s %q", asked, c.Status, c.Reason)
	}
	if scan(append(harmless(5000), zipped(t, "a", nil)...)); asked != 2 {
		t.Errorf("archive behind text: asked %d times", asked)
	}
}
