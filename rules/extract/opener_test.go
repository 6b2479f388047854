package extract

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// TestOpenerAnswersLikeExtract writes every real file in random pieces: what
// is read on the way is what Extract reads, and what is not is left to it.
func TestOpenerAnswersLikeExtract(t *testing.T) {
	long := strings.Repeat(prose, 400)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(prose))
	if err != nil {
		t.Fatal(err)
	}
	contents := map[string][]byte{
		"text":             []byte(long),
		"utf-16":           wide(long, false),
		"binary":           append(bytes.Repeat([]byte{0, 1, 2, 3}, 3000), long...),
		"short text":       []byte(prose),
		"text and archive": append([]byte(long), zipOf(t, file{"a", "b"})...),
		"archive":          zipOf(t, file{"a", long}, file{"b", string(bytes.Repeat([]byte{7, 1, 200, 9}, 5000))}),
		"page":             []byte("<html>" + long + "</html>"),
		"empty":            nil,
		"one byte":         {'x'},
		"short utf-16":     wide(prose, false),
		"short mark":       []byte("\uFEFF" + prose),
		"short GB 18030":   gb,
		"cut short":        []byte(prose + "本周会")[:len(prose)+8],
		"short archive":    zipOf(t, file{"a", "b"}),
		"short page":       []byte("<html><p>" + prose + "</html>"),
		"short tail":       append([]byte(prose), zipOf(t, file{"a", "b"})...),
	}
	streams := map[string]bool{
		"text": true, "utf-16": true, "binary": true, "short text": true, "empty": true, "one byte": true,
		"short utf-16": true, "short mark": true, "short GB 18030": true, "cut short": true,
	}
	for name, content := range contents {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, 8))
			for range 20 {
				var out transcript
				o := NewOpener(&out, Limits{})
				for rest := content; len(rest) > 0; {
					n := min(1+rng.IntN(5000), len(rest))
					o.Write(rest[:n])
					rest = rest[n:]
				}
				result, complete := o.Close(int64(len(content)))
				if complete != streams[name] {
					t.Fatalf("read on the way: %t", complete)
				}
				if !complete {
					return
				}
				var whole transcript
				want, err := Extract(context.Background(), bytes.NewReader(content), int64(len(content)), Limits{}, &whole)
				if err != nil {
					t.Fatal(err)
				}
				if result != want || name != "binary" && out.text.String() != whole.text.String() {
					t.Fatalf("%+v and %d bytes, want %+v and %d", result, out.text.Len(), want, whole.text.Len())
				}
			}
		})
	}
	o := NewOpener(&silent{}, Limits{})
	o.Write([]byte(long))
	if _, complete := o.Close(int64(len(long)) + 1); complete {
		t.Error("a missing byte passes for the whole")
	}
}
