package detect

import (
	"os"
	"testing"
)

func BenchmarkFile(b *testing.B) {
	path := os.Getenv("BENCH_FILE")
	if path == "" {
		b.Skip("set BENCH_FILE to a text")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, text)
}
