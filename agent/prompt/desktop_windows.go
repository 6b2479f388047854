package prompt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/window"
	"github.com/trustline/trustline/message"
)

var (
	shell32    = windows.NewLazySystemDLL("shell32.dll")
	user32     = windows.NewLazySystemDLL("user32.dll")
	notifyIcon = shell32.NewProc("Shell_NotifyIconW")
	loadIcon   = user32.NewProc("LoadIconW")
	registered = user32.NewProc("RegisterWindowMessageW")
)

// Of shellapi.h and winuser.h.
const (
	iconAdd, iconModify, iconDelete, iconVersion = 0, 1, 2, 4

	withMessage, withIcon, withTip, withInfo, showTip = 1, 2, 4, 16, 128

	version4       = 4
	infoWarning    = 2
	balloonClicked = 0x0405 // NIN_BALLOONUSERCLICK
	iconSelected   = 0x0400 // NIN_SELECT
	shield         = 32518  // IDI_SHIELD
	called         = window.User + 1
)

// iconData is NOTIFYICONDATAW.
type iconData struct {
	size             uint32
	window           uintptr
	id, flags        uint32
	callback         uint32
	icon             uintptr
	tip              [128]uint16
	state, stateMask uint32
	info             [256]uint16
	version          uint32
	infoTitle        [64]uint16
	infoFlags        uint32
	item             windows.GUID
	balloonIcon      uintptr
}

// Desktop shows notices as notifications of Windows, until the context or the
// session ends. A click on one leads to the person's page: there are no buttons
// of its own. Errors are ErrNoDesktop, ErrAlreadyRunning or what the system says.
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
	d := &tray{Printer: catalog.Printer(s.Language), session: s, over: make(chan struct{})}
	if d.window, err = window.Open("trustline-session", d.happened); err != nil {
		return fmt.Errorf("%w: %w", ErrNoDesktop, err)
	}
	defer d.window.Close()
	defer func() { _ = d.call(iconDelete, d.data()) }() // the session may be over
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

// onlyOne makes sure that this is the one helper of the session.
func onlyOne() (release func(), err error) {
	runtime.LockOSThread() // a mutex belongs to a thread
	name, err := windows.UTF16PtrFromString(`Local\trustline-session`)
	if err != nil {
		return nil, err
	}
	mutex, err := windows.CreateMutex(nil, false, name)
	if errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		_ = windows.CloseHandle(mutex) // the other one's
		return nil, ErrAlreadyRunning
	}
	if err != nil {
		return nil, fmt.Errorf("become the helper of this session: %w", err)
	}
	return func() { _ = windows.CloseHandle(mutex); runtime.UnlockOSThread() }, nil
}

// tray shows notices from an icon in the notification area.
type tray struct {
	*message.Printer
	session Session
	window  *window.Window
	over    chan struct{}
	once    sync.Once

	mu     sync.Mutex
	latest Notice
	added  bool
}

func (d *tray) ended() <-chan struct{}   { return d.over }
func (d *tray) dismissed() <-chan uint32 { return nil }

// happened takes what the system tells our window.
func (d *tray) happened(message uint32, w, l uintptr) {
	switch message {
	case window.EndSession:
		if w != 0 {
			d.once.Do(func() { close(d.over) })
		}
	case called:
		if what := uint32(l & 0xFFFF); what == balloonClicked || what == iconSelected {
			d.mu.Lock()
			n := d.latest
			d.mu.Unlock()
			if d.session.Chosen != nil && n.ID != "" {
				d.session.Chosen(n, "default")
			}
		}
	}
}

func (d *tray) data() *iconData {
	i := &iconData{window: d.window.Handle, id: 1}
	i.size = uint32(unsafe.Sizeof(*i))
	return i
}

func (d *tray) call(what uintptr, i *iconData) error {
	if r, _, err := notifyIcon.Call(what, uintptr(unsafe.Pointer(i))); r == 0 {
		return fmt.Errorf("show something in the notification area: %w", err)
	}
	return nil
}

// ready waits until our icon is in the notification area, without which Windows
// shows no notice of ours: there is none before Explorer has started.
func (d *tray) ready(ctx context.Context) error {
	for said := false; ; said = true {
		err := d.add()
		if err == nil {
			return nil
		}
		if !said {
			d.session.Log.Info("waiting for the notification area", "reason", err)
		}
		select {
		case <-time.After(addAgain):
		case <-ctx.Done():
			return ctx.Err()
		case <-d.over:
			return fmt.Errorf("%w: the session has ended", ErrNoDesktop)
		}
	}
}

const addAgain = 2 * time.Second

func (d *tray) add() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.data()
	i.flags, i.callback = withMessage|withIcon|withTip|showTip, called
	i.icon, _, _ = loadIcon.Call(0, shield)
	put(i.tip[:], d.Text("desktop.name"))
	if d.added {
		_ = d.call(iconDelete, d.data()) // Explorer may have been started anew
	}
	if err := d.call(iconAdd, i); err != nil {
		return err
	}
	i.version = version4
	_ = d.call(iconVersion, i) // clicks are told in the older way where it is not known
	d.added = true
	return nil
}

func (d *tray) show(_ context.Context, g *group) error {
	t := render(d.Printer, g.latest, g.more())
	i := d.data()
	i.flags, i.infoFlags = withInfo, infoWarning
	put(i.infoTitle[:], t.Title)
	put(i.info[:], t.Body())
	if err := d.call(iconModify, i); err != nil {
		return err
	}
	d.mu.Lock()
	d.latest = g.latest
	d.mu.Unlock()
	return nil
}

// put writes text that ends where there is no more room.
func put(into []uint16, text string) {
	units := windows.StringToUTF16(harmless(text, len(into)))
	if len(units) > len(into) {
		units = append(units[:len(into)-2], '…', 0)
	}
	copy(into, units)
}
