package store

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/signed"
	"github.com/trustline/trustline/uploader/incident"
)

// The states of a request.
const (
	RequestOpen    = "open"
	RequestHalf    = "half" // one of two has approved
	RequestGranted = "granted"
	RequestRefused = "refused"
)

// The actions of the audit record about requests; their subject is the incident.
const (
	ActionApprove  = "approved"
	ActionRefuse   = "refused"
	ActionWithdraw = "withdrawn"
	ActionCode     = "code-given"
)

// Why an answer is not given.
var (
	// ErrSamePerson: the second approval has to be somebody else's.
	ErrSamePerson = errors.New("the same person cannot approve twice")
	// ErrWider: the terms are wider than what was asked for.
	ErrWider = errors.New("no more can be approved than was asked for")
)

// overlong is how long answers are kept for machines after they are over, so
// that one that was away learns of them.
const overlong = 30 * 24 * time.Hour

// Request is what an employee asks for, and where it stands.
type Request struct {
	grant.Request
	MachineName  string
	Received     time.Time
	State        string
	ApproverName string // of the first of two
	Grant        *grant.Grant
	Withdrawn    bool
	Reason       string // of a refusal or a withdrawal
}

// Terms narrow what was asked for.
type Terms struct {
	People, Uses, Days int
	// Within is a time shorter than the days, zero for all of them.
	Within time.Duration
}

// lasts answers how long what is approved holds.
func (t Terms) lasts() time.Duration {
	days := time.Duration(t.Days) * 24 * time.Hour
	if t.Within > 0 {
		return min(t.Within, days)
	}
	return days
}

// asked answers the request in a record, nil where it carries none or one that
// no agent makes.
func asked(i *incident.Incident) *grant.Request {
	if i.Kind != incident.Agent || i.Code != grant.CodeRequested {
		return nil
	}
	r, err := grant.ParseRequest(i.ID, i.Machine.ID, i.Time, i.Detail)
	if err != nil {
		return nil // it stays an incident
	}
	return &r
}

func insertRequest(ctx context.Context, tx *sql.Tx, r *grant.Request, machineName string, received int64) error {
	if foreign, err := about(ctx, tx, r.Incident, r.Machine); err != nil || foreign {
		return err // the record stays, nobody is asked
	}
	raw, err := json.Marshal(r)
	if err == nil {
		_, err = tx.ExecContext(ctx, "INSERT INTO requests (id, incident, machine, machine_name, received, request) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
			r.ID, r.Incident, r.Machine, machineName, received, string(raw))
	}
	if err != nil {
		return fmt.Errorf("store a request: %w", err)
	}
	return nil
}

// about tells whether an incident is known to be another machine's: a machine
// must not have anything written under it.
func about(ctx context.Context, tx *sql.Tx, id, machine string) (foreign bool, err error) {
	var owner string
	err = tx.QueryRowContext(ctx, "SELECT machine FROM incidents WHERE id = ?", id).Scan(&owner)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil // it has not arrived yet
	case err != nil:
		return false, fmt.Errorf("look up an incident: %w", err)
	}
	return owner != machine, nil
}

const requestColumns = "SELECT id, machine_name, received, state, approver_name, request FROM requests"

