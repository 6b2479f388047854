package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// AddIncidents keeps a batch. What is already there is left as it is. When it
// returns nil the whole batch is on disk; otherwise none of it is. It answers
// how many incidents are new.
//
// Batches that arrive while another is being written are written together
// afterwards, in one transaction: the disk is waited for once for all of them.
func (s *Store) AddIncidents(ctx context.Context, batch []incident.Incident, received time.Time) (added int, err error) {
	p := &pending{rows: make([]row, len(batch))}
	for n := range batch {
		if p.rows[n], err = newRow(&batch[n], received); err != nil {
			return 0, err
		}
	}
	if len(batch) == 0 {
		return 0, nil
	}
	s.queue.add(p)
	// Others' batches are among what is committed here: one who hangs up must
	// not take them along.
	ctx = context.WithoutCancel(ctx)
	s.committing.Lock()
	defer s.committing.Unlock()
	for !p.done {
		s.commit(ctx, s.queue.take())
	}
	return p.added, p.err
}

// pending is a batch on its way to the disk. What is written into it is
// guarded by Store.committing.
type pending struct {
	rows  []row
	done  bool
	added int
	err   error
}

// together bounds how many incidents one transaction takes, unless one batch
// alone has more.
const together = 5000

// queue holds the batches that wait for the one being written.
type queue struct {
	mu      sync.Mutex
	waiting []*pending
}

func (q *queue) add(p *pending) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, p)
}

func (q *queue) take() []*pending {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, 0
	for n < len(q.waiting) && (n == 0 || size+len(q.waiting[n].rows) <= together) {
		size += len(q.waiting[n].rows)
		n++
	}
	taken := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return taken
}

// commit writes batches in one transaction. Should that fail, each gets a
// transaction of its own, so that a batch answers only for itself.
func (s *Store) commit(ctx context.Context, all []*pending) {
	err := s.insert(ctx, all)
	if err != nil && len(all) > 1 {
		for _, p := range all {
			s.commit(ctx, []*pending{p})
		}
		return
	}
	for _, p := range all {
		p.done, p.err = true, err
	}
}

func (s *Store) insert(ctx context.Context, all []*pending) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store incidents: %w", err)
	}
	defer tx.Rollback()
	narrow, wide := tx.StmtContext(ctx, s.insertIncident), tx.StmtContext(ctx, s.insertRecord)
	for _, p := range all {
		p.added = 0
		for _, r := range p.rows {
			res, err := narrow.ExecContext(ctx, r.narrow[:]...)
			if err != nil {
				return fmt.Errorf("store incidents: %w", err)
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				continue
			}
			if _, err := wide.ExecContext(ctx, r.id, r.record); err != nil {
				return fmt.Errorf("store incidents: %w", err)
			}
			if r.request != nil {
				if err := insertRequest(ctx, tx, r.request, r.machine.Name, r.received); err != nil {
					return err
				}
			}
			if r.result != nil {
				if err := takeResult(ctx, tx, r.result, r.machine, r.code, r.received); err != nil {
					return err
				}
			}
			p.added++
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store incidents: %w", err)
	}
	return nil
}

const (
	insertIncident = `INSERT INTO incidents
		(id, time, received, kind, severity, machine, machine_name, person, channel, action, outcome, rule, text, about)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	insertRecord = "INSERT INTO records (id, record) VALUES (?, ?)"
)

// row is one incident as the tables hold it.
type row struct {
	id     string
	narrow [14]any
	record string

	request  *grant.Request // that it carries
	result   *task.Result   // that it carries
	code     string
	machine  incident.Machine
	received int64
}

func newRow(i *incident.Incident, received time.Time) (row, error) {
	record, err := json.Marshal(i)
	if err != nil {
		return row{}, fmt.Errorf("store incidents: %w", err)
	}
	// A machine whose clock runs ahead must not hold the top of the list.
	at := i.Time
	if at.After(received) {
		at = received
	}
	return row{id: i.ID, record: string(record), request: asked(i), result: resulting(i), code: i.Code, machine: i.Machine, received: received.UnixMicro(), narrow: [14]any{
		i.ID, at.UnixMicro(), received.UnixMicro(), string(i.Kind), string(i.Severity), i.Machine.ID, i.Machine.Name,
		i.Person.User, i.Channel, i.Decision.Action, string(i.Decision.Outcome), i.Decision.Rule, searchText(i), subject(i),
	}}, nil
}

// HouseWord is searched for to find files that are kept too long or hold more
// than they have to.
const HouseWord = "policy:housekeeping"

func searchText(i *incident.Incident) string {
	house := ""
	if len(i.Content.Overdue)+len(i.Content.Excess) > 0 {
		house = HouseWord
	}
	people := []string{i.Person.User}
	for _, o := range i.Others {
		people = append(people, o.User)
	}
	return strings.ToLower(strings.Join(append(people,
		house,
		i.File.Name, i.File.Source, i.Machine.Name, i.Program.Path, i.Destination.Path,
		i.Destination.Vendor, i.Destination.Model, i.Destination.Serial, i.Destination.Label, i.Destination.Share, i.Decision.Rule, i.Code,
	), "\n"))
}

// Item is an incident and where it stands with its reviewers.
type Item struct {
	incident.Incident
	Review Review `json:"review"`
}

// Incident answers one; ErrNotFound where there is none of this id.
func (s *Store) Incident(ctx context.Context, id string) (Item, error) {
	var record string
	var i Item
	err := s.read.QueryRowContext(ctx, "SELECT r.record, i.state, i.assignee FROM incidents i JOIN records r ON r.id = i.id WHERE i.id = ?", id).
		Scan(&record, &i.Review.State, &i.Review.Assignee)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return i, ErrNotFound
	case err != nil:
		return i, fmt.Errorf("read an incident: %w", err)
	}
	if err := json.Unmarshal([]byte(record), &i.Incident); err != nil {
		return i, fmt.Errorf("read incident %s: %w", id, err)
	}
	return i, nil
}
