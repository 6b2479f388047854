package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/trustline/trustline/uploader/incident"
)

// Peek answers up to n incidents to send, highest severity first, then oldest.
// They stay until they are acknowledged or set aside; until then they may be
// answered again, by a later Open too, always with the same id and content. One
// that cannot be read is moved aside and reported by an incident of its own.
func (s *Spool) Peek(ctx context.Context, n int) ([]incident.Incident, error) {
	if err := s.take(ctx); err != nil {
		return nil, fmt.Errorf("read waiting incidents: %w", err)
	}
	defer s.give()
	offer := s.index.first(n)
	if err := s.offer(offer); err != nil {
		return nil, err
	}
	list := make([]incident.Incident, 0, len(offer))
	var lost []*entry
	for _, e := range offer {
		switch i, _, err := s.read(e); {
		case err == nil:
			list = append(list, i)
		case errors.Is(err, errDamaged), errors.Is(err, fs.ErrNotExist):
			s.putAside(e.name(), damagedFolder, err)
			lost = append(lost, e)
		default:
			return nil, err
		}
	}
	if len(lost) > 0 {
		s.drop(lost)
		s.report(CodeDamaged, map[string]string{"records": strconv.Itoa(len(lost))})
	}
	return list, nil
}

// offer marks records as handed out, durably: what may have been sent must
// never change, or the console would keep the old count.
func (s *Spool) offer(list []*entry) error {
	marked := false
	for _, e := range list {
		if e.offered {
			continue
		}
		was := filepath.Join(s.dir, e.name())
		s.mu.Lock()
		s.index.offer(e)
		s.mu.Unlock()
		marked = true
		// A file that is gone is found when it is read.
		if err := os.Rename(was, filepath.Join(s.dir, e.name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.mu.Lock()
			e.offered = false
			s.mu.Unlock()
			return fmt.Errorf("mark a record as handed out: %w", err)
		}
	}
	if !marked {
		return nil
	}
	return syncFolder(s.dir)
}

// Ack removes incidents the console has. Unknown ids are ignored.
func (s *Spool) Ack(ids []string) error {
	if err := s.take(context.Background()); err != nil {
		return fmt.Errorf("remove sent incidents: %w", err)
	}
	defer s.give()
	gone, err := s.each(ids, func(e *entry) error {
		return os.Remove(filepath.Join(s.dir, e.name()))
	})
	s.drop(gone)
	if len(gone) > 0 {
		s.restoreReserve()
		err = errors.Join(err, syncFolder(s.dir))
	}
	if err != nil {
		return fmt.Errorf("remove sent incidents: %w", err)
	}
	return nil
}

// SetAside takes incidents out of the queue that the console will never take,
// keeps them in a folder of their own, and records an incident that says so.
// The reason is a short code, never customer data. Unknown ids are ignored.
func (s *Spool) SetAside(ids []string, reason string) error {
	if err := s.take(context.Background()); err != nil {
		return fmt.Errorf("set refused incidents aside: %w", err)
	}
	defer s.give()
	own := 0
	gone, err := s.each(ids, func(e *entry) error {
		if i, _, err := s.read(e); err == nil && i.Code == CodeRefused {
			own++
		}
		s.putAside(e.name(), refusedFolder, errors.New(reason))
		return nil
	})
	s.drop(gone)
	// A refused report about refused records is not reported again.
	if n := len(gone) - own; n > 0 {
		s.report(CodeRefused, map[string]string{"records": strconv.Itoa(n), "reason": reason})
	}
	if err != nil {
		return fmt.Errorf("set refused incidents aside: %w", err)
	}
	return nil
}

// each does something to the records of these ids and answers those it was
// done to, or that were gone already.
func (s *Spool) each(ids []string, do func(*entry) error) (done []*entry, err error) {
	for _, id := range ids {
		e := s.index.byID[id]
		if e == nil {
			continue
		}
		if failed := do(e); failed != nil && !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
			continue
		}
		done = append(done, e)
	}
	return done, err
}

func (s *Spool) drop(gone []*entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.remove(gone)
}
