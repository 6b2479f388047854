package similar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/listfile"
)

// chinese answers so many characters of made-up sentences.
func chinese(seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x4E00 + r.IntN(3000)))
		switch {
		case i%19 == 18:
			b.WriteString("，")
		case i%83 == 82:
			b.WriteString("。\n")
		}
	}
	return b.String()
}

// english answers so many made-up words.
func english(seed uint64, n int) string {
	words := strings.Fields("agreement party shall deliver goods within thirty days after receipt of order payment terms invoice warranty period liability either notice written confidential information disclosure law court dispute settlement price quality standard inspection transport insurance risk title transfer force majeure termination breach remedy damages interest")
	r := rand.New(rand.NewPCG(seed, 2))
	var b strings.Builder
	for i := range n {
		b.WriteString(words[r.IntN(len(words))])
		if b.WriteByte(' '); i%12 == 11 {
			b.WriteString("\n")
		}
	}
	return b.String()
}

func newKey(t testing.TB) *listfile.Key {
	t.Helper()
	k, err := listfile.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func index(t testing.TB, except string, documents ...string) (*Index, string) {
	t.Helper()
	k := newKey(t)
	b, err := NewBuilder(k)
	if err != nil {
		t.Fatal(err)
	}
	if except != "" {
		b.Write([]byte(except))
		b.Except()
	}
	for i, d := range documents {
		b.Write([]byte(d))
		if n, _, err := b.Add(); err != nil || n != i+1 {
			t.Fatal(n, err)
		}
	}
	path := filepath.Join(t.TempDir(), "contracts.list")
	if _, err := b.Save(context.Background(), path, "contracts", 1, time.Now()); err != nil {
		t.Fatal(err)
	}
	x, err := Open(context.Background(), path, listfile.Ring{k.Endpoint()}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x, path
}

// look answers the share of each document that a text holds.
func look(t testing.TB, text string, cut int, x ...*Index) map[int]float64 {
	t.Helper()
	m, err := NewMatcher(x)
	if err != nil {
		t.Fatal(err)
	}
	m.Begin()
	for rest := []byte(text); len(rest) > 0; {
		n := min(len(rest), cut)
		m.Write(rest[:n])
		rest = rest[n:]
		if c := m.Clean(); c > int64(len(text)-len(rest)) {
			t.Fatalf("%d bytes are clean of %d", c, len(text)-len(rest))
		}
	}
	found, incomplete := m.Close()
	if incomplete {
		t.Error("the answer is incomplete")
	}
	shares := map[int]float64{}
	for _, f := range found {
		shares[f.Document] = f.Share
	}
	return shares
}

// A third of a document, pasted into another and formatted anew, is
// recognised, whichever third; what is left of the other document says nothing.
func TestThirdOfADocument(t *testing.T) {
	for name, write := range map[string]func(seed uint64, n int) string{"zh": chinese, "en": english} {
		var documents []string
		for seed := range uint64(20) {
			documents = append(documents, write(seed, 1500))
		}
		x, _ := index(t, "", documents...)
		for i, d := range documents {
			runes := []rune(d)
			from := len(runes) * (i % 7) / 10
			third := string(runes[from : from+len(runes)/3+1])
			text := write(uint64(1000+i), 3000) + reformat(third) + write(uint64(2000+i), 3000)
			shares := look(t, text, 777, x)
			if s := shares[i+1]; s < 0.30 || s > 0.37 || len(shares) != 1 {
				t.Errorf("%s: a third of document %d: %v", name, i+1, shares)
			}
		}
		// Of sixty words by chance some sequences come again.
		for document, share := range look(t, write(5000, 50_000), 4096, x) {
			if share > 0.1 || name == "zh" {
				t.Errorf("%s: %v of document %d found in another text", name, share, document)
			}
		}
	}
}

// reformat changes case, width, line ends, spaces and punctuation.
func reformat(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z' && i%3 == 0:
			b.WriteRune(r - 'a' + 'Ａ')
		case r == ' ' || r == '\n':
			b.WriteString("\r\n\t")
		case r == '，':
			b.WriteString(" — ")
		default:
			b.WriteString(strings.ToUpper(string(r)))
		}
		if i%41 == 40 {
			b.WriteString(" * \n")
		}
	}
	return b.String()
}

func TestWholeDocumentIsAll(t *testing.T) {
	d := chinese(1, 3000)
	x, _ := index(t, "", d, chinese(2, 3000))
	if s := look(t, d, 1<<20, x)[1]; s != 1 {
		t.Errorf("share %v", s)
	}
}

// How text is cut makes no difference, and a long enough run is never missed.
func TestCutAndGuarantee(t *testing.T) {
	d := chinese(3, 2000)
	x, _ := index(t, "", d)
	runes := []rune(d)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(200, 800).Draw(t, "length")
		at := rapid.IntRange(0, len(runes)-n).Draw(t, "at")
		text := chinese(9, 300) + string(runes[at:at+n])
		m, err := NewMatcher([]*Index{x})
		if err != nil {
			t.Fatal(err)
		}
		var once []Match
		for _, cut := range []int{len(text), rapid.IntRange(1, 50).Draw(t, "cut")} {
			m.Reset()
			m.Begin()
			for rest := []byte(text); len(rest) > 0; {
				k := min(len(rest), cut)
				m.Write(rest[:k])
				rest = rest[k:]
			}
			found, _ := m.Close()
			if len(found) != 1 || once != nil && once[0] != found[0] {
				t.Fatalf("%d characters at %d: %v, before: %v", n, at, found, once)
			}
			once = found
		}
	})
}

