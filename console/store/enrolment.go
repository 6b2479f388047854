package store

import (
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

// Why a machine is not enrolled, or may not speak.
var (
	ErrToken   = errors.New("the enrolment token is unknown, has expired, was revoked or is used up")
	ErrBound   = errors.New("the machine's id is bound to another key")
	ErrRevoked = errors.New("the machine was revoked")
)

// MaxUses bounds how many machines one token may enrol.
const MaxUses = 100_000

// CreateEnrolToken makes a token that so many machines may be enrolled with,
// and answers its secret, this once.
func (s *Store) CreateEnrolToken(ctx context.Context, name string, uses int, now, expires time.Time) (secret string, err error) {
	if uses < 1 || uses > MaxUses {
		return "", fmt.Errorf("make a token: 1 to %d uses", MaxUses)
	}
	return s.createToken(ctx, name, TokenEnrol, uses, now, expires)
}

// Enrolment is a machine that asks to be one of the fleet.
type Enrolment struct {
	Secret  string // the token's
	Machine enrol.Facts
	Key     string // enrol.KeyID of its public key
	// Issue signs a certificate; called once the machine is accepted.
	Issue func() (*x509.Certificate, error)
}

// Enrol binds a machine's id to its key and answers its certificate in DER. It
// uses the token up once for each machine: one that asks again with the same
// token and key, because it heard no answer, gets the same certificate.
func (s *Store) Enrol(ctx context.Context, e Enrolment, now time.Time) (cert []byte, err error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("enrol a machine: %w", err)
	}
	defer tx.Rollback()
	var by Account // the token stands for whoever made it
	var valid bool
	err = tx.QueryRowContext(ctx, "SELECT id, name, expires = 0 OR expires > ? FROM tokens WHERE hash = ? AND kind = ? AND revoked = 0",
		micros(now), digest(e.Secret), TokenEnrol).Scan(&by.ID, &by.Name, &valid)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrToken
	}
	if err != nil {
		return nil, fmt.Errorf("enrol a machine: %w", err)
	}
	cert, err = bound(ctx, tx, e, by.ID)
	if cert != nil || err != nil {
		return cert, err
	}
	if !valid {
		return nil, ErrToken
	}
	if err := admit(ctx, tx, e, by, now); err != nil {
		return nil, err
	}
	issued, err := e.Issue()
	if err != nil {
		return nil, err
	}
	if err := keepCertificate(ctx, tx, issued, e.Machine.ID, by.ID, now); err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("enrol a machine: %w", err)
	}
	return issued.Raw, nil
}

// bound answers the certificate a machine was given already for this token and
// key, nil where the id is free, or why it is not.
func bound(ctx context.Context, tx *sql.Tx, e Enrolment, token string) (cert []byte, err error) {
	var revoked int64
	err = tx.QueryRowContext(ctx, "SELECT revoked FROM enrolments WHERE machine = ?", e.Machine.ID).Scan(&revoked)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("enrol a machine: %w", err)
	case revoked != 0:
		return nil, ErrRevoked
	}
	err = tx.QueryRowContext(ctx, "SELECT certificate FROM certificates WHERE machine = ? AND key = ? AND token = ?", e.Machine.ID, e.Key, token).Scan(&cert)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, ErrBound
	case err != nil:
		return nil, fmt.Errorf("enrol a machine: %w", err)
	}
	return cert, nil
}

