package prompt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/message"
)

// osascript shows what AppleScript can: alerts with buttons, and banners.
const osascript = "/usr/bin/osascript"

// Texts are handed over as arguments, never as a part of the script, and behind
// a letter that the script takes off: a file called -e… is no option.
const (
	alertScript  = "display alert (my told(argv, 1)) message (my told(argv, 2)) as warning buttons {my told(argv, 3), my told(argv, 4)} default button 2 giving up after 60"
	bannerScript = "display notification (my told(argv, 2)) with title (my told(argv, 1))"
	toldScript   = "text 2 thru -1 of item n of texts"
)

// script is the command that does one thing with texts.
func script(ctx context.Context, do string, texts ...string) *exec.Cmd {
	args := []string{"-e", "on told(texts, n)", "-e", toldScript, "-e", "end told", "-e", "on run argv", "-e", do, "-e", "end run"}
	for _, t := range texts {
		args = append(args, "x"+t)
	}
	return exec.CommandContext(ctx, osascript, args...)
}

// Desktop shows notices as alerts of macOS, and as banners while an alert is
// open, until the context ends. Errors are ErrNoDesktop, ErrAlreadyRunning or
// what the system says. It is not verified: it builds, and was never run.
func (s Session) Desktop(ctx context.Context) error {
	catalog, err := message.Load(messages)
	if err != nil {
		return err
	}
	release, err := onlyOne()
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancel(ctx)
	d := &alerts{Printer: catalog.Printer(s.Language), session: s, free: make(chan struct{}, 1), ctx: ctx}
	defer d.open.Wait()
	defer cancel()
	if s.Beside != nil {
		d.open.Go(func() { s.Beside(ctx) })
	}
	return s.run(ctx, d)
}

// onlyOne makes sure that this is the one helper of the person's session.
func onlyOne() (release func(), err error) {
	dir, err := os.UserCacheDir()
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("become the helper of this session: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "trustline-session.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("become the helper of this session: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrAlreadyRunning
		}
		return nil, fmt.Errorf("become the helper of this session: %w", err)
	}
	return func() { _ = lock.Close() }, nil
}

// alerts shows one alert at a time.
type alerts struct {
	*message.Printer
	session Session
	ctx     context.Context // of the session: an alert outlives the call that shows it
	free    chan struct{}   // holds one while an alert is open
	open    sync.WaitGroup
}

func (d *alerts) ended() <-chan struct{}   { return nil }
func (d *alerts) dismissed() <-chan uint32 { return nil }

func (d *alerts) ready(context.Context) error {
	if _, err := os.Stat(osascript); err != nil {
		return fmt.Errorf("%w: %w", ErrNoDesktop, err)
	}
	return nil
}

func (d *alerts) show(ctx context.Context, g *group) error {
	t := render(d.Printer, g.latest, g.more())
	var offered []Action
	if d.session.Offer != nil {
		offered = d.session.Offer(g.latest)
	}
	if len(offered) > 0 {
		n := g.latest
		select {
		case d.free <- struct{}{}:
			d.open.Go(func() {
				defer func() { <-d.free }()
				d.ask(n, t.Title, t.Body(), offered[0])
			})
			return nil
		default: // an alert is open
		}
	}
	if err := script(ctx, bannerScript, t.Title, t.Body()).Run(); err != nil {
		return fmt.Errorf("show a banner: %w", err)
	}
	return nil
}

// ask shows an alert and takes what was pressed.
func (d *alerts) ask(n Notice, title, body string, offered Action) {
	out, err := script(d.ctx, alertScript, title, body, d.Text("desktop.close"), offered.Label).Output()
	if err != nil {
		if d.ctx.Err() == nil {
			d.session.Log.Warn("an alert could not be shown", "error", err)
		}
		return
	}
	if strings.Contains(string(out), "button returned:"+offered.Label) && d.session.Chosen != nil {
		d.session.Chosen(n, offered.Key)
	}
}
