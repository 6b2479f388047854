package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/trustline/trustline/rules"
)

// ActionPolicy is the audit record's word for a policy that was published.
const ActionPolicy = "policy-publish"

// MaxPolicy bounds the text of a policy, in bytes, so that it fits into a
// signed envelope however it is escaped there.
const MaxPolicy = 256 << 10

// Policy is a policy as it was published.
type Policy struct {
	Serial  int64     // from 1, without gaps
	Issued  time.Time // UTC
	Author  string    // name of the account
	Reason  string
	Version string // as machines tell which one they run
	Text    string // YAML; "" in a history
}

// published is what the audit record holds of a policy.
type published struct {
	Serial int64  `json:"serial"`
	Reason string `json:"reason"`
}

// ErrPolicyTooLarge: the text is longer than MaxPolicy.
var ErrPolicyTooLarge = fmt.Errorf("the policy is longer than %d bytes", MaxPolicy)

// Publish makes a policy the one in force, and records it, both or neither.
// After is the serial of the newest one its author has seen, 0 for none:
// ErrChanged when there is a newer one. A text that is no sound policy is
// refused with the error of rules.ParsePolicy.
func (s *Store) Publish(ctx context.Context, by Account, text, reason string, after int64, now time.Time) (serial int64, err error) {
	if len(text) > MaxPolicy {
		return 0, ErrPolicyTooLarge
	}
	sound, err := rules.ParsePolicy("policy.yaml", []byte(text))
	if err != nil {
		return 0, err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("publish a policy: %w", err)
	}
	defer tx.Rollback()
	var newest int64
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(serial), 0) FROM policies").Scan(&newest); err != nil {
		return 0, fmt.Errorf("publish a policy: %w", err)
	}
	if newest != after {
		return 0, ErrChanged
	}
	serial = newest + 1
	_, err = tx.ExecContext(ctx, "INSERT INTO policies (serial, issued, author, reason, version, text) VALUES (?, ?, ?, ?, ?, ?)",
		serial, micros(now), by.Name, reason, sound.Version(), text)
	if err != nil {
		return 0, fmt.Errorf("publish a policy: %w", err)
	}
	if err := record(ctx, tx, by, ActionPolicy, sound.Version(), published{serial, reason}, now); err != nil {
		return 0, err
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("publish a policy: %w", err)
	}
	return serial, nil
}

// PolicySerial answers the serial of the policy in force, 0 when none was
// published yet: every machine keeps its own file then.
func (s *Store) PolicySerial(ctx context.Context) (serial int64, err error) {
	if err := s.read.QueryRowContext(ctx, "SELECT COALESCE(MAX(serial), 0) FROM policies").Scan(&serial); err != nil {
		return 0, fmt.Errorf("look up the policy in force: %w", err)
	}
	return serial, nil
}

const policyColumns = "serial, issued, author, reason, version"

// Policy answers one published policy; ErrNotFound when there is none.
func (s *Store) Policy(ctx context.Context, serial int64) (Policy, error) {
	p, err := scanPolicy(s.read.QueryRowContext(ctx, "SELECT "+policyColumns+", text FROM policies WHERE serial = ?", serial).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Policy{}, ErrNotFound
	}
	if err != nil {
		return Policy{}, fmt.Errorf("look up a policy: %w", err)
	}
	return p, nil
}

// Policies answers at most so many of those with serials below before, newest
// first and without their texts; before 0 begins at the newest.
func (s *Store) Policies(ctx context.Context, before int64, most int) ([]Policy, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+policyColumns+", '' FROM policies WHERE ? = 0 OR serial < ? ORDER BY serial DESC LIMIT ?", before, before, most)
	if err != nil {
		return nil, fmt.Errorf("list policies: %w", err)
	}
	defer rows.Close()
	list := []Policy{}
	for rows.Next() {
		p, err := scanPolicy(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list policies: %w", err)
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

func scanPolicy(scan func(...any) error) (Policy, error) {
	var p Policy
	var issued int64
	err := scan(&p.Serial, &issued, &p.Author, &p.Reason, &p.Version, &p.Text)
	p.Issued = fromMicros(issued)
	return p, err
}