// admit uses the token up once and makes the machine one of the fleet.
func admit(ctx context.Context, tx *sql.Tx, e Enrolment, by Account, now time.Time) error {
	res, err := tx.ExecContext(ctx, "UPDATE tokens SET spent = spent + 1, used = ? WHERE id = ? AND spent < uses", micros(now), by.ID)
	if err != nil {
		return fmt.Errorf("enrol a machine: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrToken, err)
	}
	m := e.Machine
	if _, err := tx.ExecContext(ctx, "INSERT INTO enrolments (machine, name, token, enrolled) VALUES (?, ?, ?, ?)", m.ID, m.Name, by.ID, micros(now)); err != nil {
		return fmt.Errorf("enrol a machine: %w", err)
	}
	// It is on the fleet page from now on, even if it never says a word.
	raw, err := json.Marshal(incident.Heartbeat{Schema: incident.SchemaVersion, Machine: incident.Machine{ID: m.ID, Name: m.Name, OS: m.OS}, Version: m.Version})
	if err != nil {
		return fmt.Errorf("enrol a machine: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO machines (id, name, seen, heartbeat) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING", m.ID, m.Name, micros(now), string(raw)); err != nil {
		return fmt.Errorf("enrol a machine: %w", err)
	}
	return record(ctx, tx, by, ActionEnrol, m.ID, map[string]string{"machine": m.Name, "key": e.Key}, now)
}

func keepCertificate(ctx context.Context, tx *sql.Tx, c *x509.Certificate, machine, token string, now time.Time) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO certificates (serial, machine, key, certificate, token, issued, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
		c.SerialNumber.Text(16), machine, enrol.KeyID(c.RawSubjectPublicKeyInfo), c.Raw, token, micros(now), micros(c.NotAfter))
	if err != nil {
		return fmt.Errorf("keep a certificate: %w", err)
	}
	return nil
}

// Speaks answers the machine's name when the certificate of this serial number
// is one that it was given and it was not revoked; ErrRevoked otherwise.
func (s *Store) Speaks(ctx context.Context, serial, machine string) (name string, err error) {
	var revoked int64
	err = s.read.QueryRowContext(ctx, "SELECT e.name, e.revoked FROM certificates c JOIN enrolments e ON e.machine = c.machine WHERE c.serial = ? AND c.machine = ?", serial, machine).Scan(&name, &revoked)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && revoked != 0:
		return "", ErrRevoked
	case err != nil:
		return "", fmt.Errorf("look up a certificate: %w", err)
	}
	return name, nil
}

// Renew keeps the next certificate of a machine; the present one holds until it
// runs out, so that an answer which is lost costs nothing. Those that ran out
// before forgotten are no longer kept.
func (s *Store) Renew(ctx context.Context, machine string, next *x509.Certificate, now, forgotten time.Time) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("renew a certificate: %w", err)
	}
	defer tx.Rollback()
	var revoked int64
	err = tx.QueryRowContext(ctx, "SELECT revoked FROM enrolments WHERE machine = ?", machine).Scan(&revoked)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && revoked != 0:
		return ErrRevoked
	case err != nil:
		return fmt.Errorf("renew a certificate: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM certificates WHERE machine = ? AND expires < ?", machine, micros(forgotten)); err != nil {
		return fmt.Errorf("renew a certificate: %w", err)
	}
	if err := keepCertificate(ctx, tx, next, machine, "", now); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("renew a certificate: %w", err)
	}
	return nil
}

// RevokeMachine takes a machine's voice away at once, with all certificates it
// has; its id stays taken. ErrNotFound: there is no such machine that may speak.
func (s *Store) RevokeMachine(ctx context.Context, by Account, machine string, now time.Time) error {
	return s.change(ctx, by, ActionRevoke, machine, now, func(tx *sql.Tx) (sql.Result, error) {
		return tx.ExecContext(ctx, "UPDATE enrolments SET revoked = ? WHERE machine = ? AND revoked = 0", micros(now), machine)
	})
}

// ReleaseMachine frees a machine's id, so that it can be enrolled anew with a
// new token and key, and ends every certificate it has. ErrNotFound: it is not
// enrolled.
func (s *Store) ReleaseMachine(ctx context.Context, by Account, machine string, now time.Time) error {
	return s.change(ctx, by, ActionRelease, machine, now, func(tx *sql.Tx) (sql.Result, error) {
		if _, err := tx.ExecContext(ctx, "DELETE FROM certificates WHERE machine = ?", machine); err != nil {
			return nil, err
		}
		return tx.ExecContext(ctx, "DELETE FROM enrolments WHERE machine = ?", machine)
	})
}

// change does something to one machine and records who did it, both or neither.
func (s *Store) change(ctx context.Context, by Account, action, machine string, now time.Time, do func(*sql.Tx) (sql.Result, error)) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	defer tx.Rollback()
	res, err := do(tx)
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	if n, err := res.RowsAffected(); err != nil {
		return fmt.Errorf("%s: %w", action, err)
	} else if n == 0 {
		return ErrNotFound
	}
	if err := record(ctx, tx, by, action, machine, struct{}{}, now); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	return nil
}

// FindMachine answers the id of the one machine of an id or a name; ErrNotFound
// when there is none, or several of that name.
func (s *Store) FindMachine(ctx context.Context, idOrName string) (string, error) {
	var id string
	var count int
	err := s.read.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(MAX(machine), '') FROM enrolments WHERE machine = ? OR name = ?", idOrName, idOrName).Scan(&count, &id)
	if err != nil {
		return "", fmt.Errorf("look up a machine: %w", err)
	}
	if count != 1 || uuid.Validate(id) != nil {
		return "", ErrNotFound
	}
	return id, nil
}
