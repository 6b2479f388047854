package exact

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/trustline/trustline/rules/listfile"
)

// List is an open list, safe for concurrent use.
type List struct {
	file   *listfile.File
	detail detail
	hash   *hasher
	cells  listfile.View
	pairs  listfile.View
	kinds  [256]bool // by code
}

// Open opens a list: mapped, not loaded. Lists older than the serial least are
// refused. Errors are those of listfile.
func Open(ctx context.Context, path string, keys listfile.Ring, least uint64) (*List, error) {
	f, err := listfile.Open(ctx, path, FileKind, keys, least)
	if err != nil {
		return nil, err
	}
	l, err := newList(f, keys.Find(f.Key))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open list: %w", err), f.Close())
	}
	return l, nil
}

func newList(f *listfile.File, key *listfile.Key) (*List, error) {
	l := &List{file: f, cells: f.Section("cells"), pairs: f.Section("pairs")}
	if err := json.Unmarshal(f.Detail, &l.detail); err != nil {
		return nil, listfile.ErrNotAList
	}
	columns, err := checkColumns(l.detail.Columns)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(l.detail.Cells.check(l.cells.Size()), l.detail.Pairs.check(l.pairs.Size())); err != nil {
		return nil, err
	}
	if l.hash, err = newHasher(key, columns); err != nil {
		return nil, err
	}
	for _, c := range columns {
		l.kinds[c.Kind.code()] = true
	}
	return l, nil
}

// Info says what a list is.
type Info struct {
	Name    string    `json:"name"`
	Serial  uint64    `json:"serial"`
	Created time.Time `json:"created"`
	Key     string    `json:"key"`
	Columns []Column  `json:"columns"`
	Rows    int64     `json:"rows"`
	Cells   int64     `json:"cells"`
	Pairs   int64     `json:"pairs"`
}

// Info says what the list is.
func (l *List) Info() Info {
	h := &l.file.Header
	return Info{
		Name: h.Name, Serial: h.Serial, Created: h.Created, Key: h.Key, Columns: slices.Clone(l.detail.Columns),
		Rows: l.detail.Rows, Cells: l.detail.Cells.Keys, Pairs: l.detail.Pairs.Keys,
	}
}

// Name is what policies call the list.
func (l *List) Name() string { return l.file.Name }

// Close ends the use of the list and of its Matchers.
func (l *List) Close() error { return l.file.Close() }

// hasCell tells whether some row holds the cell, with one error in 256.
func (l *List) hasCell(f field) bool { return l.detail.Cells.has(l.cells, f.hash) }

// hasPair tells whether one row holds both, with one error in 65,536.
func (l *List) hasPair(primary, other field) bool {
	return l.detail.Pairs.has(l.pairs, l.hash.pairOf(primary, other))
}

// hasPrimary tells whether a primary cell is on the list: in either filter, so
// that chance lets one in 16.7 million through.
func (l *List) hasPrimary(f field) bool { return l.hasCell(f) && l.hasPair(f, f) }
