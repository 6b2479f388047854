package window

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Messages of winuser.h.
const (
	Destroy         = 0x0002
	EndSession      = 0x0016
	ClipboardUpdate = 0x031D
	User            = 0x8000 // WM_APP: from here on they are our own
	closing         = 0x0010 // WM_CLOSE
)

var (
	user32          = windows.NewLazySystemDLL("user32.dll")
	registerClass   = user32.NewProc("RegisterClassExW")
	createWindow    = user32.NewProc("CreateWindowExW")
	destroyWindow   = user32.NewProc("DestroyWindow")
	defaultProc     = user32.NewProc("DefWindowProcW")
	getMessage      = user32.NewProc("GetMessageW")
	dispatchMessage = user32.NewProc("DispatchMessageW")
	postMessage     = user32.NewProc("PostMessageW")
	postQuit        = user32.NewProc("PostQuitMessage")
	unregisterClass = user32.NewProc("UnregisterClassW")
)

// Window is a window that nobody sees.
type Window struct {
	Handle uintptr
	handle func(message uint32, w, l uintptr)
	gone   chan struct{}
}

// class is WNDCLASSEXW.
type class struct {
	size, style                        uint32
	procedure                          uintptr
	classExtra, windowExtra            int32
	instance, icon, cursor, background uintptr
	menu, name                         *uint16
	smallIcon                          uintptr
}

// message is MSG.
type message struct {
	window  uintptr
	message uint32
	w, l    uintptr
	time    uint32
	x, y    int32
	private uint32
}

// Open makes a window of a name of its own and calls handle with each message
// that comes to it, on a thread of its own, until Close.
func Open(name string, handle func(message uint32, w, l uintptr)) (*Window, error) {
	w := &Window{handle: handle, gone: make(chan struct{})}
	made := make(chan error, 1)
	go w.run(name, made)
	if err := <-made; err != nil {
		return nil, fmt.Errorf("make a window: %w", err)
	}
	return w, nil
}

// Gone is closed when the window is.
func (w *Window) Gone() <-chan struct{} { return w.gone }

// Close ends the window and waits until it is gone. It must not be called from
// within its messages.
func (w *Window) Close() {
	_, _, _ = postMessage.Call(w.Handle, closing, 0, 0) // gone already when it fails
	<-w.gone
}

func (w *Window) run(name string, made chan<- error) {
	runtime.LockOSThread() // messages come to the thread that made the window
	defer runtime.UnlockOSThread()
	defer close(w.gone)
	title, err := windows.UTF16PtrFromString(name)
	if err != nil {
		made <- err
		return
	}
	var instance windows.Handle
	if err := windows.GetModuleHandleEx(0, nil, &instance); err != nil {
		made <- err
		return
	}
	c := class{procedure: windows.NewCallback(w.procedure), instance: uintptr(instance), name: title}
	c.size = uint32(unsafe.Sizeof(c))
	if r, _, err := registerClass.Call(uintptr(unsafe.Pointer(&c))); r == 0 {
		made <- err
		return
	}
	defer unregisterClass.Call(uintptr(unsafe.Pointer(title)), uintptr(instance))
	w.Handle, _, err = createWindow.Call(0, uintptr(unsafe.Pointer(title)), uintptr(unsafe.Pointer(title)), 0, 0, 0, 0, 0, 0, 0, uintptr(instance), 0)
	if w.Handle == 0 {
		made <- err
		return
	}
	made <- nil
	var m message
	for {
		if r, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0); int32(r) <= 0 {
			return
		}
		_, _, _ = dispatchMessage.Call(uintptr(unsafe.Pointer(&m)))
	}
}

// procedure is called by the system for each message.
func (w *Window) procedure(handle uintptr, message uint32, wp, lp uintptr) uintptr {
	switch message {
	case closing:
		_, _, _ = destroyWindow.Call(handle)
		return 0
	case Destroy:
		_, _, _ = postQuit.Call(0)
		return 0
	}
	w.handle(message, wp, lp)
	r, _, _ := defaultProc.Call(handle, uintptr(message), wp, lp)
	return r
}
