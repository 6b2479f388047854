package prompt

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html"
	"image"
	"image/draw"
	"image/png"
	"sync"
	"time"

	"github.com/esiqveland/notify"
	"github.com/godbus/dbus/v5"

	"github.com/trustline/trustline/message"
)

// Names on the session bus. SessionName is held by the one helper of a session.
const (
	SessionName = "io.github.trustline.Session"

	notifications     = "org.freedesktop.Notifications"
	notificationsPath = "/org/freedesktop/Notifications"
	closedByPerson    = 2 // reason of NotificationClosed
)

// How long a notification stays, where the desktop lets us say.
const (
	stayStopped = 20 * time.Second
	stayWarned  = 12 * time.Second
)

//go:embed icon.png
var icon []byte

// Desktop shows notices as desktop notifications, until the context or the
// desktop session ends. Errors are ErrNoDesktop, ErrAlreadyRunning or what the
// session bus says.
func (s Session) Desktop(ctx context.Context) error {
	catalog, err := message.Load(messages)
	if err != nil {
		return err
	}
	conn, err := sessionBus(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	reply, err := conn.RequestName(SessionName, dbus.NameFlagDoNotQueue)
	if err != nil {
		return fmt.Errorf("ask for the helper's name on the session bus: %w", err)
	}
	if reply != dbus.RequestNameReplyPrimaryOwner {
		return ErrAlreadyRunning
	}
	d, err := newDesktop(conn, s, catalog.Printer(s.Language))
	if err != nil {
		return err
	}
	defer d.stop()
	if s.Beside != nil {
		var wg sync.WaitGroup
		defer wg.Wait()
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		wg.Go(func() { s.Beside(ctx) })
	}
	return s.run(ctx, d)
}

// sessionBus connects to the bus of the session one is in and never starts one.
func sessionBus(ctx context.Context) (*dbus.Conn, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoDesktop, err)
	}
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: %w", ErrNoDesktop, err)
	}
	return conn, nil
}

// desktop speaks to the notification server of the session, as in the Desktop
// Notifications Specification 1.2.
type desktop struct {
	*message.Printer
	conn    *dbus.Conn
	session Session
	image   notify.Hint
	closed  chan uint32   // handles the person closed
	changed chan struct{} // holds a token when another notification server came
	wg      sync.WaitGroup

	mu      sync.Mutex
	able    map[string]bool   // what the server can do; nil until asked
	offered map[uint32]Notice // notices on the screen that have buttons, by handle
}

// maxOffered bounds the notices whose buttons are still listened to.
const maxOffered = 64

func newDesktop(conn *dbus.Conn, s Session, p *message.Printer) (*desktop, error) {
	picture, err := decodeIcon()
	if err != nil {
		return nil, err
	}
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(notifications), dbus.WithMatchInterface(notifications), dbus.WithMatchObjectPath(notificationsPath)},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, notifications)},
	} {
		if err := conn.AddMatchSignal(match...); err != nil {
			return nil, fmt.Errorf("listen on the session bus: %w", err)
		}
	}
	d := &desktop{
		Printer: p, conn: conn, session: s, image: notify.HintImageDataRGBA(picture),
		closed: make(chan uint32, 16), changed: make(chan struct{}, 1), offered: map[uint32]Notice{},
	}
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	d.wg.Go(func() { d.listen(signals) })
	return d, nil
}

// decodeIcon answers the icon as the specification wants it: colours not
// multiplied by their opacity.
func decodeIcon() (*image.RGBA, error) {
	img, err := png.Decode(bytes.NewReader(icon))
	if err != nil {
		return nil, fmt.Errorf("decode icon: %w", err)
	}
	straight := image.NewNRGBA(img.Bounds())
	draw.Draw(straight, straight.Bounds(), img, image.Point{}, draw.Src)
	return &image.RGBA{Pix: straight.Pix, Stride: straight.Stride, Rect: straight.Rect}, nil
}

func (d *desktop) ended() <-chan struct{}   { return d.conn.Context().Done() }
func (d *desktop) dismissed() <-chan uint32 { return d.closed }

// stop closes the connection and waits for the listener.
func (d *desktop) stop() {
	d.conn.Close()
	d.wg.Wait()
}

// ready waits until a notification server answers; the bus starts one where
// the desktop has it so.
func (d *desktop) ready(ctx context.Context) error {
	said := false
	for {
		names, err := notify.GetCapabilities(d.conn)
		if err == nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.able = map[string]bool{}
			for _, name := range names {
				d.able[name] = true
			}
			return nil
		}
		if !said {
			d.session.Log.Info("waiting for a notification server", "reason", err)
			said = true
		}
		select {
		case <-d.changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-d.ended():
			return fmt.Errorf("%w: the session bus is gone", ErrNoDesktop)
		}
	}
}

func (d *desktop) can(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.able[name]
}

func (d *desktop) show(_ context.Context, g *group) error {
	t := render(d.Printer, g.latest, g.more())
	n := notify.Notification{
		AppName:       d.Text("desktop.name"),
		ReplacesID:    g.handle,
		Summary:       t.Title,
		Body:          t.Body(),
		ExpireTimeout: stayStopped,
	}
	if g.latest.Action == "warn" {
		n.ExpireTimeout = stayWarned
	}
	if d.can("body-markup") {
		n.Body = html.EscapeString(n.Body)
	}
	if d.can("actions") && d.session.Offer != nil {
		for _, a := range d.session.Offer(g.latest) {
			n.Actions = append(n.Actions, notify.Action{Key: a.Key, Label: a.Label})
		}
	}
	n.SetUrgency(notify.UrgencyNormal)
	n.AddHint(d.image)
	n.AddHint(notify.Hint{ID: "category", Variant: dbus.MakeVariant("transfer.error")})
	n.AddHint(notify.Hint{ID: "desktop-entry", Variant: dbus.MakeVariant("trustline-session")})
	handle, err := notify.SendNotification(d.conn, n)
	if err != nil {
		return err
	}
	g.handle = handle
	d.remember(handle, g.latest, len(n.Actions) > 0)
	return nil
}

func (d *desktop) remember(handle uint32, n Notice, buttons bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !buttons {
		return
	}
	if _, known := d.offered[handle]; !known && len(d.offered) >= maxOffered {
		clear(d.offered)
	}
	d.offered[handle] = n
}

// listen follows the notification server's signals until the bus is gone.
// Whoever sends them, nothing is taken for granted of their contents.
func (d *desktop) listen(signals <-chan *dbus.Signal) {
	for signal := range signals {
		switch signal.Name {
		case "org.freedesktop.DBus.NameOwnerChanged":
			select {
			case d.changed <- struct{}{}:
			default:
			}
		case notifications + ".NotificationClosed":
			var handle, reason uint32
			if dbus.Store(signal.Body, &handle, &reason) == nil {
				d.hasClosed(handle, reason)
			}
		case notifications + ".ActionInvoked":
			var handle uint32
			var key string
			if dbus.Store(signal.Body, &handle, &key) == nil {
				d.pressed(handle, key)
			}
		}
	}
}

func (d *desktop) hasClosed(handle, reason uint32) {
	d.mu.Lock()
	delete(d.offered, handle)
	d.mu.Unlock()
	if reason != closedByPerson {
		return
	}
	select {
	case d.closed <- handle:
	default:
	}
}

func (d *desktop) pressed(handle uint32, key string) {
	d.mu.Lock()
	n, ours := d.offered[handle]
	d.mu.Unlock()
	if ours && d.session.Chosen != nil {
		d.session.Chosen(n, key)
	}
}
