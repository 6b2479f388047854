//go:build !amd64

package sieve

const vectors = false

func vector(words []uint64, text []byte) { portable(words, text) }
