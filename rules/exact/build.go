package exact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/trustline/trustline/rules/listfile"
)

// FileKind is what exact lists are called in their header.
const FileKind = "exact"

// Builder makes a list of rows that arrive one after another. It takes memory
// for one part of the filters at a time, and 8 bytes of disk for each cell and
// each pair until it is closed.
type Builder struct {
	key     *listfile.Key
	columns []Column
	hash    *hasher
	dir     string
	cells   *spill
	pairs   *spill
	rows    int64
	skipped int64

	normal, scratch []byte
	row             []field
}

// NewBuilder begins a list. Hashes are kept in a folder made in dir ("" for
// the system's) that Close removes.
func NewBuilder(key *listfile.Key, columns []Column, dir string) (*Builder, error) {
	columns, err := checkColumns(columns)
	if err != nil {
		return nil, err
	}
	b := &Builder{key: key, columns: columns}
	if b.hash, err = newHasher(key, columns); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp(dir, "trustline-list-"); err != nil {
		return nil, fmt.Errorf("keep hashes on disk: %w", err)
	}
	if b.cells, err = newSpill(b.dir, "cells"); err == nil {
		b.pairs, err = newSpill(b.dir, "pairs")
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Columns are those of the list, with what became primary.
func (b *Builder) Columns() []Column { return slices.Clone(b.columns) }

// Add takes a row: one cell for each column, in their order; missing cells are
// empty. A row without a primary cell, or with nothing beside it, is skipped.
func (b *Builder) Add(cells []string) error {
	row := b.row[:0]
	primary := false
	for i, c := range b.columns {
		if i >= len(cells) {
			break
		}
		b.normal = Normalise(c.Kind, append(b.scratch[:0], cells[i]...), b.normal[:0])
		if len(b.normal) == 0 {
			continue
		}
		f := b.hash.field(c.Kind.code(), b.normal, &b.scratch)
		if !slices.Contains(row, f) {
			row = append(row, f)
			primary = primary || b.hash.primary[f.code]
		}
	}
	b.row = row
	if len(row) < 2 || !primary {
		b.skipped++
		return nil
	}
	b.rows++
	return b.spill(row)
}

// spill keeps the cells of a row, and the pairs by which it is found: each
// primary cell with itself, by which one field alone counts, and with all
// others.
func (b *Builder) spill(row []field) error {
	for i, f := range row {
		if err := b.cells.add(f.hash); err != nil {
			return err
		}
		if !b.hash.primary[f.code] {
			continue
		}
		if err := b.pairs.add(b.hash.pairOf(f, f)); err != nil {
			return err
		}
		for j, g := range row {
			if j == i || b.hash.primary[g.code] && j < i {
				continue
			}
			if err := b.pairs.add(b.hash.pairOf(f, g)); err != nil {
				return err
			}
		}
	}
	return nil
}

// detail is what the header says of an exact list.
type detail struct {
	Columns []Column `json:"columns"`
	Rows    int64    `json:"rows"`
	Cells   filter   `json:"cells"`
	Pairs   filter   `json:"pairs"`
}

// Built says what came of it.
type Built struct {
	Rows    int64 `json:"rows"`
	Skipped int64 `json:"skipped"` // rows that say too little to find anybody by
	Cells   int64 `json:"cells"`   // distinct
	Pairs   int64 `json:"pairs"`
	Size    int64 `json:"size"` // bytes
}

// Write builds the filters and writes the list to path. progress, when not
// nil, is told how many of how many steps are done.
func (b *Builder) Write(ctx context.Context, path, name string, serial uint64, at time.Time, progress func(done, of int)) (Built, error) {
	built := Built{Rows: b.rows, Skipped: b.skipped}
	if b.rows == 0 {
		return built, errors.New("no row holds two cells to find somebody by: check the columns and their kinds")
	}
	w, err := listfile.Create(path, b.key, listfile.Header{Kind: FileKind, Name: name, Serial: serial, Created: at})
	if err != nil {
		return built, err
	}
	defer w.Abort()
	steps, of := 0, b.cells.parts()+b.pairs.parts()
	step := func() {
		if steps++; progress != nil {
			progress(steps, of)
		}
	}
	d := detail{Columns: b.columns, Rows: b.rows}
	w.Section("cells")
	if d.Cells, err = b.cells.build(1, w, step); err != nil {
		return built, err
	}
	if err := ctx.Err(); err != nil {
		return built, err
	}
	w.Section("pairs")
	if d.Pairs, err = b.pairs.build(2, w, step); err != nil {
		return built, err
	}
	if err := ctx.Err(); err != nil {
		return built, err
	}
	built.Cells, built.Pairs = d.Cells.Keys, d.Pairs.Keys
	built.Size, err = w.Commit(d)
	return built, err
}

// Close removes what was kept on disk.
func (b *Builder) Close() error {
	var errs []error
	for _, s := range []*spill{b.cells, b.pairs} {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(b.dir))...)
}
