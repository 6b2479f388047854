package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ActionAccountRemoved is the audit record's word for an account that ends.
const ActionAccountRemoved = "account-removed"

// ActionPassword is the audit record's word for a new password.
const ActionPassword = "password-changed"

// ErrLast: without this account nobody could administer the console.
var ErrLast = errors.New("it is the last administrator's account")

// AddAccount makes an account with this name, role and password hash, and
// records it, both or neither. ErrTaken: there is one of this name.
func (s *Store) AddAccount(ctx context.Context, by, a Account, now time.Time) (Account, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, fmt.Errorf("make an account: %w", err)
	}
	a.ID = id.String()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return Account{}, fmt.Errorf("make an account: %w", err)
	}
	defer tx.Rollback()
	res, err := tx.ExecContext(ctx, "INSERT INTO accounts (id, name, role, password, created) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING", a.ID, a.Name, a.Role, a.Password, micros(now))
	if err != nil {
		return Account{}, fmt.Errorf("make an account: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return Account{}, errors.Join(ErrTaken, err)
	}
	if err := record(ctx, tx, by, ActionAccount, "", map[string]string{"role": a.Role, "account": a.Name}, now); err != nil {
		return Account{}, err
	}
	return a, tx.Commit()
}

// Accounts answers everybody who can sign in, by name, without passwords.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, name, role FROM accounts ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	defer rows.Close()
	var all []Account
	for rows.Next() {
		var a Account
		if err := rows.Scan(&a.ID, &a.Name, &a.Role); err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// SetPassword gives the account its new password hash in place of the one it had
// before, and records it, both or neither.
// ErrNotFound: it has another one by now, or has ended.
func (s *Store) SetPassword(ctx context.Context, by, a Account, before string, now time.Time) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("change a password: %w", err)
	}
	defer tx.Rollback()
	res, err := tx.ExecContext(ctx, "UPDATE accounts SET password = ? WHERE id = ? AND password = ?", a.Password, a.ID, before)
	if err != nil {
		return fmt.Errorf("change a password: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotFound, err)
	}
	if err := record(ctx, tx, by, ActionPassword, "", map[string]string{"account": a.Name}, now); err != nil {
		return err
	}
	return tx.Commit()
}

// RemoveAccount ends an account: whoever is signed in with it is signed out with
// their next request.
// ErrNotFound: there is none of this name. ErrLast: it is the last
// administrator's.
func (s *Store) RemoveAccount(ctx context.Context, by Account, name string, now time.Time) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("remove an account: %w", err)
	}
	defer tx.Rollback()
	res, err := tx.ExecContext(ctx, "DELETE FROM accounts WHERE name = ?", strings.TrimSpace(name))
	if err != nil {
		return fmt.Errorf("remove an account: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotFound, err)
	}
	var left int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM accounts WHERE role = ?", RoleAdministrator).Scan(&left); err != nil {
		return fmt.Errorf("remove an account: %w", err)
	}
	if left == 0 {
		return ErrLast
	}
	if err := record(ctx, tx, by, ActionAccountRemoved, "", map[string]string{"account": name}, now); err != nil {
		return err
	}
	return tx.Commit()
}
