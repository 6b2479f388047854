package store

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/signed"
	"github.com/trustline/trustline/task"
	"github.com/trustline/trustline/uploader/incident"
)

// The states of a task.
const (
	TaskHalf      = "half"      // one of two has ordered it
	TaskOpen      = "open"      // the machine is told
	TaskDone      = "done"      // by the machine
	TaskKept      = "kept"      // the machine did not do it, and says why
	TaskWithdrawn = "withdrawn" // before the machine did it
	TaskExpired   = "expired"   // nobody heard of it in time
)

// The actions of the audit record about tasks. Those that a machine carries
// out stand under its name.
const (
	ActionOrderCheck   = "spot-check-ordered" // its subject is the check, as of the next
	ActionChecked      = "spot-check-done"
	ActionOrderDestroy = "destruction-ordered" // its subject is the incident, as of those below
	ActionDestroyed    = "file-destroyed"
	ActionKept         = "file-not-destroyed"
	ActionWithdrawTask = "destruction-withdrawn"
)

// Task is one thing that one machine is to do, and what became of it.
type Task struct {
	task.Task
	MachineName string
	Made        time.Time
	State       string
	Ended       time.Time
	Result      task.Result
}

const taskColumns = "SELECT machine_name, made, expires, state, task, ended, result FROM tasks"

func scanTask(row scanner) (t Task, err error) {
	var made, expires, ended int64
	var raw, result string
	err = row.Scan(&t.MachineName, &made, &expires, &t.State, &raw, &ended, &result)
	if errors.Is(err, sql.ErrNoRows) {
		return t, ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &t.Task)
	}
	if err == nil && result != "" {
		err = json.Unmarshal([]byte(result), &t.Result)
	}
	if err != nil {
		return t, fmt.Errorf("read a task: %w", err)
	}
	t.Made, t.Ended = fromMicros(made), fromMicros(ended)
	if (t.State == TaskOpen || t.State == TaskHalf) && time.Now().After(fromMicros(expires)) {
		t.State = TaskExpired
	}
	return t, nil
}

// TasksAbout answers the tasks of a spot check, or those about an incident, by
// machine and then the oldest first.
func (s *Store) TasksAbout(ctx context.Context, about string) (all []Task, err error) {
	rows, err := s.read.QueryContext(ctx, taskColumns+" WHERE about = ? ORDER BY machine_name, machine, made", about)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		t, err := scanTask(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// Tasks answers what a machine is to do and has not done, oldest first.
func (s *Store) Tasks(ctx context.Context, machine string) ([]signed.Envelope, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT envelope FROM tasks WHERE machine = ? AND state = ? AND expires > ? ORDER BY made LIMIT ?",
		machine, TaskOpen, micros(time.Now()), orders.MaxTasks)
	if err != nil {
		return nil, fmt.Errorf("read the tasks of a machine: %w", err)
	}
	return decoded[signed.Envelope](rows, "read the tasks of a machine")
}

// newTask makes a task for a machine.
func newTask(by Account, machine, reason string, days int, now time.Time) (task.Task, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return task.Task{}, fmt.Errorf("make an id: %w", err)
	}
	issued := now.UTC().Truncate(time.Second)
	return task.Task{
		ID: id.String(), Machine: machine, Issued: issued, Expires: issued.Add(time.Duration(days) * 24 * time.Hour), By: []string{by.Name}, Reason: reason,
	}, nil
}

// insertTask keeps a task; key nil leaves it unsigned, as somebody has yet to agree.
func insertTask(ctx context.Context, tx *sql.Tx, key ed25519.PrivateKey, by Account, kind, about string, t *task.Task, machineName string, now time.Time) error {
	raw, envelope, err := written(t, key)
	if err != nil {
		return err
	}
	state := TaskOpen
	if key == nil {
		state = TaskHalf
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO tasks (id, kind, about, machine, machine_name, made, expires, state, approver, task, envelope) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		t.ID, kind, about, t.Machine, machineName, micros(now), micros(t.Expires), state, by.ID, raw, envelope)
	if err != nil {
		return fmt.Errorf("keep a task: %w", err)
	}
	return nil
}

func written(t *task.Task, key ed25519.PrivateKey) (raw, envelope string, err error) {
	if err := t.Validate(); err != nil {
		return "", "", err
	}
	text, err := json.Marshal(t)
	if err != nil || key == nil {
		return string(text), "", err
	}
	e, err := t.Sign(key)
	if err != nil {
		return "", "", err
	}
	signed, err := json.Marshal(e)
	return string(text), string(signed), err
}

// resulting answers the result in a record, nil where it carries none.
func resulting(i *incident.Incident) *task.Result {
	if i.Kind != incident.Agent {
		return nil
	}
	r, err := task.ParseResult(i.Code, i.Detail)
	if err != nil {
		return nil // it stays an incident
	}
	return &r
}

// takeResult notes what became of a task, on the record: the first that its
// machine says holds, and no other machine has a say.
func takeResult(ctx context.Context, tx *sql.Tx, r *task.Result, from incident.Machine, code string, received int64) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("take a result: %w", err)
	}
	state := TaskDone
	if code == task.CodeKept {
		state = TaskKept
	}
	res, err := tx.ExecContext(ctx, "UPDATE tasks SET state = ?, ended = ?, result = ? WHERE id = ? AND machine = ? AND about = ? AND envelope <> '' AND ended = 0",
		state, received, string(raw), r.Task, from.ID, r.About)
	if err != nil {
		return fmt.Errorf("take a result: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	action := map[string]string{task.CodeChecked: ActionChecked, task.CodeDestroyed: ActionDestroyed, task.CodeKept: ActionKept}[code]
	return record(ctx, tx, Account{ID: from.ID, Name: from.Name}, action, r.About, r, fromMicros(received))
}