func TestNothingIsReleasedOfADocument(t *testing.T) {
	d := chinese(4, 2000)
	x, _ := index(t, "", d)
	lead := chinese(5, 5000)
	m, err := NewMatcher([]*Index{x})
	if err != nil {
		t.Fatal(err)
	}
	m.Begin()
	for i, b := range []byte(lead + d) {
		m.Write([]byte{b})
		if c := m.Clean(); c > int64(min(i+1, len(lead))) {
			t.Fatalf("after %d bytes %d are clean, the document begins at %d", i+1, c, len(lead))
		}
	}
	if m.Clean() < int64(len(lead)-1000) {
		t.Errorf("only %d of %d bytes are clean", m.Clean(), len(lead))
	}
}

func TestTemplateDoesNotCount(t *testing.T) {
	template := chinese(6, 3000)
	contract := template + chinese(7, 1000)
	x, _ := index(t, template, contract)
	if shares := look(t, template, 500, x); len(shares) > 0 {
		t.Errorf("the template: %v", shares)
	}
	if s := look(t, contract, 500, x)[1]; s < 0.95 {
		t.Errorf("the contract: %v", s)
	}
}

func TestShortDocumentsAreRefused(t *testing.T) {
	b, err := NewBuilder(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"", "短文", strings.Repeat("the same again ", 1000)} {
		b.Write([]byte(d))
		if _, _, err := b.Add(); !errors.Is(err, ErrShort) {
			t.Errorf("%q…: %v", d[:min(len(d), 20)], err)
		}
	}
	if _, err := b.Save(context.Background(), filepath.Join(t.TempDir(), "x"), "x", 1, time.Now()); err == nil {
		t.Error("an empty index was written")
	}
}

func TestIndexHoldsNoText(t *testing.T) {
	d := english(8, 2000)
	_, path := index(t, "", d)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range strings.Fields(d) {
		if len(w) > 5 && bytes.Contains(data, []byte(w)) {
			t.Fatalf("holds %q", w)
		}
	}
	if _, err := Open(context.Background(), path, listfile.Ring{newKey(t)}, 0); !errors.Is(err, listfile.ErrKeyless) {
		t.Errorf("without the key: %v", err)
	}
}

func FuzzMatcher(f *testing.F) {
	d := chinese(10, 600) + english(10, 300)
	x, _ := index(f, "", d)
	f.Add([]byte(d), 3)
	f.Add([]byte("\xe4\xb8\xe4a\xff"), 1)
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		whole := look(t, string(text), len(text)+1, x)
		if parts := look(t, string(text), 1+cut&0x3f, x); fmt.Sprint(whole) != fmt.Sprint(parts) {
			t.Fatalf("whole %v, cut %v", whole, parts)
		}
	})
}

// FuzzOpen opens indexes that are signed but whose sections hold anything.
func FuzzOpen(f *testing.F) {
	k := newKey(f)
	f.Add(make([]byte, 16), make([]byte, 8), make([]byte, 4), 2, 1)
	f.Fuzz(func(t *testing.T, prints, documents, totals []byte, n, d int) {
		path := filepath.Join(t.TempDir(), "x.list")
		w, err := listfile.Create(path, k, listfile.Header{Kind: FileKind, Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"prints": prints, "documents": documents, "bytes": documents[:len(documents)/2], "sieve": bytes.Repeat([]byte{0xff}, 8), "totals": totals} {
			w.Section(name)
			if _, err := w.Write(b); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Commit(detail{Documents: d, Prints: n}); err != nil {
			t.Fatal(err)
		}
		x, err := Open(context.Background(), path, listfile.Ring{k}, 0)
		if err != nil {
			return
		}
		defer x.Close()
		m, err := NewMatcher([]*Index{x})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			m.meet(&m.sets[0], uint64(i)<<60|uint64(n))
		}
		m.Close()
	})
}

// BenchmarkMatcher looks for a thousand documents of 20 pages each.
func BenchmarkMatcher(b *testing.B) {
	k := newKey(b)
	builder, err := NewBuilder(k)
	if err != nil {
		b.Fatal(err)
	}
	bytes, prints := 0, 0
	for seed := range uint64(1000) {
		d := chinese(seed, 10_000)
		bytes += len(d)
		builder.Write([]byte(d))
		_, n, err := builder.Add()
		if err != nil {
			b.Fatal(err)
		}
		prints += n
	}
	path := filepath.Join(b.TempDir(), "x.list")
	size, err := builder.Save(context.Background(), path, "x", 1, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	x, err := Open(context.Background(), path, listfile.Ring{k}, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	for name, text := range map[string]string{"zh": chinese(77_777, 100_000), "en": english(77_777, 50_000), "protected": chinese(7, 10_000)} {
		b.Run(name, func(b *testing.B) {
			m, err := NewMatcher([]*Index{x})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Reset()
				m.Begin()
				m.Write([]byte(text))
				m.Close()
			}
			b.ReportMetric(float64(size)/1000, "B/document")
			b.ReportMetric(float64(bytes)/float64(prints), "B-text/print")
			b.ReportMetric(float64(utf8.RuneCountInString(text)), "characters")
		})
	}
}
