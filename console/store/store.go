// Package store keeps what the console knows: incidents, machines, accounts,
// tokens and sessions, in embedded SQLite. A record that was acknowledged is on
// disk. It never renders, authenticates or talks to a network.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNotFound: there is no such thing.
var ErrNotFound = errors.New("not found")

// Store is the console's database. It is safe for concurrent use, also by
// several processes.
type Store struct {
	write *sql.DB // one connection: SQLite takes one writer at a time
	read  *sql.DB

	insertIncident, insertRecord *sql.Stmt
	queue                        queue
	committing                   sync.Mutex
}

// Open opens the database in a folder, making and migrating it as needed.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	path := filepath.Join(dir, "console.db")
	// SQLite makes its files readable by all; the folder is not always ours.
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	} else if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	write, err := open(path, "&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := migrate(ctx, write); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := open(path, "&mode=ro")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	s := &Store{write: write, read: read}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// readers bounds how many requests read at once; more wait their turn.
const readers = 4

func (s *Store) prepare(ctx context.Context) (err error) {
	if s.insertIncident, err = s.write.PrepareContext(ctx, insertIncident); err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	if s.insertRecord, err = s.write.PrepareContext(ctx, insertRecord); err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	return nil
}

func open(path, more string) (*sql.DB, error) {
	const pragmas = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=cache_size(-32000)&_pragma=journal_size_limit(67108864)"
	db, err := sql.Open("sqlite", "file:"+path+pragmas+more)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return db, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// Close closes the database.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// Busy tells whether an error means that the database is overloaded and the
// same may work a little later.
func Busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == 5 || e.Code()&0xff == 6) // SQLITE_BUSY, SQLITE_LOCKED
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
