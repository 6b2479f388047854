package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// The states of a review.
const (
	StateNew      = "new"
	StateInReview = "in-review"
	StateClosed   = "closed"
)

// Review is where an incident stands with its reviewers.
type Review struct {
	State    string `json:"state"`
	Assignee string `json:"assignee,omitempty"` // name of the account
}

// Step is one thing a reviewer does about an incident. It is what the audit
// record holds of it, too.
type Step struct {
	State    string `json:"state"`
	Assignee string `json:"assignee"`
	Comment  string `json:"comment,omitempty"`
}

// ErrChanged: somebody else has done something about it in the meantime.
var ErrChanged = errors.New("changed in the meantime")

// ErrState: there is no such state.
var ErrState = errors.New("no such state")

// AddStep takes a step about an incident and records it, both or neither.
// after is the sequence number of the newest step the reviewer has seen, 0
// for none: ErrChanged when there is a newer one. ErrNotFound: there is no
// such incident.
func (s *Store) AddStep(ctx context.Context, incident string, by Account, step Step, after int64, now time.Time) error {
	if step.State != StateNew && step.State != StateInReview && step.State != StateClosed {
		return ErrState
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("review an incident: %w", err)
	}
	defer tx.Rollback()
	var newest sql.NullInt64
	if err := tx.QueryRowContext(ctx, "SELECT MAX(seq) FROM audit WHERE subject = ?", incident).Scan(&newest); err != nil {
		return fmt.Errorf("review an incident: %w", err)
	}
	if newest.Int64 != after {
		return ErrChanged
	}
	res, err := tx.ExecContext(ctx, "UPDATE incidents SET state = ?, assignee = ? WHERE id = ?", step.State, step.Assignee, incident)
	if err != nil {
		return fmt.Errorf("review an incident: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotFound, err)
	}
	if err := record(ctx, tx, by, ActionReview, incident, step, now); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("review an incident: %w", err)
	}
	return nil
}
