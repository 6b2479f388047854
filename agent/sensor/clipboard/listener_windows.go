package clipboard

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
)

var (
	user32         = windows.NewLazySystemDLL("user32.dll")
	kernel32       = windows.NewLazySystemDLL("kernel32.dll")
	shell32        = windows.NewLazySystemDLL("shell32.dll")
	addListener    = user32.NewProc("AddClipboardFormatListener")
	dropListener   = user32.NewProc("RemoveClipboardFormatListener")
	sequence       = user32.NewProc("GetClipboardSequenceNumber")
	openClipboard  = user32.NewProc("OpenClipboard")
	closeClipboard = user32.NewProc("CloseClipboard")
	emptyClipboard = user32.NewProc("EmptyClipboard")
	hasFormat      = user32.NewProc("IsClipboardFormatAvailable")
	formatNamed    = user32.NewProc("RegisterClipboardFormatW")
	clipboardData  = user32.NewProc("GetClipboardData")
	clipboardOwner = user32.NewProc("GetClipboardOwner")
	globalLock     = kernel32.NewProc("GlobalLock")
	globalUnlock   = kernel32.NewProc("GlobalUnlock")
	globalSize     = kernel32.NewProc("GlobalSize")
	dragQueryFile  = shell32.NewProc("DragQueryFileW")
)

// Formats of winuser.h.
const (
	unicodeText = 13
	fileDrop    = 15
)

// secrets are the formats by which password managers ask programs that watch
// the clipboard not to look.
var secrets = []string{"ExcludeClipboardContentFromMonitorProcessing", "Clipboard Viewer Ignore"}

// listener is told by the system when something is copied.
type listener struct {
	mu     sync.Mutex
	window *window.Window // while watching
}

func (l *listener) name() string { return "windows-listener" }

func (l *listener) watch(ctx context.Context, seen func(Copy)) error {
	changed := make(chan struct{}, 1)
	w, err := window.Open("trustline-clipboard", func(message uint32, _, _ uintptr) {
		if message == window.ClipboardUpdate {
			select {
			case changed <- struct{}{}:
			default: // it is looked at anyway
			}
		}
	})
	if err != nil {
		return fmt.Errorf("watch the clipboard: %w: %w", errors.ErrUnsupported, err)
	}
	defer w.Close()
	if r, _, err := addListener.Call(w.Handle); r == 0 {
		return fmt.Errorf("watch the clipboard: %w: %w", errors.ErrUnsupported, err)
	}
	defer dropListener.Call(w.Handle)
	l.set(w)
	defer l.set(nil)
	last := stamp() // what was there before is nobody's copy of now
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.Gone():
			return errors.New("watch the clipboard: the session has ended")
		case <-changed:
		}
		if now := stamp(); now != last {
			last = now
			if c, ok := l.read(ctx, w); ok {
				seen(c)
			}
		}
	}
}

func (l *listener) set(w *window.Window) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.window = w
}

func stamp() uint32 {
	n, _, _ := sequence.Call() // 0 without access to the window station
	return uint32(n)
}

// open opens the clipboard, which one thread at a time may have open: the caller
// has locked itself to its own until it is closed.
func open(ctx context.Context, handle uintptr) error {
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	for {
		r, _, err := openClipboard.Call(handle)
		if r != 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("open the clipboard: %w", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// read answers what is on the clipboard, and false for what is neither text nor
// files, or a secret.
func (l *listener) read(ctx context.Context, w *window.Window) (Copy, bool) {
	l.mu.Lock() // the same window may open it twice, to clear it
	defer l.mu.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c := Copy{Time: time.Now().UTC(), Source: source()}
	if err := open(ctx, w.Handle); err != nil {
		c.Incomplete = TimedOut
		return c, true
	}
	defer closeClipboard.Call()
	c.mark = mark{stamp: stamp()}
	for _, name := range secrets {
		if available(name) {
			return Copy{}, false
		}
	}
	complete := true
	if r, _, _ := hasFormat.Call(fileDrop); r != 0 {
		c.Files, complete = dropped()
	} else if r, _, _ := hasFormat.Call(unicodeText); r != 0 {
		c.Text, complete = text()
	}
	if !complete {
		c.Incomplete = TooLarge
	}
	return c, c.Text != "" || len(c.Files) > 0
}

func available(name string) bool {
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return false
	}
	format, _, _ := formatNamed.Call(uintptr(unsafe.Pointer(p)))
	if format == 0 {
		return false
	}
	r, _, _ := hasFormat.Call(format)
	return r != 0
}

// text answers the text on the open clipboard, and whether that is all of it.
func text() (string, bool) {
	handle, _, _ := clipboardData.Call(unicodeText)
	if handle == 0 {
		return "", true
	}
	at, _, _ := globalLock.Call(handle)
	if at == 0 {
		return "", true
	}
	defer globalUnlock.Call(handle)
	size, _, _ := globalSize.Call(handle)
	units := unsafe.Slice((*uint16)(*(*unsafe.Pointer)(unsafe.Pointer(&at))), size/2)
	whole := len(units)
	units = units[:min(whole, MaxText)] // no unit becomes less than a byte
	s, complete := boundText(windows.UTF16ToString(units))
	return s, complete && len(units) == whole
}

// dropped answers the files on the open clipboard.
func dropped() (files []string, complete bool) {
	drop, _, _ := clipboardData.Call(fileDrop)
	if drop == 0 {
		return nil, true
	}
	n, _, _ := dragQueryFile.Call(drop, 0xFFFFFFFF, 0, 0)
	for i := range n {
		if len(files) == maxFiles {
			return files, false
		}
		size, _, _ := dragQueryFile.Call(drop, i, 0, 0)
		name := make([]uint16, size+1)
		if r, _, _ := dragQueryFile.Call(drop, i, uintptr(unsafe.Pointer(&name[0])), uintptr(len(name))); r != 0 {
			files = append(files, windows.UTF16ToString(name))
		}
	}
	return files, true
}

// source answers the program that owns the clipboard, as far as the system says.
func source() Source {
	owner, _, _ := clipboardOwner.Call()
	if owner == 0 {
		return Source{}
	}
	var pid uint32
	if _, err := windows.GetWindowThreadProcessId(windows.HWND(owner), &pid); err != nil || pid == 0 {
		return Source{}
	}
	s := Source{PID: int(pid)}
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return s
	}
	defer windows.CloseHandle(process)
	name := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(name))
	if windows.QueryFullProcessImageName(process, 0, &name[0], &size) == nil {
		s.Program = windows.UTF16ToString(name[:size])
	}
	return s
}

// clear empties the clipboard if nothing was copied since.
func (l *listener) clear(ctx context.Context, c Copy) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.window == nil {
		return errors.New("clear the clipboard: it is not being watched")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := open(ctx, l.window.Handle); err != nil {
		return fmt.Errorf("clear the clipboard: %w", err)
	}
	defer closeClipboard.Call()
	if stamp() != c.mark.stamp {
		return ErrReplaced
	}
	if r, _, err := emptyClipboard.Call(); r == 0 {
		return fmt.Errorf("clear the clipboard: %w", err)
	}
	return nil
}
