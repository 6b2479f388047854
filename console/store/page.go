package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	// MaxPage bounds one page of incidents.
	MaxPage = 500
	// Slice is how many incidents one search reads at most: a page takes
	// equally long however many incidents there are and however few match.
	Slice = 20_000
)

// Filter selects incidents; empty fields select all.
type Filter struct {
	Channel, Action, Severity, Person, Rule, Outcome, Kind, State string
	Machine                                                       string // id or name
	Since, Until                                                  time.Time
	Text                                                          string // anywhere in names
}

// Page is some incidents, newest first.
type Page struct {
	Incidents []Item
	Next      string // cursor of the next page, "" on the last
	// Back is set when the search stopped before the page was full: it has
	// looked back to this time, and Next goes on from there.
	Back time.Time
}

// ErrCursor: the cursor is not one that was given out.
var ErrCursor = errors.New("the cursor is not valid")

// Incidents answers a page. The cursor is that of the page before, "" for the
// first; incidents that arrive meanwhile do not shift later pages. A page may
// hold fewer than limit, even none, and still have a next one.
func (s *Store) Incidents(ctx context.Context, f Filter, limit int, cursor string) (Page, error) {
	limit = min(max(limit, 1), MaxPage)
	from, err := parseCursor(cursor)
	if err != nil {
		return Page{}, err
	}
	first, rest := f.conditions(from)
	page, err := s.page(ctx, first, rest, limit)
	if err != nil || page.Next != "" || len(rest.where) == 0 {
		return page, err
	}
	end, err := s.sliceEnd(ctx, first)
	if err != nil {
		return Page{}, err
	}
	if end != (position{}) {
		page.Next, page.Back = end.cursor(), fromMicros(end.time)
	}
	return page, nil
}

// page reads the newest slice that first selects, and of it what rest selects.
func (s *Store) page(ctx context.Context, first, rest conditions, limit int) (Page, error) {
	slice := limit + 1
	if len(rest.where) > 0 {
		slice = Slice
	}
	query := `SELECT i.time, i.id, i.state, i.assignee, r.record FROM (
			SELECT time, id, state, assignee FROM (
				SELECT ` + rest.columns() + ` FROM incidents` + first.sql() + ` ORDER BY time DESC, id DESC LIMIT ?) AS newest` +
		rest.sql() + ` ORDER BY time DESC, id DESC LIMIT ?) AS i
		JOIN records r ON r.id = i.id ORDER BY i.time DESC, i.id DESC`
	args := append(append(append([]any{}, first.args...), slice), rest.args...)
	rows, err := s.read.QueryContext(ctx, query, append(args, limit+1)...)
	if err != nil {
		return Page{}, fmt.Errorf("list incidents: %w", err)
	}
	defer rows.Close()
	p, last := Page{Incidents: []Item{}}, position{}
	for rows.Next() {
		if len(p.Incidents) == limit {
			p.Next = last.cursor()
			break
		}
		var record string
		var i Item
		if err := rows.Scan(&last.time, &last.id, &i.Review.State, &i.Review.Assignee, &record); err != nil {
			return Page{}, fmt.Errorf("list incidents: %w", err)
		}
		if err := json.Unmarshal([]byte(record), &i.Incident); err != nil {
			return Page{}, fmt.Errorf("read incident %s: %w", last.id, err)
		}
		p.Incidents = append(p.Incidents, i)
	}
	if err := rows.Err(); err != nil {
		return Page{}, fmt.Errorf("list incidents: %w", err)
	}
	return p, nil
}

// sliceEnd answers the last position of a full slice, none when all there is
// fits into it.
func (s *Store) sliceEnd(ctx context.Context, first conditions) (position, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT time, id FROM incidents"+first.sql()+" ORDER BY time DESC, id DESC LIMIT 1 OFFSET ?",
		append(append([]any{}, first.args...), Slice-1)...)
	if err != nil {
		return position{}, fmt.Errorf("list incidents: %w", err)
	}
	defer rows.Close()
	var p position
	if rows.Next() {
		if err := rows.Scan(&p.time, &p.id); err != nil {
			return position{}, fmt.Errorf("list incidents: %w", err)
		}
	}
	return p, rows.Err()
}

// conditions is part of a query's WHERE.
type conditions struct {
	where []string
	args  []any
}

func (c *conditions) add(where string, args ...any) {
	c.where, c.args = append(c.where, where), append(c.args, args...)
}

func (c conditions) sql() string {
	if len(c.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.where, " AND ")
}

// columns lists what the conditions look at beside what every page needs.
func (c conditions) columns() string {
	list := []string{"time", "id", "state", "assignee"}
	for _, w := range c.where {
		if column, _, _ := strings.Cut(w, " "); !slices.Contains(list, column) {
			list = append(list, column)
		}
	}
	return strings.Join(list, ", ")
}

// conditions splits a filter in two: what one index answers, and what has to
// be looked at row by row.
func (f Filter) conditions(from position) (first, rest conditions) {
	byID, byName := f.Machine, ""
	if uuid.Validate(f.Machine) != nil {
		byID, byName = "", f.Machine
	}
	// Those that usually select least come first.
	for _, c := range []struct {
		column, value string
		indexed       bool
	}{
		{"person", f.Person, true}, {"machine", byID, true}, {"rule", f.Rule, true}, {"severity", f.Severity, true}, {"state", f.State, f.State != StateNew},
		{"machine_name", byName, false}, {"channel", f.Channel, false}, {"action", f.Action, false}, {"outcome", f.Outcome, false}, {"kind", f.Kind, false},
	} {
		switch {
		case c.value == "":
		case c.indexed && len(first.where) == 0:
			first.add(c.column+" = ?", c.value)
			if c.column == "state" {
				first.add("state <> 'new'") // in the words of its index, which has no others
			}
		default:
			rest.add(c.column+" = ?", c.value)
		}
	}
	if f.Text != "" {
		rest.add(`text LIKE ? ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(f.Text))+"%")
	}
	if !f.Since.IsZero() {
		first.add("time >= ?", f.Since.UnixMicro())
	}
	if !f.Until.IsZero() {
		first.add("time < ?", f.Until.UnixMicro())
	}
	if from != (position{}) {
		first.add("(time, id) < (?, ?)", from.time, from.id)
	}
	return first, rest
}

// position is a place in the list of incidents.
type position struct {
	time int64 // microseconds since 1970
	id   string
}

func (p position) cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.time, 10) + " " + p.id))
}

func parseCursor(c string) (position, error) {
	if c == "" {
		return position{}, nil
	}
	if len(c) > 100 {
		return position{}, ErrCursor
	}
	raw, err := base64.RawURLEncoding.DecodeString(c)
	if err != nil {
		return position{}, ErrCursor
	}
	first, id, _ := strings.Cut(string(raw), " ")
	at, err := strconv.ParseInt(first, 10, 64)
	if err != nil || uuid.Validate(id) != nil {
		return position{}, ErrCursor
	}
	return position{at, id}, nil
}
