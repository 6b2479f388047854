package rules

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
)

// Column is a column of a table and what mostly stands in it.
type Column struct {
	Place   string // the sheet or member, masked
	Heading string // masked; "" where there is none
	Letter  string // "C", as spreadsheet programs count
	Kind    detect.Class
	Values  int // of this kind, of those that were looked at
}

const (
	columnSample = 200 // values of a column that are looked at
	columnsMost  = 64  // of one table
	tablesMost   = 100
	longestLine  = 16 << 10
	longestCell  = 256
)

// Columns answers the columns of the tables in a file, with what mostly stands
// in them: of spreadsheets, and of text whose lines are parted by commas, tabs,
// semicolons or bars. It reads the file anew.
func (e *Engine) Columns(ctx context.Context, r io.ReaderAt, size int64) ([]Column, error) {
	x, limits := e.isolated, e.extraction()
	if extract.Simple(r, size, limits) {
		x = extract.Extract
	}
	var t tables
	if _, err := x(ctx, r, size, limits, &t); err != nil {
		return nil, fmt.Errorf("look at columns: %w", withoutPath(err))
	}
	t.Begin("")
	s := detect.NewScanner(e.pack, detect.Limits{Findings: 1})
	var all []Column
	for i := range t.ended {
		all = append(all, t.ended[i].columns(s)...)
	}
	return all, nil
}

// tables takes the first rows of every table out of a file.
type tables struct {
	now   grid
	ended []grid
	line  []byte
	long  bool // the line is too long for a row
}

// grid is one table.
type grid struct {
	place     string
	delimiter byte // of text, 0 before the first row
	headed    bool // the first row was looked at for headings
	headings  []string
	values    [][]string // by column
}

// Begin implements extract.Sink.
func (t *tables) Begin(place string) {
	t.endLine()
	if len(t.now.values) > 0 && len(t.ended) < tablesMost {
		t.ended = append(t.ended, t.now)
	}
	t.now = grid{place: place}
}

// Row implements extract.Sink.
func (t *tables) Row(_ int, cells []extract.Cell) {
	row := make([]string, 0, len(cells))
	for _, c := range cells {
		if c.Column >= columnsMost {
			break
		}
		for len(row) < c.Column {
			row = append(row, "")
		}
		row = append(row, cellText(c.Text))
	}
	t.now.row(row)
}

func cellText(p []byte) string {
	if len(p) > longestCell {
		p = p[:longestCell]
	}
	return strings.ToValidUTF8(string(bytes.TrimSpace(p)), "")
}

// Write implements extract.Sink.
func (t *tables) Write(text []byte) {
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n')
		part := text
		if end >= 0 {
			part = text[:end]
		}
		if t.long = t.long || len(t.line)+len(part) > longestLine; !t.long {
			t.line = append(t.line, part...)
		}
		if end < 0 {
			return
		}
		t.endLine()
		text = text[end+1:]
	}
}

func (t *tables) endLine() {
	if line := bytes.TrimRight(t.line, "\r"); len(line) > 0 && !t.long {
		t.now.text(line)
	}
	t.line, t.long = t.line[:0], false
}

// text takes a line as a row if a delimiter parts it as it did the first.
func (g *grid) text(line []byte) {
	if g.delimiter == 0 {
		for _, d := range []byte{'\t', ',', ';', '|'} {
			if bytes.IndexByte(line, d) >= 0 {
				g.delimiter = d
				break
			}
		}
		if g.delimiter == 0 {
			return
		}
	}
	row := cut(line, g.delimiter)
	if g.headed && len(row) < 2 {
		return
	}
	g.row(row)
}

// cut parts a line at a delimiter that does not stand in quotes.
func cut(line []byte, delimiter byte) (row []string) {
	quoted, start := false, 0
	for i := 0; i <= len(line) && len(row) < columnsMost; i++ {
		switch {
		case i < len(line) && line[i] == '"':
			quoted = !quoted
		case i == len(line) || line[i] == delimiter && !quoted:
			row = append(row, strings.Trim(cellText(line[start:i]), `"`))
			start = i + 1
		}
	}
	return row
}

func (g *grid) row(row []string) {
	if filled := len(row) - count(row, ""); !g.headed && filled >= 2 {
		g.headed = true
		if !slices.ContainsFunc(row, func(c string) bool { return !mayBeHeading(c) }) {
			g.headings = slices.Clone(row)
			return
		}
	}
	for i, v := range row {
		for len(g.values) <= i {
			g.values = append(g.values, nil)
		}
		if v != "" && len(g.values[i]) < columnSample {
			g.values[i] = append(g.values[i], v)
		}
	}
}

func count(list []string, what string) (n int) {
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

func mayBeHeading(cell string) bool {
	digits := 0
	for _, r := range cell {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '@':
			return false
		}
	}
	return digits <= 4 && utf8.RuneCountInString(cell) <= 60
}

// columns looks at each column as a table of its own.
func (g *grid) columns(s *detect.Scanner) (found []Column) {
	for i, values := range g.values {
		heading := ""
		if i < len(g.headings) {
			heading = g.headings[i]
		}
		s.Reset()
		s.Begin("")
		if heading != "" {
			s.Row(1, []detect.Cell{{Text: []byte(heading)}})
		}
		for n, v := range values {
			s.Row(n+2, []detect.Cell{{Text: []byte(v)}})
		}
		kind, most := detect.Class(""), 0
		for _, c := range s.Close().Classes {
			if c.Count > most {
				kind, most = c.Class, c.Count
			}
		}
		// A column is of a kind when half of it is; three are no accident.
		if most >= 3 && 2*most >= len(values) {
			found = append(found, Column{Place: harmless(s, g.place), Heading: harmless(s, heading), Letter: detect.ColumnLetter(i), Kind: kind, Values: most})
		}
	}
	return found
}

// harmless masks what a text holds of customer data.
func harmless(s *detect.Scanner, text string) string {
	s.Reset()
	s.Begin("")
	_, _ = s.Write([]byte(text)) // never fails
	return masked(text, s.Close().Findings)
}
