// Package clipboard sees what the person of this session puts on the
// clipboard: text and lists of files, and from which program. It lives in the
// session helper, for a service has no clipboard. It waits for the system's
// own change events and polls only where there are none. It never judges or
// keeps what it sees, and does not read at all what a password manager marks
// as secret. On X11 it watches what is copied (CLIPBOARD), not what is merely
// selected (PRIMARY, pasted with the middle button).
package clipboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// Bounds on reading one copy.
const (
	MaxText  = 4 << 20 // bytes of text
	maxFiles = 10_000

	readPatience = 2 * time.Second // for the program that owns the clipboard to hand over what it offered
)

// Why a copy could not be read in full.
const (
	TooLarge = "too-large"
	TimedOut = "timed-out"
	Corrupt  = "corrupt"
)

// ErrReplaced: something else is on the clipboard by now.
var ErrReplaced = errors.New("the clipboard holds something else by now")

// Copy is one thing put on the clipboard. Text and Files are not masked: they
// go to detection and nowhere else.
type Copy struct {
	Time  time.Time // UTC, when it was noticed
	Text  string    // at most MaxText bytes of valid UTF-8
	Files []string  // absolute paths, when files were copied
	// Incomplete says why Text or Files is not everything, "" when it is.
	Incomplete string
	Source     Source

	mark mark
}

// Source is the program that owns the clipboard; zero where the system does
// not tell.
type Source struct {
	PID     int
	Program string // absolute path
}

// mark tells one copy from the next one.
type mark struct{ owner, stamp uint32 }

// Sensor watches one session's clipboard.
type Sensor struct {
	backends []backend
	log      *slog.Logger
	active   atomic.Pointer[backend] // the one that watches, nil for none
}

// backend is one way to the clipboard.
type backend interface {
	name() string
	// watch calls seen for each copy, one at a time, until the context ends
	// (nil) or it can no longer watch. An error that is errors.ErrUnsupported
	// says that this way does not exist here.
	watch(ctx context.Context, seen func(Copy)) error
	// clear empties the clipboard if it still holds the copy, or answers
	// ErrReplaced.
	clear(ctx context.Context, c Copy) error
}

// New answers the sensor for the session the process runs in. Environment is
// asked for DISPLAY and WAYLAND_DISPLAY.
func New(environment func(string) string, log *slog.Logger) *Sensor {
	return &Sensor{backends: backends(environment), log: log}
}

// Watch calls seen for each copy, one at a time, until the context ends (nil).
// When copies follow each other faster than they are read, the ones already
// replaced are left out. Errors are errors.ErrUnsupported where there is no
// clipboard, or what ended the session.
func (s *Sensor) Watch(ctx context.Context, seen func(Copy)) error {
	err := fmt.Errorf("watch the clipboard: no way to it in this session: %w", errors.ErrUnsupported)
	for _, b := range s.backends {
		s.active.Store(&b)
		s.log.Info("watching the clipboard", "by", b.name())
		err = b.watch(ctx, seen)
		s.active.Store(nil)
		if !errors.Is(err, errors.ErrUnsupported) {
			break
		}
		s.log.Info("this way to the clipboard does not exist here", "by", b.name(), "reason", err)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Clear takes the copy off the clipboard, if it is still there; ErrReplaced
// when it is not. It may be called from within seen, and by several at once.
func (s *Sensor) Clear(ctx context.Context, c Copy) error {
	if b := s.active.Load(); b != nil {
		return (*b).clear(ctx, c)
	}
	return errors.New("clear the clipboard: it is not being watched")
}

// fileList answers the paths of a text/uri-list (RFC 2483) or of what file
// managers of the GNOME kind put beside it, whose first line is a verb.
// Addresses other than local files are left out.
func fileList(text string) (files []string, complete bool) {
	for line := range strings.Lines(text) {
		u, err := url.Parse(strings.TrimSpace(line))
		if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" || !filepath.IsAbs(u.Path) {
			continue
		}
		if len(files) == maxFiles {
			return files, false
		}
		files = append(files, filepath.Clean(u.Path))
	}
	return files, true
}

// boundText answers valid UTF-8 of at most MaxText bytes, and whether that is
// everything.
func boundText(text string) (string, bool) {
	complete := len(text) <= MaxText
	if !complete {
		text = text[:MaxText]
	}
	return strings.ToValidUTF8(text, "\uFFFD"), complete
}
