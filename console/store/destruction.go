package store

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// Why a destruction is not ordered.
var (
	// ErrNotAtRest: the record is of nothing that lies somewhere.
	ErrNotAtRest = errors.New("the record is of no file that was found at rest")
)

// Weight is how much is at stake in a file: its people, or the values of its
// most frequent class where they stand alone.
func Weight(i *incident.Incident) int {
	n := i.Content.People
	for _, c := range i.Content.Classes {
		n = max(n, c.Distinct)
	}
	return n
}

// Destructible tells whether a record is of a file that can be told apart and
// destroyed.
func Destructible(i *incident.Incident) bool {
	return i.Kind == incident.Activity && i.File.SHA256 != "" && i.File.Name != "" && i.Destination.Path != ""
}

// pathOf is the file's path as its record names it.
func pathOf(i *incident.Incident) string {
	sep := "/"
	if i.Machine.OS == "windows" {
		sep = `\`
	}
	return strings.TrimRight(i.Destination.Path, sep) + sep + i.File.Name
}

// OrderDestruction has the file of an incident destroyed on its machine. Where
// second or more is at stake it takes two accounts: the first only makes a
// half. It answers whether the machine is told now. The errors are ErrNotFound,
// ErrNotAtRest, ErrSamePerson, and ErrChanged where it is ordered already.
func (s *Store) OrderDestruction(ctx context.Context, key ed25519.PrivateKey, by Account, id, reason string, days, second int, now time.Time) (told bool, err error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return false, err
	}
	if !Destructible(&i.Incident) {
		return false, ErrNotAtRest
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("order a destruction: %w", err)
	}
	defer tx.Rollback()
	half, first, err := waiting(ctx, tx, id, now)
	if err != nil {
		return false, err
	}
	switch {
	case half != nil && first == by.ID:
		return false, ErrSamePerson
	case half != nil:
		err = agree(ctx, tx, key, by, half)
	default:
		err = begin(ctx, tx, key, by, &i.Incident, reason, days, second, now)
	}
	if err != nil {
		return false, err
	}
	told = half != nil || Weight(&i.Incident) < second
	if err := record(ctx, tx, by, ActionOrderDestroy, id, map[string]any{"reason": reason, "path": pathOf(&i.Incident), "sha256": i.File.SHA256, "half": !told, "machine": i.Machine.ID}, now); err != nil {
		return false, err
	}
	return told, tx.Commit()
}

// waiting answers the destruction of an incident that waits for its second
// account, and who ordered it; ErrChanged where one is under way or done.
func waiting(ctx context.Context, tx *sql.Tx, id string, now time.Time) (half *Task, first string, err error) {
	t, err := scanTask(tx.QueryRowContext(ctx, taskColumns+" WHERE about = ? AND kind = 'destruction' AND (state = 'done' OR state IN ('half', 'open') AND expires > ?) ORDER BY made DESC LIMIT 1", id, micros(now)))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, "", nil
	case err != nil:
		return nil, "", err
	case t.State != TaskHalf:
		return nil, "", ErrChanged
	}
	err = tx.QueryRowContext(ctx, "SELECT approver FROM tasks WHERE id = ?", t.ID).Scan(&first)
	return &t, first, err
}

func begin(ctx context.Context, tx *sql.Tx, key ed25519.PrivateKey, by Account, i *incident.Incident, reason string, days, second int, now time.Time) error {
	t, err := newTask(by, i.Machine.ID, reason, days, now)
	if err != nil {
		return err
	}
	t.Destruction = &task.Destruction{Incident: i.ID, Path: pathOf(i), SHA256: i.File.SHA256}
	if Weight(i) >= second {
		key = nil
	}
	return insertTask(ctx, tx, key, by, "destruction", i.ID, &t, i.Machine.Name, now)
}

// agree is the second account's word: now the machine is told.
func agree(ctx context.Context, tx *sql.Tx, key ed25519.PrivateKey, by Account, t *Task) error {
	t.By = append(t.By, by.Name)
	raw, envelope, err := written(&t.Task, key)
	if err == nil {
		_, err = tx.ExecContext(ctx, "UPDATE tasks SET state = ?, task = ?, envelope = ? WHERE id = ?", TaskOpen, raw, envelope, t.ID)
	}
	if err != nil {
		return fmt.Errorf("order a destruction: %w", err)
	}
	return nil
}

// WithdrawDestruction ends what was ordered before the machine has answered. A
// machine that was told and is away may do it yet: it takes its order from the
// signature, and the record says so when it comes back.
func (s *Store) WithdrawDestruction(ctx context.Context, by Account, id, reason string, now time.Time) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("withdraw a destruction: %w", err)
	}
	defer tx.Rollback()
	res, err := tx.ExecContext(ctx, "UPDATE tasks SET state = ? WHERE about = ? AND kind = 'destruction' AND state IN ('half', 'open') AND expires > ?", TaskWithdrawn, id, micros(now))
	if err != nil {
		return fmt.Errorf("withdraw a destruction: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrChanged)
	}
	if err := record(ctx, tx, by, ActionWithdrawTask, id, map[string]string{"reason": reason}, now); err != nil {
		return err
	}
	return tx.Commit()
}
