package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/trustline/trustline/orders"
)

// The actions of the audit record about lists; their subject is the name.
const (
	ActionPublishList  = "list-publish"
	ActionWithdrawList = "list-withdraw"
)

// List is a list as it was published or withdrawn.
type List struct {
	orders.List        // without its key
	Author      string // name of who did it
	KeyID       string
	SealedKey   []byte
}

// publishedList is what the audit record holds of a list.
type publishedList struct {
	Serial int64  `json:"serial"`
	Kind   string `json:"kind"`
	Build  uint64 `json:"build,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Key    string `json:"key,omitempty"`
}

// ErrOlder: a list of this name was published that was built later.
var ErrOlder = errors.New("a list of this name that was built later is published already")

// ErrTooMany: no more lists can be published.
var ErrTooMany = fmt.Errorf("more than %d lists: withdrawn ones count as well", orders.MaxLists)

// AddList makes a list the one of its name in force, or withdraws it, and
// records it, both or neither. It answers the serial. ErrOlder when one is in
// force that was built later, ErrNotFound when there is none to withdraw.
func (s *Store) AddList(ctx context.Context, by Account, l List, now time.Time) (serial int64, err error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("publish a list: %w", err)
	}
	defer tx.Rollback()
	if err := listFits(ctx, tx, l); err != nil {
		return 0, err
	}
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(serial), 0) + 1 FROM lists").Scan(&serial); err != nil {
		return 0, fmt.Errorf("publish a list: %w", err)
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO lists (serial, issued, author, kind, name, withdrawn, build, size, sha256, key_id, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		serial, micros(now), by.Name, l.Kind, l.Name, l.Withdrawn, int64(l.Build), l.Size, l.SHA256, l.KeyID, l.SealedKey)
	if err != nil {
		return 0, fmt.Errorf("publish a list: %w", err)
	}
	action := ActionPublishList
	if l.Withdrawn {
		action = ActionWithdrawList
	}
	if err := record(ctx, tx, by, action, l.Name, publishedList{serial, l.Kind, l.Build, l.SHA256, l.KeyID}, now); err != nil {
		return 0, err
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("publish a list: %w", err)
	}
	return serial, nil
}

// listFits holds a list against what was published before.
func listFits(ctx context.Context, tx *sql.Tx, l List) error {
	var names, built int64
	var withdrawn bool
	err := tx.QueryRowContext(ctx, "SELECT withdrawn, (SELECT MAX(build) FROM lists WHERE kind = ? AND name = ?) FROM lists WHERE kind = ? AND name = ? ORDER BY serial DESC LIMIT 1",
		l.Kind, l.Name, l.Kind, l.Name).Scan(&withdrawn, &built)
	known := !errors.Is(err, sql.ErrNoRows)
	if err == nil || !known {
		err = tx.QueryRowContext(ctx, "SELECT COUNT(DISTINCT kind || '/' || name) FROM lists").Scan(&names)
	}
	switch {
	case err != nil:
		return fmt.Errorf("publish a list: %w", err)
	case l.Withdrawn && (!known || withdrawn):
		return ErrNotFound
	case !l.Withdrawn && int64(l.Build) < built:
		return ErrOlder
	case !known && names >= orders.MaxLists:
		return ErrTooMany
	}
	return nil
}

// ListSerial counts what was published and withdrawn.
func (s *Store) ListSerial(ctx context.Context) (serial int64, err error) {
	if err := s.read.QueryRowContext(ctx, "SELECT COALESCE(MAX(serial), 0) FROM lists").Scan(&serial); err != nil {
		return 0, fmt.Errorf("look up the lists: %w", err)
	}
	return serial, nil
}

// Lists answers the newest of every name, those withdrawn included, by name.
func (s *Store) Lists(ctx context.Context) (all []List, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT serial, issued, author, kind, name, withdrawn, build, size, sha256, key_id, key FROM lists
WHERE serial IN (SELECT MAX(serial) FROM lists GROUP BY kind, name) ORDER BY kind, name`)
	if err != nil {
		return nil, fmt.Errorf("list the lists: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var l List
		var issued, build int64
		if err := rows.Scan(&l.Serial, &issued, &l.Author, &l.Kind, &l.Name, &l.Withdrawn, &build, &l.Size, &l.SHA256, &l.KeyID, &l.SealedKey); err != nil {
			return nil, fmt.Errorf("list the lists: %w", err)
		}
		l.Issued, l.Build = fromMicros(issued), uint64(build)
		all = append(all, l)
	}
	return all, rows.Err()
}