// Requests answers those that wait for an answer, oldest first, or those that
// have one, newest first; at most so many.
func (s *Store) Requests(ctx context.Context, waiting bool, most int) ([]Request, error) {
	where := " WHERE state IN ('granted', 'refused') ORDER BY received DESC LIMIT ?"
	if waiting {
		where = " WHERE state IN ('open', 'half') ORDER BY received LIMIT ?"
	}
	rows, err := s.read.QueryContext(ctx, requestColumns+where, most)
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	defer rows.Close()
	var all []Request
	for rows.Next() {
		r, err := scanRequest(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// WaitingRequests answers how many requests wait for an answer.
func (s *Store) WaitingRequests(ctx context.Context) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM requests WHERE state IN ('open', 'half')").Scan(&n)
	return n, err
}

// Request answers one with the newest answer to it; ErrNotFound where there is
// none of this id.
func (s *Store) Request(ctx context.Context, id string) (Request, error) {
	r, err := scanRequest(s.read.QueryRowContext(ctx, requestColumns+" WHERE id = ?", id))
	if err != nil {
		return r, err
	}
	return r, s.answersTo(ctx, &r)
}

type scanner interface{ Scan(into ...any) error }

func scanRequest(row scanner) (r Request, err error) {
	var received int64
	var raw, id string
	err = row.Scan(&id, &r.MachineName, &received, &r.State, &r.ApproverName, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &r.Request)
	}
	if err != nil {
		return r, fmt.Errorf("read request %s: %w", id, err)
	}
	r.Received = fromMicros(received)
	return r, nil
}

// answersTo fills in what was answered.
func (s *Store) answersTo(ctx context.Context, r *Request) error {
	rows, err := s.read.QueryContext(ctx, "SELECT envelope FROM answers WHERE request = ? ORDER BY seq", r.ID)
	if err != nil {
		return fmt.Errorf("read answers: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var raw string
		var e signed.Envelope
		var a grant.Answer
		if err := rows.Scan(&raw); err != nil {
			return fmt.Errorf("read answers: %w", err)
		}
		if err := errors.Join(json.Unmarshal([]byte(raw), &e), json.Unmarshal(e.Payload, &a)); err != nil {
			return fmt.Errorf("read answers: %w", err)
		}
		switch {
		case a.Grant != nil:
			r.Grant = a.Grant
		case a.Refusal != nil:
			r.Reason = a.Refusal.Reason
		case a.Withdrawal != nil:
			r.Withdrawn, r.Reason = true, a.Withdrawal.Reason
		}
	}
	return rows.Err()
}

// Approve approves a request under these terms. Requests that reach second
// people or more take two accounts; the first only makes a half. It answers whether the
// request is granted now. The errors are ErrNotFound, ErrChanged when it has
// been answered, ErrSamePerson and ErrWider.
func (s *Store) Approve(ctx context.Context, key ed25519.PrivateKey, by Account, id string, terms Terms, second int, now time.Time) (granted bool, err error) {
	err = s.answer(ctx, id, func(tx *sql.Tx, r Request, first string) error {
		if terms.People < 0 || terms.People > r.People || terms.Uses < 1 || terms.Uses > r.Uses || terms.Days < 1 || terms.Days > r.Days || terms.Within < 0 {
			return ErrWider
		}
		approvers := []string{by.Name}
		switch {
		case r.State == RequestOpen && r.Reach() >= second:
			if terms.Within > 0 {
				return ErrWider // the second is held to days alone
			}
			return approveHalf(ctx, tx, by, r, terms, now)
		case r.State == RequestHalf && first == by.ID:
			return ErrSamePerson
		case r.State == RequestHalf:
			approvers = []string{r.ApproverName, by.Name}
		}
		granted = true
		made, err := uuid.NewV7()
		if err != nil {
			return err
		}
		g := r.Request.Grant(made.String(), by.Name, now)
		g.MaxPeople, g.MaxUses, g.Approvers = terms.People, terms.Uses, approvers
		g.Expires = g.NotBefore.Add(terms.lasts())
		if err := s.sign(ctx, tx, key, grant.Answer{Grant: g}, "grant", g.ID, r, g.Expires.Add(overlong), now); err != nil {
			return err
		}
		return errors.Join(setState(ctx, tx, id, RequestGranted), record(ctx, tx, by, ActionApprove, r.Incident, map[string]any{
			"request": id, "grant": g.ID, "people": g.MaxPeople, "uses": g.MaxUses, "expires": g.Expires.Format(time.RFC3339),
		}, now))
	})
	return granted && err == nil, err
}

// approveHalf is the first of two approvals. What it has narrowed stays narrow:
// the second cannot give more.
func approveHalf(ctx context.Context, tx *sql.Tx, by Account, r Request, terms Terms, now time.Time) error {
	narrow := r.Request
	narrow.People, narrow.Uses, narrow.Days = terms.People, terms.Uses, terms.Days
	raw, err := json.Marshal(narrow)
	if err == nil {
		_, err = tx.ExecContext(ctx, "UPDATE requests SET state = ?, approver = ?, approver_name = ?, request = ? WHERE id = ?", RequestHalf, by.ID, by.Name, string(raw), r.ID)
	}
	if err != nil {
		return fmt.Errorf("answer a request: %w", err)
	}
	return record(ctx, tx, by, ActionApprove, r.Incident, map[string]any{
		"request": r.ID, "half": true, "people": terms.People, "uses": terms.Uses, "days": terms.Days,
	}, now)
}

// Refuse says no to a request. The errors are those of Approve.
func (s *Store) Refuse(ctx context.Context, key ed25519.PrivateKey, by Account, id, reason string, now time.Time) error {
	return s.answer(ctx, id, func(tx *sql.Tx, r Request, _ string) error {
		no := &grant.Refusal{Request: r.ID, Incident: r.Incident, Machine: r.Machine, UID: r.UID, Reason: reason, By: by.Name, Time: now.UTC()}
		if err := s.sign(ctx, tx, key, grant.Answer{Refusal: no}, "refusal", r.ID, r, now.Add(overlong), now); err != nil {
			return err
		}
		return errors.Join(setState(ctx, tx, id, RequestRefused), record(ctx, tx, by, ActionRefuse, r.Incident, map[string]any{"request": id, "reason": reason}, now))
	})
}

// Withdraw ends what was granted to a request before its time.
func (s *Store) Withdraw(ctx context.Context, key ed25519.PrivateKey, by Account, id, reason string, now time.Time) error {
	r, err := s.Request(ctx, id)
	if err != nil {
		return err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("withdraw an approval: %w", err)
	}
	defer tx.Rollback()
	var known int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM answers WHERE request = ? AND kind = 'withdrawal'", id).Scan(&known); err != nil {
		return fmt.Errorf("withdraw an approval: %w", err)
	}
	if r.Grant == nil || known > 0 || !now.Before(r.Grant.Expires) {
		return ErrChanged
	}
	w := &grant.Withdrawal{Grant: r.Grant.ID, Machine: r.Machine, UID: r.UID, Reason: reason, By: by.Name, Time: now.UTC()}
	if err := s.sign(ctx, tx, key, grant.Answer{Withdrawal: w}, "withdrawal", r.Grant.ID, r, r.Grant.Expires.Add(overlong), now); err != nil {
		return err
	}
	if err := record(ctx, tx, by, ActionWithdraw, r.Incident, map[string]any{"request": id, "grant": r.Grant.ID, "reason": reason}, now); err != nil {
		return err
	}
	return tx.Commit()
}

// answer does something with a request that waits for an answer.
func (s *Store) answer(ctx context.Context, id string, do func(tx *sql.Tx, r Request, first string) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("answer a request: %w", err)
	}
	defer tx.Rollback()
	r, err := scanRequest(tx.QueryRowContext(ctx, requestColumns+" WHERE id = ?", id))
	if err != nil {
		return err
	}
	if r.State != RequestOpen && r.State != RequestHalf {
		return ErrChanged
	}
	// The incident may have arrived after the request.
	if foreign, err := about(ctx, tx, r.Incident, r.Machine); err != nil || foreign {
		return errors.Join(err, ErrNotFound)
	}
	var first string
	if err := tx.QueryRowContext(ctx, "SELECT approver FROM requests WHERE id = ?", id).Scan(&first); err != nil {
		return fmt.Errorf("answer a request: %w", err)
	}
	if err := do(tx, r, first); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("answer a request: %w", err)
	}
	return nil
}

