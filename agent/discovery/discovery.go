// Package discovery looks through folders for what should not lie there: every
// file once, and again when it has changed or the company asks for something
// else. It takes the time nobody else needs, goes on where it was interrupted,
// and keeps only marks of what it has seen, never names or contents.
package discovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
	Began  time.Time // UTC; of the present or the last search, zero before the first
	Ended  time.Time // UTC; zero while it goes on
	Looked int       // files that were looked at in it
	Known  int       // files that had been looked at before
	Failed int       // files and folders that could not be
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
	Look func(ctx context.Context, path string) error
	Log  *slog.Logger

	mu       sync.Mutex
	progress Progress
}

// Progress answers how the search goes.
func (s *Search) Progress() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress
}

// Run searches until the context ends. It keeps a thread of its own, so that
// nobody else runs as slowly.
func (s *Search) Run(ctx context.Context) error {
	if len(s.Folders) == 0 {
		return nil
	}
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	if err := giveWay(); err != nil {
		s.Log.Warn("the search of folders does not give way to other programs", "error", err)
	}
	every := s.Every
	if every == 0 {
		every = usual
	}
	for {
		began, done, err := s.Memory.Last()
		if err != nil {
			return fmt.Errorf("read what was searched: %w", err)
		}
		wait := time.Until(began.Add(every))
		switch {
		case began.IsZero():
			if err = s.Memory.Begin(time.Now()); err != nil {
				return fmt.Errorf("note that a search begins: %w", err)
			}
			continue
		case !done:
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
		if err != nil && ctx.Err() == nil {
			s.Log.Error("folders are searched again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
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
	if err := s.Memory.End(); err != nil {
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

// folder looks through one folder. Links are not followed, and other file
// systems are not entered: they are named on their own.
func (s *Search) folder(ctx context.Context, folder string) error {
	top, err := os.Lstat(folder)
	if err != nil || !top.IsDir() {
		s.Log.Warn("a folder to be searched is not there", "folder", folder)
		return nil
	}
	system := deviceOf(top)
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.set(func(p *Progress) { p.Failed++ })
			return nil // others can still be looked at
		}
		if path != folder && s.excluded(d.Name()) {
			return skip(d)
		}
		if d.IsDir() {
			info, err := d.Info()
			if err != nil || deviceOf(info) != system || strings.Count(path, string(filepath.Separator)) > maxDepth {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return s.file(ctx, path, d)
	})
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func (s *Search) excluded(name string) bool {
	return slices.ContainsFunc(s.Exclude, func(pattern string) bool {
		match, _ := filepath.Match(pattern, name)
		return match
	})
}

// file looks at a file unless it was looked at as it is.
func (s *Search) file(ctx context.Context, path string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return nil // it has gone
	}
	mark := s.Memory.mark(path, info, s.Version())
	known, err := s.Memory.knows(mark)
	if err != nil {
		return fmt.Errorf("look up what was searched: %w", err)
	}
	if known {
		s.set(func(p *Progress) { p.Known++ })
		return nil
	}
	began := time.Now()
	if err := s.Look(ctx, path); err != nil {
		s.set(func(p *Progress) { p.Failed++ })
		return ctx.Err()
	}
	if err := s.Memory.remember(mark); err != nil {
		return fmt.Errorf("remember what was searched: %w", err)
	}
	s.set(func(p *Progress) { p.Looked++ })
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(min(rest, (share-1)*time.Since(began))):
	}
	return nil
}
