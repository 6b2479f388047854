package exact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/FastFilter/xorfilter"

	"github.com/trustline/trustline/rules/listfile"
)

// filter describes binary-fuse filters (Graf and Lemire 2022) over one set of
// hashes, parted by their leading bits so that each is built in little memory.
type filter struct {
	Width int    `json:"width"` // bytes of a fingerprint: 1 or 2
	Parts []part `json:"parts"` // a power of two of them
	Keys  int64  `json:"keys"`
}

type part struct {
	Seed    uint64 `json:"seed"`
	Offset  int64  `json:"offset"`  // bytes into the section
	Length  uint32 `json:"length"`  // of a segment; 0: the part is empty
	Segment uint32 `json:"segment"` // count of segments, the last two aside
}

// write builds the filter of one part.
func writePart[T uint8 | uint16](f *filter, b *xorfilter.BinaryFuseBuilder, keys []uint64, at int64, w io.Writer) (int64, error) {
	if len(keys) == 0 {
		f.Parts = append(f.Parts, part{Offset: at})
		return at, nil
	}
	fuse, err := xorfilter.BuildBinaryFuse[T](b, keys)
	if err != nil {
		return at, fmt.Errorf("build filter: %w", err)
	}
	f.Parts = append(f.Parts, part{Seed: fuse.Seed, Offset: at, Length: fuse.SegmentLength, Segment: fuse.SegmentCount})
	f.Keys += int64(len(keys))
	if err := binary.Write(w, binary.LittleEndian, fuse.Fingerprints); err != nil {
		return at, err
	}
	return at + int64(len(fuse.Fingerprints)*f.Width), nil
}

const maxParts = 64

var errFilter = errors.New("a filter does not fit its section")

// check looks at what a file says of a filter before it is used.
func (f *filter) check(size int64) error {
	n := len(f.Parts)
	if (f.Width != 1 && f.Width != 2) || n == 0 || n > maxParts || n&(n-1) != 0 {
		return errFilter
	}
	for _, p := range f.Parts {
		if p.Length == 0 {
			continue
		}
		if p.Length > 1<<18 || p.Length&(p.Length-1) != 0 || p.Segment > 1<<24 || p.Segment == 0 {
			return errFilter
		}
		need := (int64(p.Segment) + 2) * int64(p.Length) * int64(f.Width)
		if p.Offset < 0 || p.Offset > size || need > size-p.Offset {
			return errFilter
		}
	}
	return nil
}

// partOf answers which of n parts, a power of two, a hash belongs to.
func partOf(hash uint64, n int) int {
	return int(hash >> (64 - bits.TrailingZeros(uint(n)))) // n = 1: shifted by 64 is 0
}

// has looks a hash up, as xorfilter.BinaryFuse.Contains does, in a mapped
// section.
func (f *filter) has(v listfile.View, hash uint64) bool {
	p := &f.Parts[partOf(hash, len(f.Parts))]
	if p.Length == 0 {
		return false
	}
	mixed := mix(hash + p.Seed)
	hi, _ := bits.Mul64(mixed, uint64(p.Segment)*uint64(p.Length))
	mask := p.Length - 1
	h0 := uint32(hi)
	h1 := h0 + p.Length
	h2 := h1 + p.Length
	h1 ^= uint32(mixed>>18) & mask
	h2 ^= uint32(mixed) & mask
	want := uint16(mixed ^ mixed>>32)
	if f.Width == 1 {
		return byte(want) == f.byteAt(v, p, h0)^f.byteAt(v, p, h1)^f.byteAt(v, p, h2)
	}
	return want == f.wordAt(v, p, h0)^f.wordAt(v, p, h1)^f.wordAt(v, p, h2)
}

func (f *filter) byteAt(v listfile.View, p *part, i uint32) byte {
	var scratch [1]byte
	return v.At(p.Offset+int64(i), 1, scratch[:])[0]
}

func (f *filter) wordAt(v listfile.View, p *part, i uint32) uint16 {
	var scratch [2]byte
	return binary.LittleEndian.Uint16(v.At(p.Offset+2*int64(i), 2, scratch[:]))
}

// mix is the finaliser of MurmurHash3, by which xorfilter spreads keys.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	return h
}
