package extract

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
)

// extractor is shared by all tests: making it ready takes seconds.
var extractor = New(Options{})

// transcript is a Sink that writes down what it is given, a line each.
type transcript struct {
	text strings.Builder
}

func (t *transcript) Begin(location string) { fmt.Fprintf(&t.text, "\n[%s]\n", location) }
func (t *transcript) Write(p []byte)        { t.text.Write(p) }
func (t *transcript) Row(number int, cells []Cell) {
	fmt.Fprintf(&t.text, "%d:", number)
	for _, c := range cells {
		fmt.Fprintf(&t.text, " %c=%s", 'A'+rune(c.Column), c.Text)
	}
	t.text.WriteByte('\n')
}

// read extracts content with the default limits.
func extracted(t testing.TB, content []byte) (string, Result) {
	t.Helper()
	return readWithin(t, content, Limits{})
}

func readWithin(t testing.TB, content []byte, limits Limits) (string, Result) {
	t.Helper()
	var out transcript
	result, err := extractor.Extract(context.Background(), bytes.NewReader(content), int64(len(content)), limits, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.text.String(), result
}
