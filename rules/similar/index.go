package similar

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/trustline/trustline/rules/listfile"
)

// Index is an open index, safe for concurrent use.
type Index struct {
	file      *listfile.File
	key       *listfile.Key
	detail    detail
	prints    listfile.View
	documents listfile.View
	bytes     listfile.View
	totals    listfile.View
	sieve     listfile.View
	shift     int // of a fingerprint, for the sieve
}

// Open opens an index: mapped, not loaded. Indexes older than the serial least
// are refused. Errors are those of listfile.
func Open(ctx context.Context, path string, keys listfile.Ring, least uint64) (*Index, error) {
	f, err := listfile.Open(ctx, path, FileKind, keys, least)
	if err != nil {
		return nil, err
	}
	x := &Index{file: f, key: keys.Find(f.Key), prints: f.Section("prints"), documents: f.Section("documents"), bytes: f.Section("bytes"), totals: f.Section("totals"), sieve: f.Section("sieve")}
	if err := x.check(); err != nil {
		return nil, errors.Join(fmt.Errorf("open list: %w", err), f.Close())
	}
	return x, nil
}

func (x *Index) check() error {
	if err := json.Unmarshal(x.file.Detail, &x.detail); err != nil {
		return listfile.ErrNotAList
	}
	d := x.detail
	if d.Documents < 1 || d.Documents > maxDocuments || d.Prints < 1 || d.Prints > maxPrints ||
		x.prints.Size() != 8*int64(d.Prints) || x.documents.Size() != 4*int64(d.Prints) || x.bytes.Size() != 2*int64(d.Prints) || x.totals.Size() != 4*int64(d.Documents) {
		return fmt.Errorf("%w (its sections do not fit together)", listfile.ErrNotAList)
	}
	if n := x.sieve.Size(); n < 8 || n > maxPrints || n&(n-1) != 0 {
		return fmt.Errorf("%w (its sieve has no size)", listfile.ErrNotAList)
	}
	x.shift = 64 - sieveBits(int(x.sieve.Size()))
	return nil
}

// Info says what an index is.
type Info struct {
	Name      string    `json:"name"`
	Serial    uint64    `json:"serial"`
	Created   time.Time `json:"created"`
	Key       string    `json:"key"`
	Documents int       `json:"documents"`
	Prints    int       `json:"prints"`
}

// Info says what the index is.
func (x *Index) Info() Info {
	h := &x.file.Header
	return Info{Name: h.Name, Serial: h.Serial, Created: h.Created, Key: h.Key, Documents: x.detail.Documents, Prints: x.detail.Prints}
}

// Name is what policies call the set.
func (x *Index) Name() string { return x.file.Name }

// Close ends the use of the index and of its Matchers.
func (x *Index) Close() error { return x.file.Close() }

func (x *Index) print(i int) uint64 {
	var b [8]byte
	return binary.LittleEndian.Uint64(x.prints.At(8*int64(i), 8, b[:]))
}

func (x *Index) document(i int) uint32 {
	var b [4]byte
	return binary.LittleEndian.Uint32(x.documents.At(4*int64(i), 4, b[:]))
}

func (x *Index) stands(i int) int {
	var b [2]byte
	return int(binary.LittleEndian.Uint16(x.bytes.At(2*int64(i), 2, b[:])))
}

func (x *Index) total(document uint32) int {
	var b [4]byte
	return int(binary.LittleEndian.Uint32(x.totals.At(4*int64(document), 4, b[:])))
}

// find answers where the entries of a fingerprint begin. Fingerprints are
// spread evenly, so that the search begins close to where it ends.
func (x *Index) find(print uint64) (int, bool) {
	var b [1]byte
	bit := print >> x.shift
	if x.sieve.At(int64(bit/8), 1, b[:])[0]&(1<<(bit%8)) == 0 {
		return 0, false
	}
	n := x.detail.Prints
	hi, _ := bits.Mul64(print, uint64(n))
	guess, near := int(hi), 2*int(math.Sqrt(float64(n)))+1
	low, high := 0, n // print(low-1) < print ≤ print(high)
	if l := guess - near; l > 0 && x.print(l) < print {
		low = l + 1
	}
	if h := guess + near; h < n && x.print(h) >= print {
		high = h
	}
	for low < high {
		if middle := int(uint(low+high) / 2); x.print(middle) < print {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < n && x.print(low) == print
}
