package similar

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/trustline/trustline/rules/listfile"
)

// FileKind is what indexes are called in their header.
const FileKind = "similar"

const (
	fewest       = 8       // fingerprints of a document worth protecting
	maxDocuments = 1 << 20 // in one index
	maxPrints    = 1 << 26 // in one index
)

// ErrShort says that a document is too short to be told from others.
var ErrShort = errors.New("less than about 300 letters or 100 Chinese characters: too short to be recognised")

// Builder makes an index of documents given one after another. It holds 16
// bytes of memory for each fingerprint, about half a byte for each of text.
type Builder struct {
	key     *listfile.Key
	winnow  *winnower
	current []stretch
	at      int64 // where the last of them ended
	totals  []total
	posts   []post
	except  map[uint64]struct{}
}

// stretch is a fingerprint and how much of the document it stands for: the
// normalised bytes since the one before.
type stretch struct {
	print uint64
	bytes uint16
}

type post struct {
	stretch
	document uint32
}

// total is the size of a document, in normalised bytes.
type total uint32

// NewBuilder begins an index.
func NewBuilder(key *listfile.Key) (*Builder, error) {
	b := &Builder{key: key, except: map[uint64]struct{}{}}
	var err error
	b.winnow, err = newWinnower(key, func(print uint64, end int64) {
		b.current = append(b.current, stretch{print, uint16(min(end-b.at, math.MaxUint16))})
		b.at = end
	})
	return b, err
}

// Begin starts another part of the document, such as a page.
func (b *Builder) Begin() {
	b.winnow.begin()
	b.at = 0
}

// Write takes text of a document in UTF-8, cut anywhere.
func (b *Builder) Write(text []byte) { b.winnow.write(text) }

// Discard forgets the document that was being written.
func (b *Builder) Discard() {
	b.Begin()
	b.current = b.current[:0]
}

// Except ends a document that anybody may have: what it has in common with
// others, such as the clauses of a template, protects them no more.
func (b *Builder) Except() {
	for _, p := range b.current {
		b.except[p.print] = struct{}{}
	}
	b.Discard()
}

// Add ends a protected document and answers its number, from 1, and how many
// fingerprints it has. All documents to except come first.
func (b *Builder) Add() (number, prints int, err error) {
	defer b.Discard()
	own := slices.DeleteFunc(merge(b.current), func(p stretch) bool {
		_, drop := b.except[p.print]
		return drop
	})
	switch {
	case len(own) < fewest:
		return 0, len(own), ErrShort
	case len(b.totals) == maxDocuments || len(b.posts)+len(own) > maxPrints:
		return 0, len(own), errors.New("too many documents for one set: make several")
	}
	var size total
	for _, p := range own {
		b.posts = append(b.posts, post{p, uint32(len(b.totals))})
		size += total(p.bytes)
	}
	b.totals = append(b.totals, size)
	return len(b.totals), len(own), nil
}

// merge joins equal fingerprints.
func merge(all []stretch) []stretch {
	slices.SortFunc(all, func(x, y stretch) int { return cmp.Compare(x.print, y.print) })
	merged := all[:0]
	for _, p := range all {
		if n := len(merged); n > 0 && merged[n-1].print == p.print {
			merged[n-1].bytes = uint16(min(int(merged[n-1].bytes)+int(p.bytes), math.MaxUint16))
			continue
		}
		merged = append(merged, p)
	}
	return merged
}

// detail is what the header says of an index.
type detail struct {
	Documents int `json:"documents"`
	Prints    int `json:"prints"`
}

// newSieve answers a bit for each value that the first bits of some
// fingerprint have: it tells most others off at once. There are 8 to 16 bits
// for each fingerprint.
func newSieve(posts []post) []byte {
	s := make([]byte, 1<<bits.Len(uint(max(len(posts), 8)-1)))
	for _, p := range posts {
		bit := p.print >> (64 - sieveBits(len(s)))
		s[bit/8] |= 1 << (bit % 8)
	}
	return s
}

// sieveBits answers how many bits of a fingerprint count for a sieve of so
// many bytes, a power of two.
func sieveBits(size int) int { return bits.TrailingZeros(uint(size)) + 3 }

// Save writes the index and answers its size in bytes.
func (b *Builder) Save(ctx context.Context, path, name string, serial uint64, at time.Time) (int64, error) {
	if len(b.totals) == 0 {
		return 0, errors.New("no document is long enough to be protected")
	}
	slices.SortFunc(b.posts, func(x, y post) int {
		return cmp.Or(cmp.Compare(x.print, y.print), cmp.Compare(x.document, y.document))
	})
	file, err := listfile.Create(path, b.key, listfile.Header{Kind: FileKind, Name: name, Serial: serial, Created: at})
	if err != nil {
		return 0, err
	}
	defer file.Abort()
	section := func(name string, size int, value func(i int) uint64, n int) error {
		file.Section(name)
		w := bufio.NewWriterSize(file, 64<<10)
		var raw [8]byte
		for i := range n {
			binary.LittleEndian.PutUint64(raw[:], value(i))
			if _, err := w.Write(raw[:size]); err != nil {
				return err
			}
		}
		return errors.Join(w.Flush(), ctx.Err())
	}
	err = errors.Join(
		section("prints", 8, func(i int) uint64 { return b.posts[i].print }, len(b.posts)),
		section("documents", 4, func(i int) uint64 { return uint64(b.posts[i].document) }, len(b.posts)),
		section("bytes", 2, func(i int) uint64 { return uint64(b.posts[i].bytes) }, len(b.posts)),
		section("totals", 4, func(i int) uint64 { return uint64(b.totals[i]) }, len(b.totals)))
	if err != nil {
		return 0, err
	}
	file.Section("sieve")
	if _, err := file.Write(newSieve(b.posts)); err != nil {
		return 0, err
	}
	return file.Commit(detail{Documents: len(b.totals), Prints: len(b.posts)})
}
