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
	rows, err := s.read.QueryContext(ctx, `SELECT m.seen, m.heartbeat, COALESCE(e.enrolled, 0), COALESCE(e.revoked, 0),
		COALESCE((SELECT MAX(c.expires) FROM certificates c WHERE c.machine = m.id), 0)
		FROM machines m LEFT JOIN enrolments e ON e.machine = m.id ORDER BY m.seen, m.name`)
	if err != nil {
		return nil, fmt.Errorf("list machines: %w", err)
	}
	defer rows.Close()
	fleet := []Machine{}
	for rows.Next() {
		var seen, enrolled, revoked, expires int64
		var raw string
		if err := rows.Scan(&seen, &raw, &enrolled, &revoked, &expires); err != nil {
			return nil, fmt.Errorf("list machines: %w", err)
		}
		m := Machine{Seen: fromMicros(seen), Enrolled: fromMicros(enrolled), Revoked: fromMicros(revoked), Expires: fromMicros(expires)}
		if err := json.Unmarshal([]byte(raw), &m.Heartbeat); err != nil {
			return nil, fmt.Errorf("read a heartbeat: %w", err)
		}
		fleet = append(fleet, m)
	}
	return fleet, rows.Err()
}
