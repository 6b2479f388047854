package exact

import (
	"encoding/binary"

	"github.com/dchest/siphash"

	"github.com/trustline/trustline/rules/listfile"
)

// hasher keys the hashes of one list: SipHash-2-4 under keys of its own for
// cells and for pairs.
type hasher struct {
	cell, pair [2]uint64
	primary    [256]bool // by code of the kind
}

func newHasher(key *listfile.Key, columns []Column) (*hasher, error) {
	b, err := key.Derive("exact", 32)
	if err != nil {
		return nil, err
	}
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	h := &hasher{cell: [2]uint64{u(0), u(1)}, pair: [2]uint64{u(2), u(3)}}
	for _, c := range columns {
		h.primary[c.Kind.code()] = h.primary[c.Kind.code()] || c.Primary
	}
	return h, nil
}

// field is a cell by its kind and hash.
type field struct {
	code byte
	hash uint64
}

// field answers a normalised cell; scratch is used.
func (h *hasher) field(code byte, normal []byte, scratch *[]byte) field {
	*scratch = append(append((*scratch)[:0], code), normal...)
	return field{code, siphash.Hash(h.cell[0], h.cell[1], *scratch)}
}

// pairOf answers the hash of two cells of one row, the same whichever comes
// first where both are primary.
func (h *hasher) pairOf(primary, other field) uint64 {
	if h.primary[other.code] && other.before(primary) {
		primary, other = other, primary
	}
	var b [18]byte
	b[0], b[9] = primary.code, other.code
	binary.LittleEndian.PutUint64(b[1:], primary.hash)
	binary.LittleEndian.PutUint64(b[10:], other.hash)
	return siphash.Hash(h.pair[0], h.pair[1], b[:])
}

func (f field) before(g field) bool {
	return f.code < g.code || f.code == g.code && f.hash < g.hash
}
