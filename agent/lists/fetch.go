package lists

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/signed"
	"github.com/trustline/trustline/uploader/keyfile"
)

// How soon what failed is tried again, about.
const (
	retryFirst  = 5 * time.Second
	retrySeldom = 15 * time.Minute
)

// errRefused: what was fetched, or what is said of it, is not the console's.
var errRefused = errors.New("refused")

// Run fetches what is offered until the context ends. It calls changed when
// other lists are in use than before, and tell for what is worth an incident.
func (s *Shelf) Run(ctx context.Context, fetch Fetch, changed func(), tell func(Event)) {
	retry := &backoff.ExponentialBackOff{InitialInterval: retryFirst, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: retrySeldom}
	retry.Reset()
	again := time.NewTimer(0)
	<-again.C
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.news:
			retry.Reset()
		case <-again.C:
		}
		again.Stop()
		if s.settle(ctx, fetch, changed, tell) {
			again.Reset(retry.NextBackOff())
		}
	}
}

// settle takes up what is wanted, each for itself: one that fails holds no
// other up. It tells whether something is to be tried again.
func (s *Shelf) settle(ctx context.Context, fetch Fetch, changed func(), tell func(Event)) (again bool) {
	s.mu.Lock()
	wanted := s.wanted
	s.mu.Unlock()
	for _, e := range wanted {
		l, err := s.open(e)
		took := false
		if err == nil {
			took, err = s.take(ctx, l, e, fetch)
		} else {
			err = fmt.Errorf("%w: %w", errRefused, err)
		}
		switch {
		case ctx.Err() != nil:
			return false
		case errors.Is(err, errRefused):
			again = again || l.Serial > 0
			if s.first(e) {
				s.log.Error("a list is refused, the one in use stays", "list", l.Name, "error", err)
				tell(Event{Code: Refused, List: l.Name, Problem: err.Error()})
			}
		case err != nil:
			again = true
			s.log.Warn("a list cannot be had; it is tried again", "list", l.Name, "error", err)
		case took:
			s.log.Info("a list of the console's was taken up", "list", l.Name, "serial", l.Serial, "withdrawn", l.Withdrawn)
			changed()
			s.tidy()
			tell(Event{Code: Changed, List: l.Name})
		}
	}
	return again
}

// first tells whether an envelope was not refused before.
func (s *Shelf) first(e signed.Envelope) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(append(append([]byte(e.Key+"\x00"), e.Signature...), e.Payload...))
	if s.refused[string(sum[:])] || len(s.refused) >= maxRefused {
		return false
	}
	s.refused[string(sum[:])] = true
	return true
}

// take has a list in use from now on, unless it is already.
func (s *Shelf) take(ctx context.Context, l orders.List, e signed.Envelope, fetch Fetch) (bool, error) {
	s.mu.Lock()
	held, has := s.held[id(l)]
	s.mu.Unlock()
	switch {
	case has && l.Serial == held.Serial:
		return false, nil
	case has && l.Serial < held.Serial:
		return false, fmt.Errorf("%w: publication %d was offered while %d is in use; if the console was restored from a backup, publish there until its number is higher", errRefused, l.Serial, held.Serial)
	}
	if !l.Withdrawn {
		if err := s.fetch(ctx, l, fetch); err != nil {
			return false, err
		}
	}
	raw, err := json.Marshal(e)
	if err == nil {
		// From here on the list is the one in use, also after a crash.
		err = keyfile.Write(filepath.Join(s.dir, id(l)+orderSuffix), raw)
	}
	if err != nil {
		return false, fmt.Errorf("keep a list: %w", err)
	}
	s.mu.Lock()
	s.held[id(l)] = l
	s.mu.Unlock()
	return true, nil
}

// fetch has the file of a list in the folder, whole and checked.
func (s *Shelf) fetch(ctx context.Context, l orders.List, fetch Fetch) error {
	if s.check(ctx, l, s.path(l)) == nil {
		return nil // there already: withdrawn and published again, or a crash came between
	}
	part := filepath.Join(s.dir, l.SHA256+partSuffix)
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("keep a list: %w", err)
	}
	err = s.rest(ctx, l, f, fetch)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := s.check(ctx, l, part); err != nil {
		if ctx.Err() == nil {
			err = errors.Join(err, os.Remove(part)) // from the beginning the next time
		}
		return err
	}
	if err := os.Rename(part, s.path(l)); err != nil {
		return fmt.Errorf("keep a list: %w", err)
	}
	return nil
}

// rest fetches what is missing of a file, for as long as every request brings
// some of it.
func (s *Shelf) rest(ctx context.Context, l orders.List, f *os.File, fetch Fetch) error {
	for {
		before, err := f.Stat()
		if err != nil {
			return fmt.Errorf("keep a list: %w", err)
		}
		if before.Size() >= l.Size {
			return nil
		}
		failed := fetch(ctx, l.SHA256, before.Size(), l.Size, f)
		after, err := f.Stat()
		switch {
		case err != nil:
			return fmt.Errorf("keep a list: %w", err)
		case after.Size() <= before.Size():
			return cmp.Or(failed, io.ErrUnexpectedEOF)
		}
	}
}

// check tells whether a file is what the console has signed.
func (s *Shelf) check(ctx context.Context, l orders.List, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("check a list: %w", err)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(f, l.Size+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("check a list: %w", err)
	}
	if n != l.Size || hex.EncodeToString(sum.Sum(nil)) != l.SHA256 {
		return fmt.Errorf("%w: the bytes are not those the console has signed for", errRefused)
	}
	key, err := listfile.ParseKey([]byte(l.Key))
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	info, err := rules.CheckList(ctx, path, listfile.Ring{key})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w: %w", errRefused, err)
	case info != rules.ListInfo{Kind: l.Kind, Name: l.Name, Serial: l.Build}:
		return fmt.Errorf("%w: it is another list than the console says", errRefused)
	}
	return nil
}
