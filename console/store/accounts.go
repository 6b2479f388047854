package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// The kinds of token.
const (
	TokenAPI   = "api"   // may read
	TokenEnrol = "enrol" // may make machines part of the fleet, so many times
)

// Token is what a program identifies itself with. The secret itself is not kept.
type Token struct {
	ID, Name, Kind         string
	Created, Expires, Used time.Time // zero: never
	Revoked                bool
	Uses, Spent            int // of kind enrol: how many machines, at most and by now
}

// CreateToken makes a token and answers its secret, this once.
func (s *Store) CreateToken(ctx context.Context, name, kind string, now, expires time.Time) (secret string, err error) {
	return s.createToken(ctx, name, kind, 0, now, expires)
}

func (s *Store) createToken(ctx context.Context, name, kind string, uses int, now, expires time.Time) (secret string, err error) {
	secret = "tl_" + kind + "_" + randomText()
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	_, err = s.write.ExecContext(ctx, "INSERT INTO tokens (id, name, kind, hash, created, expires, uses) VALUES (?, ?, ?, ?, ?, ?, ?)",
		id.String(), name, kind, digest(secret), micros(now), micros(expires), uses)
	if err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	return secret, nil
}

// CheckToken answers the token of a secret; ErrNotFound when there is none, or
// it has expired, or was revoked.
func (s *Store) CheckToken(ctx context.Context, secret string, now time.Time) (Token, error) {
	var t Token
	var created, expires, used, revoked int64
	err := s.read.QueryRowContext(ctx, "SELECT id, name, kind, created, expires, used, revoked FROM tokens WHERE hash = ?", digest(secret)).
		Scan(&t.ID, &t.Name, &t.Kind, &created, &expires, &used, &revoked)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Token{}, ErrNotFound
	case err != nil:
		return Token{}, fmt.Errorf("look up a token: %w", err)
	case revoked != 0 || expires != 0 && micros(now) >= expires:
		return Token{}, ErrNotFound
	}
	t.Created, t.Expires, t.Used = fromMicros(created), fromMicros(expires), fromMicros(used)
	// Kept to the hour, so that reading does not become writing.
	if now.Sub(t.Used) > time.Hour {
		if _, err := s.write.ExecContext(ctx, "UPDATE tokens SET used = ? WHERE id = ?", micros(now), t.ID); err != nil && !Busy(err) {
			return Token{}, fmt.Errorf("note the use of a token: %w", err)
		}
	}
	return t, nil
}

// Tokens answers all, newest first.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, name, kind, created, expires, used, revoked, uses, spent FROM tokens ORDER BY created DESC")
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	defer rows.Close()
	list := []Token{}
	for rows.Next() {
		var t Token
		var created, expires, used, revoked int64
		if err := rows.Scan(&t.ID, &t.Name, &t.Kind, &created, &expires, &used, &revoked, &t.Uses, &t.Spent); err != nil {
			return nil, fmt.Errorf("list tokens: %w", err)
		}
		t.Created, t.Expires, t.Used, t.Revoked = fromMicros(created), fromMicros(expires), fromMicros(used), revoked != 0
		list = append(list, t)
	}
	return list, rows.Err()
}

// RevokeToken ends tokens by id or name and answers how many it ended.
func (s *Store) RevokeToken(ctx context.Context, idOrName string, now time.Time) (int, error) {
	res, err := s.write.ExecContext(ctx, "UPDATE tokens SET revoked = ? WHERE (id = ? OR name = ?) AND revoked = 0", micros(now), idOrName, idOrName)
	if err != nil {
		return 0, fmt.Errorf("revoke a token: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// The roles.
const (
	RoleReviewer      = "reviewer"
	RoleAdministrator = "administrator"
)

// Account is a person who signs in.
type Account struct {
	ID, Name, Role string
	Password       string // argon2id, PHC string
}

// ErrTaken: there is an account of this name already.
var ErrTaken = errors.New("the name is taken")

// Account answers the account of a name.
func (s *Store) Account(ctx context.Context, name string) (Account, error) {
	return s.account(ctx, "name = ?", name)
}

// AccountByID answers the account of an id.
func (s *Store) AccountByID(ctx context.Context, id string) (Account, error) {
	return s.account(ctx, "id = ?", id)
}

func (s *Store) account(ctx context.Context, where, value string) (Account, error) {
	var a Account
	err := s.read.QueryRowContext(ctx, "SELECT id, name, role, password FROM accounts WHERE "+where, value).Scan(&a.ID, &a.Name, &a.Role, &a.Password)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Account{}, ErrNotFound
	case err != nil:
		return Account{}, fmt.Errorf("look up an account: %w", err)
	}
	return a, nil
}

// HasAccounts tells whether anybody can sign in yet.
func (s *Store) HasAccounts(ctx context.Context) (bool, error) {
	var n int
	if err := s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM accounts LIMIT 1)").Scan(&n); err != nil {
		return false, fmt.Errorf("look for accounts: %w", err)
	}
	return n > 0, nil
}

// CreateSetup makes the one-time secret with which the first administrator is
// made; an earlier one ends.
func (s *Store) CreateSetup(ctx context.Context, expires time.Time) (secret string, err error) {
	secret = randomText()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return "", fmt.Errorf("make a set-up link: %w", err)
	}
	defer tx.Rollback()
	if _, err = tx.ExecContext(ctx, "DELETE FROM setup"); err == nil {
		_, err = tx.ExecContext(ctx, "INSERT INTO setup (hash, expires) VALUES (?, ?)", digest(secret), micros(expires))
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return "", fmt.Errorf("make a set-up link: %w", err)
	}
	return secret, nil
}

// CheckSetup tells whether the secret still works, without using it up.
func (s *Store) CheckSetup(ctx context.Context, secret string, now time.Time) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM setup WHERE hash = ? AND expires > ?", digest(secret), micros(now)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("check a set-up link: %w", err)
	}
	return n > 0, nil
}

// UseSetup makes the first administrator and uses the secret up, both or
// neither. ErrNotFound: the secret is wrong, expired or used.
func (s *Store) UseSetup(ctx context.Context, secret string, a Account, now time.Time) (Account, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, fmt.Errorf("make an account: %w", err)
	}
	a.ID, a.Role = id.String(), RoleAdministrator
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return Account{}, fmt.Errorf("make an account: %w", err)
	}
	defer tx.Rollback()
	res, err := tx.ExecContext(ctx, "DELETE FROM setup WHERE hash = ? AND expires > ?", digest(secret), micros(now))
	if err != nil {
		return Account{}, fmt.Errorf("use a set-up link: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return Account{}, ErrNotFound
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO accounts (id, name, role, password, created) VALUES (?, ?, ?, ?, ?)", a.ID, a.Name, a.Role, a.Password, micros(now))
	if err != nil {
		return Account{}, fmt.Errorf("make an account: %w", err)
	}
	if err := record(ctx, tx, a, ActionAccount, "", map[string]string{"role": a.Role}, now); err != nil {
		return Account{}, err
	}
	if err := tx.Commit(); err != nil {
		return Account{}, fmt.Errorf("make an account: %w", err)
	}
	return a, nil
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func randomText() string {
	var b [24]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
