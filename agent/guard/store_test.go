package guard

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestStoreHoldsWhatWasWritten writes, adopts and cuts at random, in memory
// and, in every other round, with so little of it left that much goes to the
// scratch disk, and compares with plain bytes.
func TestStoreHoldsWhatWasWritten(t *testing.T) {
	const size = 6 * chunkSize
	r := rand.New(rand.NewPCG(3, 4))
	adopted := 0
	for round := range 24 {
		area := &scratch{dir: folder(t)}
		if round%2 == 1 {
			area.used.Store(memoryBudget - 2*chunkSize)
		}
		before := area.used.Load()
		s := area.store()
		want, held := make([]byte, size), make([]bool, size)
		note := func(e extent, p []byte) {
			copy(want[e.from:e.to], p)
			for i := e.from; i < e.to; i++ {
				held[i] = p != nil
			}
		}
		for range 30 {
			from := r.Int64N(size)
			e := extent{from, from + r.Int64N(min(size-from, 2*chunkSize)) + 1}
			switch r.IntN(4) {
			case 0:
				s.cut(e)
				note(e, nil)
			case 1, 2:
				p := random(r, int(e.to-e.from))
				_, err := s.WriteAt(p, e.from)
				must(t, err)
				note(e, p)
			default:
				off := from / chunkSize * chunkSize
				if p := random(r, chunkSize); s.adopt(p, from, off) {
					note(extent{from, off + chunkSize}, bytes.Clone(p[from-off:]))
					adopted++
				}
			}
			for i := int64(0); i < size; {
				e, ok := s.next(i)
				if !ok {
					e = extent{size, size}
				}
				for ; i < e.from; i++ {
					if held[i] {
						t.Fatalf("round %d: byte %d is lost", round, i)
					}
				}
				got := make([]byte, e.to-e.from)
				if _, err := s.ReadAt(got, e.from); err != nil || !bytes.Equal(got, want[e.from:e.to]) {
					t.Fatalf("round %d: %d bytes at %d differ: %v", round, len(got), e.from, err)
				}
				for ; i < e.to; i++ {
					if !held[i] {
						t.Fatalf("round %d: byte %d was never written", round, i)
					}
				}
			}
		}
		must(t, s.Close())
		if after := area.used.Load(); after != before {
			t.Fatalf("round %d: %d bytes of memory stay in use", round, after-before)
		}
	}
	if adopted < 10 {
		t.Fatalf("only %d chunks were adopted", adopted)
	}
}

func random(r *rand.Rand, n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}
