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
	return s.steps(ctx, step, func(tx *sql.Tx) error {
		newest, err := newestAbout(ctx, tx, incident)
		if err != nil {
			return err
		}
		if newest != after {
			return ErrChanged
		}
		return addStep(ctx, tx, incident, by, step, now)
	})
}

// AddSteps takes the same step about several incidents and answers about how
// many: those that somebody has done something about after the record's entry
// seen, and those that are gone, are left as they are. At most MaxPage.
func (s *Store) AddSteps(ctx context.Context, incidents []string, by Account, step Step, seen int64, now time.Time) (taken int, err error) {
	if len(incidents) > MaxPage {
		return 0, fmt.Errorf("review incidents: %d at once, %d at most", len(incidents), MaxPage)
	}
	err = s.steps(ctx, step, func(tx *sql.Tx) error {
		taken = 0
		for _, id := range incidents {
			newest, err := newestAbout(ctx, tx, id)
			if err != nil {
				return err
			}
			if newest > seen {
				continue
			}
			switch err := addStep(ctx, tx, id, by, step, now); {
			case errors.Is(err, ErrNotFound):
			case err != nil:
				return err
			default:
				taken++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return taken, nil
}

// steps takes steps in one transaction.
func (s *Store) steps(ctx context.Context, step Step, take func(*sql.Tx) error) error {
	if step.State != StateNew && step.State != StateInReview && step.State != StateClosed {
		return ErrState
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("review an incident: %w", err)
	}
	defer tx.Rollback()
	if err := take(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("review an incident: %w", err)
	}
	return nil
}

// newestAbout answers the number of the newest entry about an incident, 0 for none.
func newestAbout(ctx context.Context, tx *sql.Tx, incident string) (int64, error) {
	var newest sql.NullInt64
	if err := tx.QueryRowContext(ctx, "SELECT MAX(seq) FROM audit WHERE subject = ?", incident).Scan(&newest); err != nil {
		return 0, fmt.Errorf("review an incident: %w", err)
	}
	return newest.Int64, nil
}

func addStep(ctx context.Context, tx *sql.Tx, incident string, by Account, step Step, now time.Time) error {
	res, err := tx.ExecContext(ctx, "UPDATE incidents SET state = ?, assignee = ? WHERE id = ?", step.State, step.Assignee, incident)
	if err != nil {
		return fmt.Errorf("review an incident: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotFound, err)
	}
	return record(ctx, tx, by, ActionReview, incident, step, now)
}

// Recorded answers how many entries the audit record has.
func (s *Store) Recorded(ctx context.Context) (int64, error) {
	var newest sql.NullInt64
	if err := s.read.QueryRowContext(ctx, "SELECT MAX(seq) FROM audit").Scan(&newest); err != nil {
		return 0, fmt.Errorf("read the audit record: %w", err)
	}
	return newest.Int64, nil
}
