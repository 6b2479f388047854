package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/exact"
)

// buildOptions are what the flags of list build say.
type buildOptions struct {
	newList
	columns, primary     []string
	in, dsn, query, temp string
}

func newListBuild(t *terminal) *cobra.Command {
	var o buildOptions
	cmd := &cobra.Command{
		Use: "build", Short: t.Text("list.build.short"), Long: t.Text("list.build.long"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return t.buildList(cmd, o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.columns, "columns", nil, t.Text("list.build.flag.columns"))
	f.StringSliceVar(&o.primary, "primary", nil, t.Text("list.build.flag.primary"))
	f.StringVar(&o.in, "in", "", t.Text("list.build.flag.in"))
	f.StringVar(&o.dsn, "dsn", "", t.Text("list.build.flag.dsn"))
	f.StringVar(&o.query, "query", "", t.Text("list.build.flag.query"))
	f.StringVar(&o.temp, "temp", "", t.Text("list.build.flag.temp"))
	o.flags(t, cmd)
	return cmd
}

// rowSource gives the rows of a customer table one after another.
type rowSource interface {
	// Headings are the names of the columns, nil when they have none.
	Headings() []string
	// Next answers a row, valid until the next; io.EOF after the last.
	Next() ([]string, error)
	Close() error
}

func (t *terminal) buildList(cmd *cobra.Command, o buildOptions) error {
	key, err := o.check(t)
	if err != nil {
		return err
	}
	picked, err := t.readColumns(o.columns, o.primary)
	if err != nil {
		return err
	}
	source, err := t.openRows(cmd.Context(), o, slices.ContainsFunc(picked, func(p pick) bool { return p.at < 0 }))
	if err != nil {
		return err
	}
	columns, err := t.resolve(picked, source.Headings())
	if err != nil {
		return errors.Join(err, source.Close())
	}
	b, err := exact.NewBuilder(key, columns, o.temp)
	if err != nil {
		return errors.Join(err, source.Close())
	}
	built, err := t.fill(cmd, o, b, source, picked)
	if err := errors.Join(err, b.Close(), source.Close()); err != nil {
		return err
	}
	return t.reportBuilt(o, b.Columns(), built)
}

func (t *terminal) fill(cmd *cobra.Command, o buildOptions, b *exact.Builder, source rowSource, picked []pick) (exact.Built, error) {
	cells := make([]string, len(picked))
	if err := eachRow(cmd.Context(), source, func(row []string) error {
		for i, p := range picked {
			if cells[i] = ""; p.at < len(row) {
				cells[i] = row[p.at]
			}
		}
		return b.Add(cells)
	}); err != nil {
		return exact.Built{}, err
	}
	bar := t.bar(t.Text("list.build.filters"), 1, false)
	defer bar.Close()
	return b.Write(cmd.Context(), o.out, o.name, o.serial, time.Now(), func(done, of int) {
		bar.ChangeMax(of)
		_ = bar.Set(done) // only shows
	})
}

// reportBuilt says what came of it.
func (t *terminal) reportBuilt(o buildOptions, columns []exact.Column, built exact.Built) error {
	if o.json {
		return json.NewEncoder(t.out).Encode(struct {
			Name    string         `json:"name"`
			File    string         `json:"file"`
			Serial  uint64         `json:"serial"`
			Columns []exact.Column `json:"columns"`
			exact.Built
		}{o.name, o.out, o.serial, columns, built})
	}
	var primary []string
	for _, c := range columns {
		if c.Primary {
			primary = append(primary, c.Name)
		}
	}
	_, err := fmt.Fprintln(t.out, t.Text("list.build.done", message.Args{
		"File": o.out, "Rows": built.Rows, "Skipped": built.Skipped, "Size": humanize.IBytes(uint64(built.Size)), "Primary": strings.Join(primary, ", "),
	}))
	return err
}

// pick is a column somebody asked for: KIND=COLUMN.
type pick struct {
	exact.Column
	heading string
	at      int // 0-based, -1 until the heading is found
}

func (t *terminal) readColumns(written, primary []string) ([]pick, error) {
	if len(written) == 0 {
		return nil, errors.New(t.Text("list.build.no-columns"))
	}
	var picked []pick
	for _, w := range written {
		kind, heading, ok := strings.Cut(w, "=")
		p := pick{Column: exact.Column{Name: heading, Kind: exact.Kind(kind)}, heading: heading, at: -1}
		if !ok || heading == "" || !slices.Contains(exact.Kinds(), p.Kind) {
			return nil, errors.New(t.Text("list.build.column", message.Args{"Given": w, "Kinds": kinds()}))
		}
		if n, err := strconv.Atoi(heading); err == nil {
			if n < 1 || n > 10_000 {
				return nil, errors.New(t.Text("list.build.column", message.Args{"Given": w, "Kinds": kinds()}))
			}
			p.at = n - 1
		}
		picked = append(picked, p)
	}
	for _, w := range primary {
		i := slices.IndexFunc(picked, func(p pick) bool { return p.heading == w })
		if i < 0 {
			return nil, errors.New(t.Text("list.build.primary", message.Args{"Given": w}))
		}
		picked[i].Primary = true
	}
	return picked, nil
}

func kinds() string {
	var all []string
	for _, k := range exact.Kinds() {
		all = append(all, string(k))
	}
	return strings.Join(all, ", ")
}

// resolve finds the columns asked for by heading.
func (t *terminal) resolve(picked []pick, headings []string) ([]exact.Column, error) {
	var columns []exact.Column
	for i := range picked {
		p := &picked[i]
		for at, h := range headings {
			if p.at < 0 && strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")), p.heading) {
				p.at = at
			}
		}
		if p.at < 0 {
			return nil, errors.New(t.Text("list.build.no-heading", message.Args{"Given": p.heading}))
		}
		columns = append(columns, p.Column)
	}
	return columns, nil
}
