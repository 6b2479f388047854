package sieve

import "golang.org/x/sys/cpu"

var vectors = cpu.X86.HasAVX2

func vector(words []uint64, text []byte) {
	if n := len(words); n > 0 {
		vectorGroups(&words[0], &text[:64*n+1][0], n, &classes)
	}
}

// vectorGroups marks n groups of 64 bytes; it reads one byte behind them.
//
//go:noescape
func vectorGroups(words *uint64, text *byte, n int, t *tables)
