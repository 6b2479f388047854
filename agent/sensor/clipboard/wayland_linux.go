package clipboard

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// wayland watches through the programs of wl-clipboard, which speak the
// data-control protocol. Compositors without it (GNOME's among them) do not
// let any program watch. Wayland does not tell who owns the clipboard.
type wayland struct {
	paste, copy string // absolute paths of wl-paste and wl-copy
	serial      atomic.Uint32
}

func (w *wayland) name() string { return "wayland-data-control" }

func (w *wayland) watch(ctx context.Context, seen func(Copy)) error {
	if w.paste == "" || w.copy == "" {
		return fmt.Errorf("watch the clipboard: wl-clipboard is not installed: %w", errors.ErrUnsupported)
	}
	// The content goes to each program run: it is taken and thrown away, so
	// that the owner is not left writing to nobody, and read again bounded.
	cmd := exec.CommandContext(ctx, w.paste, "--watch", "/bin/sh", "-c", "cat >/dev/null; echo")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("watch the clipboard: %w", err)
	}
	var complaint bytes.Buffer
	cmd.Stderr = &limitedWriter{w: &complaint, left: 4 << 10}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("watch the clipboard: %w", err)
	}
	changes := make(chan struct{}, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		defer close(changes)
		in := bufio.NewReader(out)
		for {
			if _, err := in.ReadSlice('\n'); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				return
			}
			w.serial.Add(1)
			select {
			case changes <- struct{}{}:
			default:
			}
		}
	})
	any := false
	for range changes {
		any = true
		if c, ok := w.read(ctx); ok {
			seen(c)
		}
	}
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil
	case !any: // it says at once when the compositor lacks the protocol
		return fmt.Errorf("watch the clipboard: %w: %w: %s", errors.ErrUnsupported, err, strings.TrimSpace(complaint.String()))
	}
	return errors.New("watch the clipboard: the Wayland session is gone")
}

func (w *wayland) read(ctx context.Context) (Copy, bool) {
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	c := Copy{Time: now(), mark: mark{stamp: w.serial.Load()}}
	listed, _, err := w.run(ctx, "--list-types")
	if err != nil {
		return w.failed(ctx, c)
	}
	offered := strings.Split(string(listed), "\n")
	if slices.Contains(offered, "x-kde-passwordManagerHint") {
		if hint, _, err := w.run(ctx, "--no-newline", "--type", "x-kde-passwordManagerHint"); err == nil && string(hint) == "secret" {
			return Copy{}, false
		}
	}
	for _, target := range append([]string{"text/uri-list", "x-special/gnome-copied-files"}, textTargets[:]...) {
		if !slices.Contains(offered, target) {
			continue
		}
		data, complete, err := w.run(ctx, "--no-newline", "--type", target)
		if err != nil {
			return w.failed(ctx, c)
		}
		if !complete {
			c.Incomplete = TooLarge
		}
		if target == "text/uri-list" || strings.HasPrefix(target, "x-special/") {
			files, all := fileList(string(data))
			if c.Files = files; !all {
				c.Incomplete = TooLarge
			}
			if len(files) > 0 {
				return c, true
			}
			continue
		}
		c.Text, _ = boundText(string(data))
		return c, c.Text != ""
	}
	return Copy{}, false
}

func (w *wayland) failed(ctx context.Context, c Copy) (Copy, bool) {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		c.Incomplete = TimedOut
		return c, true
	}
	return Copy{}, false // emptied or replaced meanwhile
}

// run answers what wl-paste prints, and whether that is everything.
func (w *wayland) run(ctx context.Context, args ...string) (out []byte, complete bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.paste, args...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, false, fmt.Errorf("read the clipboard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, false, fmt.Errorf("read the clipboard: %w", err)
	}
	out, err = io.ReadAll(io.LimitReader(pipe, MaxText+1))
	complete = len(out) <= MaxText
	if !complete {
		cancel() // it has more to say than is read
		cmd.Wait()
		return out[:MaxText], false, nil
	}
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return nil, false, fmt.Errorf("read the clipboard: %w", err)
	}
	return out, true, nil
}

// clear empties the clipboard unless something else has come there since. A
// change may have been noticed so late that what was read then was the next copy
// already: a newer change alone does not say that it is gone. Wayland knows no
// way to empty it only if it is still the same.
func (w *wayland) clear(ctx context.Context, c Copy) error {
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	if w.serial.Load() != c.mark.stamp {
		if held, ok := w.read(ctx); !ok || held.Text != c.Text || !slices.Equal(held.Files, c.Files) {
			return ErrReplaced
		}
	}
	if err := exec.CommandContext(ctx, w.copy, "--clear").Run(); err != nil {
		return fmt.Errorf("clear the clipboard: %w", err)
	}
	return nil
}

// limitedWriter keeps the beginning of what is written.
type limitedWriter struct {
	w    io.Writer
	left int
}

func (l *limitedWriter) Write(p []byte) (int, error) {
	keep := p[:min(len(p), l.left)]
	l.left -= len(keep)
	if _, err := l.w.Write(keep); err != nil {
		return 0, err
	}
	return len(p), nil
}
