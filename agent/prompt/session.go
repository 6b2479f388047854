package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/message"
)

// ErrAlreadyRunning: another session helper serves this desktop session.
var ErrAlreadyRunning = errors.New("a session helper is already running in this session")

// ErrNoDesktop: there is no desktop session to show anything in.
var ErrNoDesktop = errors.New("there is no desktop session here")

// Reconnecting to a service that went away: soon at first, for it is most
// likely being restarted.
const (
	reconnectFirst = 100 * time.Millisecond
	reconnectMost  = 5 * time.Second
	maxTries       = 3 // to show one group
)

// Session is the session helper: it runs as the person, in their session, and
// shows what the service has to tell them. It has no authority of its own.
type Session struct {
	Socket   string // of the service
	Language string // "en" or "zh"
	Once     bool   // end after the first notice was shown
	Log      *slog.Logger

	// Offer, when set, answers the buttons of a notice, and Chosen is called
	// with the one that was pressed. Where the desktop has no buttons neither
	// is called.
	Offer  func(Notice) []Action
	Chosen func(n Notice, key string)

	// Beside, when set, is run for as long as this helper is the one of its
	// desktop session, and ends with its context.
	Beside func(context.Context)
}

// Action is a button of a notice.
type Action struct {
	Key   string // as Chosen is told; never shown
	Label string
}

// presenter shows groups of notices in one way.
type presenter interface {
	// ready waits until something can be shown.
	ready(ctx context.Context) error
	show(ctx context.Context, g *group) error
	// ended is closed when the session is over.
	ended() <-chan struct{}
	// dismissed receives the handles of what the person closed.
	dismissed() <-chan uint32
}

// Print writes notices to w instead of a desktop.
func (s Session) Print(ctx context.Context, w io.Writer) error {
	catalog, err := message.Load(messages)
	if err != nil {
		return err
	}
	return s.run(ctx, printing{w, catalog.Printer(s.Language)})
}

// printing shows notices as text.
type printing struct {
	w io.Writer
	*message.Printer
}

func (p printing) ready(context.Context) error { return nil }
func (p printing) ended() <-chan struct{}      { return nil }
func (p printing) dismissed() <-chan uint32    { return nil }

func (p printing) show(_ context.Context, g *group) error {
	t := render(p.Printer, g.latest, g.more())
	if _, err := fmt.Fprintf(p.w, "%s\n%s\n\n", t.Title, t.Body()); err != nil {
		return fmt.Errorf("print notice: %w", err)
	}
	return nil
}

// run shows notices until the context or the session ends.
func (s Session) run(ctx context.Context, p presenter) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	notices := make(chan control.Notice)
	wg.Go(func() { s.receive(ctx, notices) })

	var m merger
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.ended():
			s.Log.Info("the session has ended")
			return nil
		case handle := <-p.dismissed():
			m.mute(handle)
		case c := <-notices:
			n, err := fromWire(c)
			if err != nil {
				s.Log.Warn("a notice could not be shown", "error", err)
				continue
			}
			m.add("", n, c.Missed, time.Now())
		case <-timer.C:
		}
		shown, wait := s.advance(ctx, p, &m)
		if shown && s.Once {
			return nil
		}
		if wait >= 0 {
			timer.Reset(wait)
		}
	}
}

// advance shows what is due and answers whether anything was shown, and how
// long until there is more; negative when nothing waits.
func (s Session) advance(ctx context.Context, p presenter, m *merger) (shown bool, wait time.Duration) {
	for {
		g, wait := m.next(time.Now())
		if g == nil {
			return shown, wait
		}
		err := p.show(ctx, g)
		if err == nil {
			shown, g.tries = true, 0
			continue
		}
		s.Log.Warn("a notice could not be shown", "error", err, "try", g.tries+1)
		if g.tries++; g.tries < maxTries {
			g.dirty = true
		}
		if p.ready(ctx) != nil { // the session or the context is ending
			return shown, -1
		}
	}
}

// receive takes notices from the service, whenever that is there, until the
// context ends.
func (s Session) receive(ctx context.Context, notices chan<- control.Notice) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = reconnectFirst, reconnectMost
	reason := ""
	for ctx.Err() == nil {
		err := s.subscribe(ctx, notices, func() {
			s.Log.Info("connected to the service")
			wait.Reset()
			reason = ""
		})
		if err != nil && err.Error() != reason { // one line per reason, not per try
			reason = err.Error()
			s.Log.Info("waiting for the service", "reason", reason)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait.NextBackOff()):
		}
	}
}

func (s Session) subscribe(ctx context.Context, notices chan<- control.Notice, subscribed func()) error {
	client, err := control.Dial(ctx, s.Socket)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Subscribe(ctx, subscribed, func(n control.Notice) {
		select {
		case notices <- n:
		case <-ctx.Done():
		}
	})
}
