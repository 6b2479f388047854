package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Entry is one thing a person did. Entries form a chain: each holds the hash
// of the one before, so that none can be changed, taken out or put in between
// without every later hash being wrong. Whoever has noted the newest hash can
// also tell that none was cut off at the end.
type Entry struct {
	Seq      int64           `json:"seq"`  // from 1, without gaps
	Time     time.Time       `json:"time"` // UTC
	Actor    string          `json:"actor"`
	Name     string          `json:"name"`
	Action   string          `json:"action"`
	Subject  string          `json:"subject,omitempty"`
	Detail   json.RawMessage `json:"detail"`
	Previous string          `json:"previous"` // hex
	Hash     string          `json:"hash"`     // hex
}

// The actions that are recorded.
const (
	ActionAccount = "account-made"
	ActionSignIn  = "signed-in"
	ActionReview  = "reviewed"
	ActionEnrol   = "machine-enrolled" // by a token; about a machine, as the two below
	ActionRevoke  = "machine-revoked"
	ActionRelease = "machine-released"
)

// Sum answers what Hash has to be: SHA-256, in hex, of the JSON array
// [seq, microseconds since 1970, actor, name, action, subject, detail, previous]
// with detail as a string, without spaces, as Go's encoding/json writes it.
func (e Entry) Sum() (string, error) {
	raw, err := json.Marshal([]any{e.Seq, e.Time.UnixMicro(), e.Actor, e.Name, e.Action, e.Subject, string(e.Detail), e.Previous})
	if err != nil {
		return "", fmt.Errorf("hash an audit entry: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// record appends an entry within a transaction of a writer.
func record(ctx context.Context, tx *sql.Tx, by Account, action, subject string, detail any, now time.Time) error {
	e := Entry{Time: now.UTC().Truncate(time.Microsecond), Actor: by.ID, Name: by.Name, Action: action, Subject: subject}
	raw, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("record %s: %w", action, err)
	}
	e.Detail = raw
	err = tx.QueryRowContext(ctx, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").Scan(&e.Seq, &e.Previous)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("record %s: %w", action, err)
	}
	e.Seq++
	if e.Hash, err = e.Sum(); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO audit (seq, time, actor, name, action, subject, detail, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e.Seq, e.Time.UnixMicro(), e.Actor, e.Name, e.Action, e.Subject, string(e.Detail), e.Previous, e.Hash)
	if err != nil {
		return fmt.Errorf("record %s: %w", action, err)
	}
	return nil
}

// RecordSignIn records that somebody has signed in.
func (s *Store) RecordSignIn(ctx context.Context, by Account, now time.Time) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("record a sign-in: %w", err)
	}
	defer tx.Rollback()
	if err := record(ctx, tx, by, ActionSignIn, "", struct{}{}, now); err != nil {
		return err
	}
	return tx.Commit()
}

// Audit calls visit with every entry, oldest first, until it answers an error.
func (s *Store) Audit(ctx context.Context, visit func(Entry) error) error {
	return s.entries(ctx, " ORDER BY seq", nil, visit)
}

// Entries answers some of the record, newest first: those before the number
// before, 0 for the newest, and only what an account of this name did, where one
// is given.
func (s *Store) Entries(ctx context.Context, name string, before int64, most int) ([]Entry, error) {
	where, args := " WHERE (? = 0 OR seq < ?)", []any{before, before}
	if name != "" {
		where, args = where+" AND name = ?", append(args, name)
	}
	var all []Entry
	err := s.entries(ctx, where+" ORDER BY seq DESC LIMIT ?", append(args, most), func(e Entry) error {
		all = append(all, e)
		return nil
	})
	return all, err
}

// History answers what was done about an incident, oldest first.
func (s *Store) History(ctx context.Context, incident string) ([]Entry, error) {
	var all []Entry
	err := s.entries(ctx, " WHERE subject = ? ORDER BY seq", []any{incident}, func(e Entry) error {
		all = append(all, e)
		return nil
	})
	return all, err
}

func (s *Store) entries(ctx context.Context, which string, args []any, visit func(Entry) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT seq, time, actor, name, action, subject, detail, previous, hash FROM audit"+which, args...)
	if err != nil {
		return fmt.Errorf("read the audit record: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		var at int64
		var detail string
		if err := rows.Scan(&e.Seq, &at, &e.Actor, &e.Name, &e.Action, &e.Subject, &detail, &e.Previous, &e.Hash); err != nil {
			return fmt.Errorf("read the audit record: %w", err)
		}
		e.Time, e.Detail = fromMicros(at), json.RawMessage(detail)
		if err := visit(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// BrokenError says where the chain of the audit record does not hold.
type BrokenError struct{ Seq int64 }

func (e *BrokenError) Error() string {
	return fmt.Sprintf("the audit record does not hold at entry %d: it, or the one before, was changed, removed or added afterwards", e.Seq)
}

// VerifyAudit checks the whole chain and answers how many entries it has, the
// newest hash, and whether the noted hash is one of them. The error is a
// *BrokenError at the first entry that does not fit.
func (s *Store) VerifyAudit(ctx context.Context, noted string) (count int64, newest string, found bool, err error) {
	err = s.Audit(ctx, func(e Entry) error {
		sum, err := e.Sum()
		if err != nil {
			return err
		}
		if e.Seq != count+1 || e.Previous != newest || e.Hash != sum {
			return &BrokenError{count + 1}
		}
		count, newest = e.Seq, e.Hash
		found = found || e.Hash == noted
		return nil
	})
	return count, newest, found, err
}
