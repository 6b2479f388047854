package extract_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"

	"github.com/trustline/trustline/rules/extract"
)

// printer is where text goes to.
type printer struct{}

func (printer) Begin(location string)                {}
func (printer) Write(text []byte)                    { os.Stdout.Write(text) }
func (printer) Row(number int, cells []extract.Cell) {}

// The type is found by content; what cannot be read has a reason.
func ExampleExtract() {
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	fmt.Fprintln(w, "packed")
	w.Close()
	for _, size := range []int{file.Len(), file.Len() - 12} { // whole, and cut off
		result, err := extract.Extract(context.Background(), bytes.NewReader(file.Bytes()[:size]), int64(size), extract.Limits{}, printer{})
		fmt.Printf("%s %q %v\n", result.Type, result.Reason, err)
	}
	// Output:
	// packed
	// application/gzip "" <nil>
	// packed
	// application/gzip "truncated" <nil>
}
