package pdf

import (
	"golang.org/x/sys/unix"

	"github.com/tetratelabs/wazero/experimental"
)

// mapped is memory outside of the heap: it grows without being copied, and is
// given back at once.
type mapped struct {
	whole []byte // reserved, readable only as far as used
	used  uint64
}

// reserve takes addresses for that many bytes, and no memory yet.
func reserve(most int) experimental.LinearMemory {
	whole, err := unix.Mmap(-1, 0, most, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return &mapped{}
	}
	return &mapped{whole: whole}
}

// Reallocate answers nil when there is no more memory to have.
func (m *mapped) Reallocate(size uint64) []byte {
	if size > uint64(len(m.whole)) {
		return nil
	}
	if size > m.used {
		if err := unix.Mprotect(m.whole[m.used:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return nil
		}
		m.used = size
	}
	return m.whole[:size:size]
}

// Free gives the memory back.
func (m *mapped) Free() {
	if m.whole != nil {
		_ = unix.Munmap(m.whole) // fails only for what was never mapped
		m.whole = nil
	}
}
