package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// MaxPage bounds one page of incidents.
const MaxPage = 500

// AddIncidents keeps a batch in one transaction. What is already there is left
// as it is. When it returns nil the batch is on disk; it answers how many
// incidents are new.
func (s *Store) AddIncidents(ctx context.Context, batch []incident.Incident, received time.Time) (added int, err error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("store incidents: %w", err)
	}
	defer tx.Rollback()
	insert, err := tx.PrepareContext(ctx, `INSERT INTO incidents
		(id, time, received, kind, severity, machine, machine_name, person, channel, action, outcome, rule, people, text, record)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`)
	if err != nil {
		return 0, fmt.Errorf("store incidents: %w", err)
	}
	defer insert.Close()
	for i := range batch {
		in := &batch[i]
		record, err := json.Marshal(in)
		if err != nil {
			return 0, fmt.Errorf("store incidents: %w", err)
		}
		res, err := insert.ExecContext(ctx, in.ID, micros(in.Time), micros(received), in.Kind, in.Severity,
			in.Machine.ID, in.Machine.Name, in.Person.User, in.Channel, in.Decision.Action, in.Decision.Outcome,
			in.Decision.Rule, in.Content.People, searchText(in), string(record))
		if err != nil {
			return 0, fmt.Errorf("store incidents: %w", err)
		}
		if n, err := res.RowsAffected(); err == nil {
			added += int(n)
		}
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("store incidents: %w", err)
	}
	return added, nil
}

func searchText(i *incident.Incident) string {
	return strings.ToLower(strings.Join([]string{
		i.File.Name, i.File.Source, i.Person.User, i.Machine.Name, i.Program.Path, i.Destination.Path,
		i.Destination.Vendor, i.Destination.Model, i.Destination.Serial, i.Destination.Label, i.Decision.Rule, i.Code,
	}, "\n"))
}

// Filter selects incidents; empty fields select all.
type Filter struct {
	Channel, Action, Severity, Person, Machine, Rule, Outcome, Kind string
	Since, Until                                                    time.Time
	Text                                                            string // anywhere in names
}

// Page is some incidents, newest first.
type Page struct {
	Incidents []incident.Incident
	Next      string // cursor of the next page, "" on the last
}

// ErrCursor: the cursor is not one that was given out.
var ErrCursor = errors.New("the cursor is not valid")

// Incidents answers a page. The cursor is that of the page before, "" for the
// first; incidents that arrive meanwhile do not shift later pages.
func (s *Store) Incidents(ctx context.Context, f Filter, limit int, cursor string) (Page, error) {
	limit = min(max(limit, 1), MaxPage)
	where, args := f.where()
	if cursor != "" {
		at, id, err := parseCursor(cursor)
		if err != nil {
			return Page{}, err
		}
		where = append(where, "(time, id) < (?, ?)")
		args = append(args, at, id)
	}
	query := "SELECT time, id, record FROM incidents"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY time DESC, id DESC LIMIT ?"
	rows, err := s.read.QueryContext(ctx, query, append(args, limit+1)...)
	if err != nil {
		return Page{}, fmt.Errorf("list incidents: %w", err)
	}
	defer rows.Close()
	page := Page{Incidents: []incident.Incident{}}
	var lastTime int64
	var lastID string
	for rows.Next() {
		if len(page.Incidents) == limit {
			page.Next = formatCursor(lastTime, lastID)
			break
		}
		var record string
		if err := rows.Scan(&lastTime, &lastID, &record); err != nil {
			return Page{}, fmt.Errorf("list incidents: %w", err)
		}
		var i incident.Incident
		if err := json.Unmarshal([]byte(record), &i); err != nil {
			return Page{}, fmt.Errorf("read incident %s: %w", lastID, err)
		}
		page.Incidents = append(page.Incidents, i)
	}
	return page, rows.Err()
}

func (f Filter) where() (where []string, args []any) {
	for _, c := range []struct{ column, value string }{
		{"channel", f.Channel}, {"action", f.Action}, {"severity", f.Severity}, {"person", f.Person},
		{"machine", f.Machine}, {"rule", f.Rule}, {"outcome", f.Outcome}, {"kind", f.Kind},
	} {
		if c.value != "" {
			where = append(where, c.column+" = ?")
			args = append(args, c.value)
		}
	}
	if !f.Since.IsZero() {
		where = append(where, "time >= ?")
		args = append(args, micros(f.Since))
	}
	if !f.Until.IsZero() {
		where = append(where, "time < ?")
		args = append(args, micros(f.Until))
	}
	if f.Text != "" {
		where = append(where, `text LIKE ? ESCAPE '\'`)
		args = append(args, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(f.Text))+"%")
	}
	return where, args
}

func formatCursor(at int64, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at, 10) + " " + id))
}

func parseCursor(c string) (at int64, id string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(c)
	if err != nil || len(raw) > 100 {
		return 0, "", ErrCursor
	}
	first, id, ok := strings.Cut(string(raw), " ")
	at, err = strconv.ParseInt(first, 10, 64)
	if !ok || err != nil {
		return 0, "", ErrCursor
	}
	return at, id, nil
}

// Incident answers one; ErrNotFound where there is none of this id.
func (s *Store) Incident(ctx context.Context, id string) (incident.Incident, error) {
	var record string
	var i incident.Incident
	err := s.read.QueryRowContext(ctx, "SELECT record FROM incidents WHERE id = ?", id).Scan(&record)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return i, ErrNotFound
	case err != nil:
		return i, fmt.Errorf("read an incident: %w", err)
	}
	if err := json.Unmarshal([]byte(record), &i); err != nil {
		return i, fmt.Errorf("read incident %s: %w", id, err)
	}
	return i, nil
}

// Machine is one workstation of the fleet.
type Machine struct {
	Heartbeat incident.Heartbeat
	Seen      time.Time // when it was last heard of, by the console's clock
}

// Beat keeps a machine's heartbeat.
func (s *Store) Beat(ctx context.Context, h incident.Heartbeat, seen time.Time) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("store a heartbeat: %w", err)
	}
	_, err = s.write.ExecContext(ctx, `INSERT INTO machines (id, name, seen, heartbeat) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, seen = excluded.seen, heartbeat = excluded.heartbeat`,
		h.Machine.ID, h.Machine.Name, micros(seen), string(raw))
	if err != nil {
		return fmt.Errorf("store a heartbeat: %w", err)
	}
	return nil
}

// Fleet answers every machine, those silent longest first.
func (s *Store) Fleet(ctx context.Context) ([]Machine, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT seen, heartbeat FROM machines ORDER BY seen, name")
	if err != nil {
		return nil, fmt.Errorf("list machines: %w", err)
	}
	defer rows.Close()
	fleet := []Machine{}
	for rows.Next() {
		var seen int64
		var raw string
		if err := rows.Scan(&seen, &raw); err != nil {
			return nil, fmt.Errorf("list machines: %w", err)
		}
		m := Machine{Seen: fromMicros(seen)}
		if err := json.Unmarshal([]byte(raw), &m.Heartbeat); err != nil {
			return nil, fmt.Errorf("read a heartbeat: %w", err)
		}
		fleet = append(fleet, m)
	}
	return fleet, rows.Err()
}
