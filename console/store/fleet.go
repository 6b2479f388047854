package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// Machine is one workstation of the fleet.
type Machine struct {
	Heartbeat incident.Heartbeat
	Seen      time.Time // when it was last heard of, by the console's clock
	Enrolled  time.Time // zero: it is not
	Expires   time.Time // when its newest certificate runs out
	Revoked   time.Time // zero: it is not
	Declined  []Declined
}

// Skew is how far ahead the machine's clock was of the console's; what the
// heartbeat took on its way counts as behind. Before the first heartbeat it is 0.
func (m Machine) Skew() time.Duration {
	if m.Heartbeat.Time.IsZero() {
		return 0
	}
	return m.Heartbeat.Time.Sub(m.Seen)
}

// Beat keeps a machine's heartbeat.
func (s *Store) Beat(ctx context.Context, h incident.Heartbeat, seen time.Time) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("store a heartbeat: %w", err)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store a heartbeat: %w", err)
	}
	defer tx.Rollback()
	best, err := remember(ctx, tx, h)
	if err == nil {
		_, err = tx.ExecContext(ctx, `INSERT INTO machines (id, name, seen, heartbeat, best) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, seen = excluded.seen, heartbeat = excluded.heartbeat, best = excluded.best`,
			h.Machine.ID, h.Machine.Name, micros(seen), string(raw), best)
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("store a heartbeat: %w", err)
	}
	return nil
}

// Fleet answers every machine, those silent longest first.
func (s *Store) Fleet(ctx context.Context) ([]Machine, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT m.seen, m.heartbeat, m.best, COALESCE(e.enrolled, 0), COALESCE(e.revoked, 0),
		COALESCE((SELECT MAX(c.expires) FROM certificates c WHERE c.machine = m.id), 0)
		FROM machines m LEFT JOIN enrolments e ON e.machine = m.id ORDER BY m.seen, m.name`)
	if err != nil {
		return nil, fmt.Errorf("list machines: %w", err)
	}
	defer rows.Close()
	fleet := []Machine{}
	for rows.Next() {
		var seen, enrolled, revoked, expires int64
		var raw, best string
		if err := rows.Scan(&seen, &raw, &best, &enrolled, &revoked, &expires); err != nil {
			return nil, fmt.Errorf("list machines: %w", err)
		}
		m := Machine{Seen: fromMicros(seen), Enrolled: fromMicros(enrolled), Revoked: fromMicros(revoked), Expires: fromMicros(expires)}
		if err := json.Unmarshal([]byte(raw), &m.Heartbeat); err != nil {
			return nil, fmt.Errorf("read a heartbeat: %w", err)
		}
		if best != "" {
			var a abilities
			if err := json.Unmarshal([]byte(best), &a); err != nil {
				return nil, fmt.Errorf("read what a machine could do: %w", err)
			}
			m.Declined = a.declined(m.Heartbeat)
		}
		fleet = append(fleet, m)
	}
	return fleet, rows.Err()
}
