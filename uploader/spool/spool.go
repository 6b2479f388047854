// Package spool keeps incidents on this machine until the console has them.
// Put returns when the record would survive a power cut; what was kept is
// handed out by severity, highest first, until it is acknowledged.
//
// Each record is a file of its own, written beside, flushed, renamed into place
// and the folder flushed: a crash leaves the old or the new one, and a damaged
// record costs only itself. Records are sealed with AES-256-GCM under a key that
// only the service can read. The package never sends, never shows a record to
// anybody but its caller, and never loses one silently: when it fills up, like
// incidents become one that is counted, and an incident of the spool's own says
// so.
package spool

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// The codes of incidents that the spool records about itself.
const (
	CodeMerged  = "spool-merged"  // detail: limit, merged, counted-SEVERITY
	CodeDamaged = "spool-damaged" // detail: records
	CodeRefused = "spool-refused" // detail: records, reason
)

// What Put and Open can answer besides the system's own errors.
var (
	// ErrFull: there is no room, and nothing alike to count the incident with.
	ErrFull = errors.New("the spool is full")
	// ErrInUse: another process has this spool open.
	ErrInUse = errors.New("the spool is in use by another process")
	// ErrClosed: the spool was closed.
	ErrClosed = errors.New("the spool is closed")
)

// Limits bound what is kept. Zero values mean the defaults.
type Limits struct {
	Records int   // default 20,000
	Bytes   int64 // default 64 MiB, of sealed records
}

func (l Limits) orDefault() Limits {
	if l.Records <= 0 {
		l.Records = 20_000
	}
	if l.Bytes <= 0 {
		l.Bytes = 64 << 20
	}
	return l
}

// The folders beside the records: what could not be read, and what the console
// would not take. Nothing in them is sent; each keeps the newest maxAside.
const (
	damagedFolder = "damaged"
	refusedFolder = "refused"
	maxAside      = 1000
)

// Spool is one folder of records. All methods may be used by any number of
// goroutines at once.
type Spool struct {
	dir     string
	aead    cipher.AEAD
	machine incident.Machine
	limits  Limits
	log     *slog.Logger
	lock    *os.File

	// turn is held by whoever changes the folder.
	turn chan struct{}

	mu     sync.Mutex // guards what follows; the index changes only under turn too
	queue  []*putting
	index  index
	grown  chan struct{} // closed when a record is added
	notice string        // id of the newest spool-merged incident
	closed bool
}

// Open opens the folder, making it where it is missing, and reads what is in
// it. Records that cannot be read are moved aside and reported by an incident.
// The machine names the spool's own incidents.
func Open(dir string, key Key, machine incident.Machine, limits Limits, log *slog.Logger) (*Spool, error) {
	for _, d := range []string{dir, filepath.Join(dir, damagedFolder), filepath.Join(dir, refusedFolder)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("make spool folder: %w", err)
		}
	}
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("open spool %s: %w", dir, err)
	}
	aead, err := key.aead()
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("open spool %s: %w", dir, err)
	}
	s := &Spool{
		dir: dir, aead: aead, machine: machine, limits: limits.orDefault(), log: log, lock: lock,
		turn: make(chan struct{}, 1), grown: make(chan struct{}), index: newIndex(),
	}
	if err := s.recover(); err != nil {
		lock.Close()
		return nil, fmt.Errorf("open spool %s: %w", dir, err)
	}
	return s, nil
}

// recover reads every record there is and removes what a crash left half
// written.
func (s *Spool) recover() error {
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("list records: %w", err)
	}
	damaged := 0
	for _, f := range files {
		if !f.Type().IsRegular() || f.Name() == lockName || f.Name() == reserveFile {
			continue
		}
		if strings.HasPrefix(f.Name(), temporary) {
			if err := os.Remove(filepath.Join(s.dir, f.Name())); err != nil {
				return fmt.Errorf("remove a half-written record: %w", err)
			}
			continue
		}
		e, err := s.recoverRecord(f.Name())
		switch {
		case errors.Is(err, errDamaged):
			damaged++
			s.putAside(f.Name(), damagedFolder, err)
		case err != nil:
			return err
		default:
			s.index.add(e)
		}
	}
	s.restoreReserve()
	if damaged > 0 {
		s.report(CodeDamaged, map[string]string{"records": strconv.Itoa(damaged)})
	}
	return nil
}

func (s *Spool) recoverRecord(name string) (*entry, error) {
	e, ok := parseName(name)
	if !ok {
		return nil, fmt.Errorf("%w: not the name of a record", errDamaged)
	}
	i, size, err := s.read(e)
	if err != nil {
		return nil, err
	}
	if rank(i.Severity) != e.rank || s.index.has(e.id) {
		return nil, fmt.Errorf("%w: stored under another name", errDamaged)
	}
	e.size, e.like = size, s.index.likeness(&i)
	return e, nil
}

// report records an incident of the spool's own. The caller has the turn.
func (s *Spool) report(code string, detail map[string]string) {
	i, err := s.own(code, incident.High, detail)
	if err == nil {
		p := &putting{incidents: []incident.Incident{i}, done: make(chan struct{})}
		s.commit([]*putting{p})
		err = p.err
	}
	if err != nil {
		s.log.Error("could not record an incident of the spool", "code", code, "error", err)
	}
}

func (s *Spool) own(code string, severity incident.Severity, detail map[string]string) (incident.Incident, error) {
	i, err := incident.New(incident.Agent, time.Now())
	if err != nil {
		return i, err
	}
	i.Severity, i.Machine, i.Code, i.Detail = severity, s.machine, code, detail
	return i, nil
}

// Depth is what waits.
type Depth struct {
	Records int
	Bytes   int64
	Oldest  time.Time // of the oldest record, UTC; zero when there is none
}

// Depth answers what waits, without touching the disk.
func (s *Spool) Depth() Depth {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.depth()
}

// Wait returns when there is something to send, or with the context's error.
func (s *Spool) Wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		n, grown, closed := s.index.count, s.grown, s.closed
		s.mu.Unlock()
		switch {
		case closed:
			return ErrClosed
		case n > 0:
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close waits for what is under way and gives the folder back.
func (s *Spool) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.grown)
	for _, p := range s.queue {
		p.end(ErrClosed)
	}
	s.queue = nil
	if err := s.lock.Close(); err != nil {
		return fmt.Errorf("close spool: %w", err)
	}
	return nil
}

// take takes the turn to change the folder.
func (s *Spool) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		s.give()
		return ErrClosed
	}
	return nil
}

func (s *Spool) give() { <-s.turn }

// putAside moves a file where nothing is sent from, for somebody to look at.
func (s *Spool) putAside(name, folder string, why error) {
	s.log.Error("incident record put aside", "folder", folder, "record", name, "reason", why)
	to := filepath.Join(s.dir, folder)
	err := os.Rename(filepath.Join(s.dir, name), filepath.Join(to, name))
	if err == nil {
		err = keepNewest(to, maxAside)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Error("could not put an incident record aside", "record", name, "error", err)
	}
}

// keepNewest removes files of a folder over the given number, those of the
// lowest severity first, then the oldest: the order of their names.
func keepNewest(dir string, most int) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list %s: %w", filepath.Base(dir), err)
	}
	for n := 0; n < len(files)-most; n++ {
		if err := os.Remove(filepath.Join(dir, files[n].Name())); err != nil {
			return fmt.Errorf("make room in %s: %w", filepath.Base(dir), err)
		}
	}
	return nil
}