func setState(ctx context.Context, tx *sql.Tx, id, state string) error {
	_, err := tx.ExecContext(ctx, "UPDATE requests SET state = ? WHERE id = ?", state, id)
	return err
}

func (s *Store) sign(ctx context.Context, tx *sql.Tx, key ed25519.PrivateKey, a grant.Answer, kind, id string, r Request, over, now time.Time) error {
	e, err := a.Sign(key)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(e)
	if err == nil {
		_, err = tx.ExecContext(ctx, "INSERT INTO answers (seq, id, kind, request, machine, made, expires, envelope) VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM answers), ?, ?, ?, ?, ?, ?, ?)",
			id, kind, r.ID, r.Machine, micros(now), micros(over), string(raw))
	}
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return nil
}

// Answers answers everything that was signed for a machine and is not long
// over, in the order it was made; the newest where there is too much.
func (s *Store) Answers(ctx context.Context, machine string) ([]signed.Envelope, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT envelope FROM (SELECT seq, envelope FROM answers WHERE machine = ? AND expires > ? ORDER BY seq DESC LIMIT ?) ORDER BY seq",
		machine, micros(time.Now()), orders.MaxGrants)
	if err != nil {
		return nil, fmt.Errorf("read the answers for a machine: %w", err)
	}
	return decoded[signed.Envelope](rows, "read the answers for a machine")
}

// maxRelated bounds what is shown of what followed an incident.
const maxRelated = 200

// Related answers what was recorded about an incident afterwards, oldest
// first, by the machine that it happened on and nobody else.
func (s *Store) Related(ctx context.Context, id string) ([]incident.Incident, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT r.record FROM incidents i JOIN records r ON r.id = i.id
		WHERE i.about = ? AND i.about <> '' AND i.kind = 'agent' AND i.machine = (SELECT machine FROM incidents WHERE id = ?) ORDER BY i.time LIMIT ?`, id, id, maxRelated)
	if err != nil {
		return nil, fmt.Errorf("read what followed an incident: %w", err)
	}
	return decoded[incident.Incident](rows, "read what followed an incident")
}

// maxRepeats bounds how many of those that an approval did not hold for are
// shown with the incident it was given for: the newest.
const maxRepeats = 20

// Repeats answers what was stopped on the same machine later on because an
// approval given for an incident did not hold for it, oldest first.
func (s *Store) Repeats(ctx context.Context, id string) ([]incident.Incident, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT record FROM (SELECT i.time, r.record FROM incidents i JOIN records r ON r.id = i.id
		WHERE i.about = ? AND i.about <> '' AND i.kind = 'activity' AND i.machine = (SELECT machine FROM incidents WHERE id = ?) ORDER BY i.time DESC LIMIT ?) ORDER BY time`, id, id, maxRepeats)
	if err != nil {
		return nil, fmt.Errorf("read what an approval did not hold for: %w", err)
	}
	return decoded[incident.Incident](rows, "read what an approval did not hold for")
}

// subject answers the incident that a record of the agent's own, or of what an
// approval did not hold for, is about, or the spot check that a file was found
// by.
func subject(i *incident.Incident) string {
	id := cmp.Or(i.Order, i.Decision.GrantAbout)
	if i.Kind == incident.Agent {
		id = i.Detail["incident"]
	}
	if uuid.Validate(id) != nil {
		return ""
	}
	return id
}
