package rules_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/trustline/trustline/rules"
)

// wrapped breaks text into lines as programs that encode do.
func wrapped(text string, width int) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + "\n")
		text = text[width:]
	}
	return b.String() + text + "\n"
}

// framed answers content as Python writes it in encodings of nearly all printable
// characters.
func framed(t testing.TB, content []byte) map[string]string {
	t.Helper()
	const script = `import base64, codecs, json, sys
c = sys.stdin.buffer.read()
json.dump({"uuencode": codecs.encode(c, "uu").decode(), "ascii85": base64.a85encode(c, adobe=True, wrapcol=76).decode(),
    "ascii85 alone": base64.a85encode(c).decode(), "base85": base64.b85encode(c).decode()}, sys.stdout)`
	python := exec.Command("/usr/bin/python3", "-W", "ignore", "-c", script)
	python.Stdin = bytes.NewReader(content)
	out, err := python.Output()
	if err != nil {
		t.Fatal("python3:", err)
	}
	var all map[string]string
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// codings are ways to write a file so that it passes for something else.
func codings(t testing.TB, list []byte) map[string]string {
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(list)
	if err != nil {
		t.Fatal(err)
	}
	std := base64.StdEncoding.EncodeToString(list)
	var each strings.Builder
	for line := range bytes.Lines(list) {
		each.WriteString(base64.StdEncoding.EncodeToString(bytes.TrimRight(line, "\r\n")) + "\n")
	}
	all := framed(t, list)
	all["base64, then ascii85"] = framed(t, []byte(std))["ascii85"]
	all["uuencode, then base64"] = base64.StdEncoding.EncodeToString([]byte(all["uuencode"]))
	maps.Copy(all, map[string]string{
		"base64":           std,
		"wrapped at 76":    wrapped(std, 76),
		"wrapped at 64":    wrapped(std, 64),
		"URL alphabet":     base64.RawURLEncoding.EncodeToString(list),
		"data URI":         `<a href="data:text/csv;base64,` + std + `">`,
		"JSON":             `{"file": "` + std + `", "n": 1}`,
		"GB 18030":         wrapped(base64.StdEncoding.EncodeToString(gb), 76),
		"hexadecimal":      hex.EncodeToString(list),
		"wrapped at 60":    wrapped(hex.EncodeToString(list), 60),
		"twice":            base64.StdEncoding.EncodeToString([]byte(wrapped(std, 76))),
		"each line":        each.String(),
		"base64, then hex": hex.EncodeToString([]byte(std)),
	})
	return all
}

func TestEncodedListsAreFound(t *testing.T) {
	const people = 60
	list := customers(t, people)
	e := newEngine()
	for name, text := range codings(t, list) {
		t.Run(name, func(t *testing.T) {
			content := string(harmless(9000)) + text + "\n" + string(harmless(5000))
			for _, doubled := range []string{content, content + string(list)} {
				c := scanned(t, e, doubled)
				if c.Status != rules.Sensitive || c.Summary.People != people || len(c.Summary.PeopleKeys) != people {
					t.Errorf("%s: %d people, %d keys; want %d", c.Status, c.Summary.People, len(c.Summary.PeopleKeys), people)
				}
			}
		})
	}
}

func TestEncodedTextIsLocated(t *testing.T) {
	content := "a\nb\n" + base64.StdEncoding.EncodeToString([]byte("电话 13812345678 和身份证 11010519491231002X"))
	c := scanned(t, newEngine(), content)
	if len(c.Summary.Findings) == 0 {
		t.Fatal("nothing found")
	}
	for _, f := range c.Summary.Findings {
		if f.Location != "line 3 › base64" || f.Line != 1 {
			t.Errorf("found in %q, line %d", f.Location, f.Line)
		}
	}
	deep := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\n", 40) + content))
	deeper := base64.StdEncoding.EncodeToString([]byte(deep))
	if c := scanned(t, newEngine(), deep); len(c.Summary.Findings) == 0 || c.Summary.Findings[0].Location != "line 1 › base64 › line 43 › base64" {
		t.Errorf("found %+v", c.Summary.Findings)
	}
	if c := scanned(t, newEngine(), deeper); c.Status != rules.Clean {
		t.Error("more than two layers are decoded")
	}
}

func scanned(t *testing.T, e *rules.Engine, content string) rules.Content {
	t.Helper()
	c, err := e.Scan(context.Background(), "", strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestEncodedStreams writes encoded lists in pieces: what is found is the same,
// and nothing of them is released.
func TestEncodedStreams(t *testing.T) {
	e := newEngine()
	lead := string(harmless(30_000))
	for name, text := range codings(t, customers(t, 40)) {
		t.Run(name, func(t *testing.T) {
			content := lead + text + "\n" + string(harmless(20_000))
			want := scanned(t, e, content)
			for seed := range uint64(4) {
				r := rand.New(rand.NewPCG(seed, 5))
				s := e.Stream("")
				for rest := content; len(rest) > 0; {
					n := min(1+r.IntN(5000), len(rest))
					s.Write([]byte(rest[:n]))
					rest = rest[n:]
					if got := s.Released(); got > int64(len(lead)+strings.IndexAny(text, "5e6NWQM~<")+1) {
						t.Fatalf("%d bytes released, the list begins at %d", got, len(lead))
					}
				}
				got, err := s.Finish(context.Background(), nil, int64(len(content)))
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("%v\n%s\nwant %s", err, brief(got), brief(want))
				}
			}
		})
	}
}

func brief(c rules.Content) string {
	return fmt.Sprintf("%s, %d people, %v, %d findings", c.Status, c.Summary.People, c.Summary.Classes, len(c.Summary.Findings))
}

// TestHarmlessEncodedTextIsReleased decodes text that holds nothing and lets go
// of it.
func TestHarmlessEncodedTextIsReleased(t *testing.T) {
	content := "key: " + base64.StdEncoding.EncodeToString(harmless(5000)) + "\n" + string(harmless(400_000))
	s := newEngine().Stream("")
	defer s.Close()
	s.Write([]byte(content))
	if got := s.Released(); got < int64(len(content))/2 {
		t.Errorf("only %d of %d bytes released", got, len(content))
	}
}
