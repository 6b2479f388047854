// Package discovery looks through folders for what should not lie there: every
// file once, and again when it has changed or the company asks for something
// else. It takes the time nobody else needs, goes on where it was interrupted,
// and keeps only marks of what it has seen, never names or contents.
package discovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Bounds.
const (
	maxDepth = 64
	// share is how much of one processor the search takes, as one part in so
	// many: it rests this often as long as it has worked.
	share = 4
	// rest bounds one rest, so that a large file does not stop it for hours.
	rest = 10 * time.Second
	// retry is how long after a failure the search begins anew.
	retry = 10 * time.Minute
)

// Config says what is looked through.
type Config struct {
	// Folders are looked through with everything below them on the same file
	// system; none: nothing is.
	Folders []string `yaml:"folders"`
	// Exclude are patterns of base names that are left out, such as ".git".
	Exclude []string `yaml:"exclude"`
	// Every is how long after one search began the next one does; 0: a day.
	Every time.Duration `yaml:"every"`
}

const (
	usual = 24 * time.Hour
	least = 10 * time.Minute
)

// Check answers what is wrong with a configuration.
func (c *Config) Check() error {
	var errs []error
	for _, f := range c.Folders {
		if !filepath.IsAbs(f) {
			errs = append(errs, fmt.Errorf("discovery.folders: %q is not an absolute path", f))
		}
	}
	for _, p := range c.Exclude {
		if _, err := filepath.Match(p, "x"); err != nil || strings.ContainsRune(p, filepath.Separator) {
			errs = append(errs, fmt.Errorf("discovery.exclude: %q is not a pattern of a name, such as \"*.iso\"", p))
		}
	}
	if c.Every != 0 && c.Every < least {
		errs = append(errs, fmt.Errorf("discovery.every: needs at least %v", least))
	}
	return errors.Join(errs...)
}

// Progress is how a search goes.
type Progress struct {
	Began  time.Time `json:"began,omitzero"` // UTC; of the present or the last search, zero before the first
	Ended  time.Time `json:"ended,omitzero"` // UTC; zero while it goes on
	Looked int       `json:"looked"`         // files that were looked at in it
	Known  int       `json:"known"`          // files that had been looked at before
	Found  int       `json:"found"`          // of those looked at, how many hold what should not lie there
	Failed int       `json:"failed"`         // files and folders that could not be
}

// Search looks through folders again and again. Its fields are set before Run.
type Search struct {
	Config
	Memory *Memory
	// Version names what is looked for: when it changes everything is looked at
	// again.
	Version func() string
	// Look looks at one file. It answers an error when it could not, so that the
	// file is tried again the next time.
	Look func(ctx context.Context, path string) (Looked, error)
	Log  *slog.Logger

	mu       sync.Mutex
	progress Progress
	now      chan struct{} // a search is asked for
}

// Looked is what came of looking at a file.
type Looked struct {
	Found bool
	// Again is from when on it is to be looked at again although it has not
	// changed; zero: never.
	Again time.Time
}

// Progress answers how the search goes.
func (s *Search) Progress() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress
}

// Again has a search begin at once, and answers false while one goes on.
func (s *Search) Again() bool {
	if p := s.Progress(); p.Ended.IsZero() && !p.Began.IsZero() {
		return false
	}
	select {
	case s.asked() <- struct{}{}:
	default: // asked for already
	}
	return true
}

// Next answers when the next search begins, zero while one goes on.
func (s *Search) Next() time.Time {
	p := s.Progress()
	if p.Ended.IsZero() {
		return time.Time{}
	}
	return p.Began.Add(s.every())
}

func (s *Search) every() time.Duration { return cmp.Or(s.Every, usual) }

func (s *Search) asked() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		s.now = make(chan struct{}, 1)
	}
	return s.now
}

// Run searches until the context ends. It keeps a thread of its own, so that
// nobody else runs as slowly.
func (s *Search) Run(ctx context.Context) error {
	if len(s.Folders) == 0 {
		return nil
	}
	GiveWay(s.Log)
	for {
		began, ended, err := s.Memory.Last()
		if err != nil {
			return fmt.Errorf("read what was searched: %w", err)
		}
		wait := time.Until(began.Add(s.every()))
		switch {
		case began.IsZero():
			if err = s.Memory.Begin(time.Now()); err != nil {
				return fmt.Errorf("note that a search begins: %w", err)
			}
			continue
		case ended.IsZero():
			if err = s.once(ctx, began); err == nil {
				continue
			}
			wait = retry
		case wait <= 0:
			if err = s.Memory.Begin(time.Now()); err == nil {
				continue
			}
			wait = retry
		}
		s.told(began, ended)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("folders are searched again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		case <-s.asked():
			if err := s.Memory.Begin(time.Now()); err != nil {
				s.Log.Error("folders are searched again later", "error", err)
			}
		}
	}
}

// told tells of the last search where none was made since the start.
func (s *Search) told(began, ended time.Time) {
	s.set(func(p *Progress) {
		if p.Began.IsZero() && !ended.IsZero() {
			p.Began, p.Ended = began, ended
		}
	})
}

// GiveWay has what the calling goroutine does, and the processes it starts, run
// and read when nobody else wants to, for the rest of the goroutine's life.
func GiveWay(log *slog.Logger) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	if err := giveWay(); err != nil {
		log.Warn("looking at files at rest does not give way to other programs", "error", err)
	}
}

// once looks through all folders.
func (s *Search) once(ctx context.Context, began time.Time) error {
	s.set(func(p *Progress) { *p = Progress{Began: began} })
	s.Log.Info("folders are searched", "folders", len(s.Folders))
	for _, folder := range s.Folders {
		if err := s.folder(ctx, folder); err != nil {
			return err
		}
	}
	if err := s.Memory.End(time.Now()); err != nil {
		return fmt.Errorf("note that a search has ended: %w", err)
	}
	s.set(func(p *Progress) { p.Ended = time.Now().UTC() })
	p := s.Progress()
	s.Log.Info("folders were searched", "looked", p.Looked, "known", p.Known, "failed", p.Failed)
	return nil
}

func (s *Search) set(change func(*Progress)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.progress)
}

// folder looks through one folder.
func (s *Search) folder(ctx context.Context, folder string) error {
	err := walk(ctx, folder, s.Exclude, func(path string, d fs.DirEntry) error { return s.file(ctx, path, d) },
		func() { s.set(func(p *Progress) { p.Failed++ }) })
	if errors.Is(err, errNoFolder) {
		s.Log.Warn("a folder to be searched is not there", "folder", folder)
		return nil
	}
	return err
}

// file looks at a file unless it was looked at as it is.
func (s *Search) file(ctx context.Context, path string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return nil // it has gone
	}
	mark := s.Memory.mark(path, info, s.Version())
	known, err := s.Memory.knows(mark, time.Now())
	if err != nil {
		return fmt.Errorf("look up what was searched: %w", err)
	}
	if known {
		s.set(func(p *Progress) { p.Known++ })
		return nil
	}
	began := time.Now()
	looked, err := s.Look(ctx, path)
	if err != nil {
		s.set(func(p *Progress) { p.Failed++ })
		return ctx.Err()
	}
	if err := s.Memory.remember(mark, looked.Again); err != nil {
		return fmt.Errorf("remember what was searched: %w", err)
	}
	s.set(func(p *Progress) {
		p.Looked++
		if looked.Found {
			p.Found++
		}
	})
	return pause(ctx, began)
}

// pause rests after work that began then.
func pause(ctx context.Context, began time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(min(rest, (share-1)*time.Since(began))):
		return nil
	}
}
