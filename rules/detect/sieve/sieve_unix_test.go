//go:build unix

package sieve

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Memory that ends where the text does: who reads further crashes, and who
// reads before it too.
func TestNothingBeyondTheTextIsRead(t *testing.T) {
	page := unix.Getpagesize()
	memory, err := unix.Mmap(-1, 0, 3*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(memory)
	for _, edge := range [][]byte{memory[:page], memory[2*page:]} {
		if err := unix.Mprotect(edge, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	text := memory[page : 2*page]
	for i := range text {
		text[i] = alphabet[i%len(alphabet)]
	}
	for n := range 400 {
		agree(t, text[page-n:])
		agree(t, text[:n])
	}
}
