package store

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// Check is a spot check that was ordered.
type Check struct {
	ID     string
	Made   time.Time
	By     string
	Reason string
	Spec   task.Check

	Machines, Answered, Looked, Found int
}

// OrderCheck has machines look at files picked at random, and answers the
// check's id.
func (s *Store) OrderCheck(ctx context.Context, key ed25519.PrivateKey, by Account, machines []Machine, spec task.Check, reason string, days int, now time.Time) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("order a spot check: %w", err)
	}
	spec.Order = id.String()
	raw, err := json.Marshal(spec)
	if err != nil {
		return "", fmt.Errorf("order a spot check: %w", err)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("order a spot check: %w", err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "INSERT INTO checks (id, made, by_name, reason, spec) VALUES (?, ?, ?, ?, ?)", spec.Order, micros(now), by.Name, reason, string(raw)); err != nil {
		return "", fmt.Errorf("order a spot check: %w", err)
	}
	names := []string{}
	for _, m := range machines {
		who := m.Heartbeat.Machine
		t, err := newTask(by, who.ID, reason, days, now)
		if err != nil {
			return "", err
		}
		t.Check = &spec
		if err := insertTask(ctx, tx, key, by, "check", spec.Order, &t, who.Name, now); err != nil {
			return "", err
		}
		names = append(names, who.ID)
	}
	if err := record(ctx, tx, by, ActionOrderCheck, spec.Order, map[string]any{"reason": reason, "machines": names, "check": spec, "days": days}, now); err != nil {
		return "", err
	}
	return spec.Order, tx.Commit()
}

const checkColumns = `SELECT c.id, c.made, c.by_name, c.reason, c.spec, (SELECT COUNT(*) FROM tasks t WHERE t.about = c.id),
	(SELECT COUNT(*) FROM tasks t WHERE t.about = c.id AND t.ended <> 0) FROM checks c`

// Checks answers the newest spot checks, newest first, without what they found.
func (s *Store) Checks(ctx context.Context, most int) (all []Check, err error) {
	rows, err := s.read.QueryContext(ctx, checkColumns+" ORDER BY c.made DESC LIMIT ?", most)
	if err != nil {
		return nil, fmt.Errorf("list spot checks: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanCheck(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// Check answers a spot check and what its machines have answered.
func (s *Store) Check(ctx context.Context, id string) (Check, []Task, error) {
	c, err := scanCheck(s.read.QueryRowContext(ctx, checkColumns+" WHERE c.id = ?", id))
	if err != nil {
		return c, nil, err
	}
	tasks, err := s.TasksAbout(ctx, id)
	for _, t := range tasks {
		c.Looked, c.Found = c.Looked+t.Result.Looked, c.Found+t.Result.Found
	}
	return c, tasks, err
}

func scanCheck(row scanner) (c Check, err error) {
	var made int64
	var raw string
	err = row.Scan(&c.ID, &made, &c.By, &c.Reason, &raw, &c.Machines, &c.Answered)
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &c.Spec)
	}
	if err != nil {
		return c, fmt.Errorf("read a spot check: %w", err)
	}
	c.Made = fromMicros(made)
	return c, nil
}

// FoundBy answers what a spot check found, at most so much, by the machines
// that were asked and nobody else.
func (s *Store) FoundBy(ctx context.Context, check string, most int) (all []incident.Incident, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT r.record FROM incidents i JOIN records r ON r.id = i.id
		WHERE i.about = ? AND i.about <> '' AND i.kind = 'activity' AND i.machine IN (SELECT machine FROM tasks WHERE about = ?) ORDER BY i.time LIMIT ?`, check, check, most)
	if err != nil {
		return nil, fmt.Errorf("read what a spot check found: %w", err)
	}
	return decoded[incident.Incident](rows, "read what a spot check found")
}

// Whom says which machines are meant: all, so many of them picked at random, or
// those named.
type Whom struct {
	All    bool
	Sample int
	Names  []string // names or ids
}

// UnknownMachine says that no machine of the fleet has this name or id.
type UnknownMachine struct{ Name string }

func (e *UnknownMachine) Error() string {
	return fmt.Sprintf("there is no enrolled machine %q", e.Name)
}

// Choose answers the machines that are meant, among those that are part of the
// fleet now. The error is ErrNotFound where that is none, or an UnknownMachine.
func (s *Store) Choose(ctx context.Context, w Whom) ([]Machine, error) {
	fleet, err := s.Fleet(ctx)
	if err != nil {
		return nil, err
	}
	fleet = slices.DeleteFunc(fleet, func(m Machine) bool { return m.Enrolled.IsZero() || !m.Revoked.IsZero() })
	switch {
	case w.All:
	case w.Sample > 0:
		rand.Shuffle(len(fleet), func(i, j int) { fleet[i], fleet[j] = fleet[j], fleet[i] })
		fleet = fleet[:min(len(fleet), w.Sample)]
	default:
		if fleet, err = named(fleet, w.Names); err != nil {
			return nil, err
		}
	}
	if len(fleet) == 0 {
		return nil, ErrNotFound
	}
	return fleet, nil
}

// named answers the machines of these names, all of them where several share
// one.
func named(fleet []Machine, names []string) (chosen []Machine, err error) {
	taken := map[string]bool{}
	for _, name := range names {
		known := false
		for _, m := range fleet {
			who := m.Heartbeat.Machine
			if who.ID != name && !strings.EqualFold(who.Name, name) {
				continue
			}
			if known = true; !taken[who.ID] {
				taken[who.ID] = true
				chosen = append(chosen, m)
			}
		}
		if !known {
			return nil, &UnknownMachine{name}
		}
	}
	return chosen, nil
}
