//go:build !linux

package pdf

import "github.com/tetratelabs/wazero/experimental"

// held is memory on the heap; growing copies it.
type held struct{ bytes []byte }

func reserve(int) experimental.LinearMemory { return &held{} }

// Reallocate answers the memory in its new size.
func (h *held) Reallocate(size uint64) []byte {
	if size > uint64(cap(h.bytes)) {
		grown := make([]byte, size, size+size/4)
		copy(grown, h.bytes)
		h.bytes = grown
	}
	h.bytes = h.bytes[:size]
	return h.bytes
}

// Free lets go of the memory.
func (h *held) Free() { h.bytes = nil }
