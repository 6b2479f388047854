package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Code is what a code by telephone is asked for; never the code itself.
type Code struct {
	Machine, Permits, Challenge string
	People                      int // at most, as far as the challenge says
	Two                         bool
}

// halfCode is how long the second of two accounts has: as long as the machine
// takes the code.
const halfCode = time.Hour

// GiveCode records that somebody is given a code. Where it takes two accounts
// the first only makes a half; it answers whether the code is given now. The
// error is ErrSamePerson where the first asks again.
func (s *Store) GiveCode(ctx context.Context, by Account, c Code, now time.Time) (given bool, err error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("give a code: %w", err)
	}
	defer tx.Rollback()
	given = true
	if c.Two {
		if given, err = secondAsks(ctx, tx, by, c, now); err != nil {
			return false, err
		}
	}
	detail := map[string]any{"permits": c.Permits}
	if c.People > 0 {
		detail["people"] = c.People
	}
	if !given {
		detail["half"] = true
	}
	if err := record(ctx, tx, by, ActionCode, c.Machine, detail, now); err != nil {
		return false, err
	}
	if err := tx.Commit(); err != nil {
		return false, fmt.Errorf("give a code: %w", err)
	}
	return given, nil
}

// secondAsks tells whether another account has asked for the same code already,
// and otherwise notes that this one has.
func secondAsks(ctx context.Context, tx *sql.Tx, by Account, c Code, now time.Time) (second bool, err error) {
	if _, err := tx.ExecContext(ctx, "DELETE FROM half_codes WHERE made <= ?", micros(now.Add(-halfCode))); err != nil {
		return false, fmt.Errorf("give a code: %w", err)
	}
	var first string
	err = tx.QueryRowContext(ctx, "SELECT approver FROM half_codes WHERE machine = ? AND permits = ? AND challenge = ?", c.Machine, c.Permits, c.Challenge).Scan(&first)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.ExecContext(ctx, "INSERT INTO half_codes (machine, permits, challenge, approver, made) VALUES (?, ?, ?, ?, ?)", c.Machine, c.Permits, c.Challenge, by.ID, micros(now))
	case err == nil && first == by.ID:
		return false, ErrSamePerson
	case err == nil:
		second = true
		_, err = tx.ExecContext(ctx, "DELETE FROM half_codes WHERE machine = ? AND permits = ? AND challenge = ?", c.Machine, c.Permits, c.Challenge)
	}
	if err != nil {
		return false, fmt.Errorf("give a code: %w", err)
	}
	return second, nil
}
