package clipboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/res"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
	"github.com/shirou/gopsutil/v3/process"
)

// x11 watches the CLIPBOARD selection of an X server by the XFixes extension.
type x11 struct {
	display string

	mu   sync.Mutex
	conn *xgb.Conn // while watching
}

func (x *x11) name() string { return "x11-xfixes" }

// xSession is one connection to the X server.
type xSession struct {
	conn   *xgb.Conn
	window xproto.Window // ours, where others put what they hand over
	atoms  map[string]xproto.Atom
	hasRes bool
	turn   int // which property is used next; of who reads alone

	mu      sync.Mutex
	latest  xfixes.SelectionNotifyEvent
	changed chan struct{}  // holds a token when latest is news
	handed  chan xgb.Event // SelectionNotify, PropertyNotify
	gone    chan struct{}
}

func (x *x11) watch(ctx context.Context, seen func(Copy)) error {
	xgb.Logger.SetOutput(io.Discard) // what matters comes back as an error
	conn, err := xgb.NewConnDisplay(x.display)
	if err != nil {
		return fmt.Errorf("connect to the X server: %w", err)
	}
	s := &xSession{
		conn: conn, atoms: map[string]xproto.Atom{},
		changed: make(chan struct{}, 1), handed: make(chan xgb.Event, 64), gone: make(chan struct{}),
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer conn.Close()
	wg.Go(s.pump)
	if err := s.prepare(); err != nil {
		return err
	}
	x.set(conn)
	defer x.set(nil)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.gone:
			return errors.New("watch the clipboard: the X server is gone")
		case <-s.changed:
			s.mu.Lock()
			ev := s.latest
			s.mu.Unlock()
			if ev.Owner == xproto.WindowNone || ev.Owner == s.window {
				continue
			}
			if c, ok := s.read(ctx, ev); ok {
				seen(c)
			}
		}
	}
}

func (x *x11) set(conn *xgb.Conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.conn = conn
}

// clear gives the selection up with the time at which the copy was made: the
// server does nothing when it has changed hands since.
func (x *x11) clear(_ context.Context, c Copy) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.conn == nil {
		return errors.New("clear the clipboard: the X server is gone")
	}
	selection, err := xproto.InternAtom(x.conn, true, 9, "CLIPBOARD").Reply()
	if err != nil {
		return fmt.Errorf("clear the clipboard: %w", err)
	}
	err = xproto.SetSelectionOwnerChecked(x.conn, xproto.WindowNone, selection.Atom, xproto.Timestamp(c.mark.stamp)).Check()
	if err != nil {
		return fmt.Errorf("clear the clipboard: %w", err)
	}
	owner, err := xproto.GetSelectionOwner(x.conn, selection.Atom).Reply()
	if err != nil {
		return fmt.Errorf("clear the clipboard: %w", err)
	}
	if owner.Owner != xproto.WindowNone {
		return ErrReplaced
	}
	return nil
}

// atomNames are the names the sensor speaks in; those of properties take turns
// so that what comes late for one transfer is not taken for the next one's.
var atomNames = [...]string{
	"CLIPBOARD", "TARGETS", "INCR", "ATOM", "UTF8_STRING", "STRING", "TEXT", "text/plain;charset=utf-8", "text/plain",
	"text/html", "text/uri-list", "x-special/gnome-copied-files", "x-kde-passwordManagerHint", "_NET_WM_PID",
	"TRUSTLINE_0", "TRUSTLINE_1", "TRUSTLINE_2", "TRUSTLINE_3",
}

func (s *xSession) prepare() error {
	if err := xfixes.Init(s.conn); err != nil {
		return fmt.Errorf("watch the clipboard: the X server has no XFixes: %w: %w", errors.ErrUnsupported, err)
	}
	if _, err := xfixes.QueryVersion(s.conn, 5, 0).Reply(); err != nil {
		return fmt.Errorf("watch the clipboard: %w", err)
	}
	s.hasRes = res.Init(s.conn) == nil
	if s.hasRes {
		v, err := res.QueryVersion(s.conn, 1, 2).Reply()
		s.hasRes = err == nil && (v.ServerMajor > 1 || v.ServerMinor >= 2)
	}
	for _, name := range atomNames {
		a, err := xproto.InternAtom(s.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return fmt.Errorf("watch the clipboard: %w", err)
		}
		s.atoms[name] = a.Atom
	}
	window, err := xproto.NewWindowId(s.conn)
	if err != nil {
		return fmt.Errorf("watch the clipboard: %w", err)
	}
	s.window = window
	screen := xproto.Setup(s.conn).DefaultScreen(s.conn)
	err = xproto.CreateWindowChecked(s.conn, 0, window, screen.Root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0,
		xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange}).Check()
	if err != nil {
		return fmt.Errorf("watch the clipboard: %w", err)
	}
	err = xfixes.SelectSelectionInputChecked(s.conn, window, s.atoms["CLIPBOARD"], xfixes.SelectionEventMaskSetSelectionOwner).Check()
	if err != nil {
		return fmt.Errorf("watch the clipboard: %w", err)
	}
	return nil
}

// pump takes events off the connection and never waits for anybody: whoever
// floods the window with events would stop replies from coming otherwise.
func (s *xSession) pump() {
	defer close(s.gone)
	for {
		ev, xerr := s.conn.WaitForEvent()
		switch ev := ev.(type) {
		case nil:
			if xerr == nil {
				return
			}
		case xfixes.SelectionNotifyEvent:
			s.mu.Lock()
			s.latest = ev // an older one that nobody took is of no interest any more
			s.mu.Unlock()
			s.wake()
		case xproto.SelectionNotifyEvent, xproto.PropertyNotifyEvent:
			select {
			case s.handed <- ev:
			default:
			}
		}
	}
}

func (s *xSession) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// source asks the X server which process the window belongs to, and only where
// the server does not say, the window itself.
func (s *xSession) source(window xproto.Window) Source {
	pid := s.clientPID(window)
	for w, depth := window, 0; pid == 0 && w != 0 && depth < 8; depth++ {
		p, err := xproto.GetProperty(s.conn, false, w, s.atoms["_NET_WM_PID"], xproto.AtomCardinal, 0, 1).Reply()
		if err == nil && p.Format == 32 && len(p.Value) >= 4 {
			pid = int(xgb.Get32(p.Value))
			break
		}
		tree, err := xproto.QueryTree(s.conn, w).Reply()
		if err != nil {
			break
		}
		w = tree.Parent
	}
	if pid <= 0 {
		return Source{}
	}
	src := Source{PID: pid}
	if p, err := process.NewProcess(int32(pid)); err == nil {
		src.Program, _ = p.Exe() // "" when it has ended or is another person's
	}
	return src
}

func (s *xSession) clientPID(window xproto.Window) int {
	if !s.hasRes {
		return 0
	}
	spec := []res.ClientIdSpec{{Client: uint32(window), Mask: res.ClientIdMaskLocalClientPID}}
	r, err := res.QueryClientIds(s.conn, 1, spec).Reply()
	if err != nil {
		return 0
	}
	for _, id := range r.Ids {
		if id.Spec.Mask == res.ClientIdMaskLocalClientPID && len(id.Value) > 0 {
			return int(id.Value[0])
		}
	}
	return 0
}

// now is the time of a copy that has just been noticed.
func now() time.Time { return time.Now().UTC() }
