package extract

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

func noise(n int) []byte {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	r.Read(b)
	return b
}

// A number at any place in noise is found; noise alone gives next to nothing.
func TestLongRunsInNoise(t *testing.T) {
	block := noise(64 << 10)
	if !even(block) {
		t.Fatal("noise does not count as even")
	}
	if n := len(appendRuns(nil, block)); n > len(block)/100 {
		t.Errorf("%d bytes of text in noise", n)
	}
	for n, p := range synthetic.New(1).People(200) {
		b := bytes.Clone(block)
		at := n * 317
		copy(b[at:], "\x00"+p.Mobile+"\x00")
		if !bytes.Contains(appendRuns(nil, b), []byte(p.Mobile)) {
			t.Errorf("person %d: the number at offset %d is not found", n, at)
		}
	}
}

func TestTextIsNotEven(t *testing.T) {
	var list bytes.Buffer
	if err := synthetic.CSV(&list, synthetic.New(2).People(2000), "zh"); err != nil {
		t.Fatal(err)
	}
	// Text, and text with as much noise around it.
	for _, b := range [][]byte{list.Bytes(), append(noise(list.Len()), list.Bytes()...)} {
		if even(b) {
			t.Error("text counts as even")
		}
	}
}
