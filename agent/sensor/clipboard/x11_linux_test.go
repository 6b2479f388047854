package clipboard

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// needPrograms skips where a program is missing, and fails where everything
// must run.
func needPrograms(t *testing.T, packages string, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s must be installed: apt-get install %s", name, packages)
		}
		t.Skipf("SKIPPED: needs %s (apt-get install %s)", name, packages)
	}
}

// startX runs an X server of the test's own.
func startX(t *testing.T) (stop func()) {
	t.Helper()
	needPrograms(t, "xvfb xclip", "Xvfb", "xclip")
	cmd := exec.Command("Xvfb", "-displayfd", "1", "-screen", "0", "320x200x24", "-nolisten", "tcp")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	t.Cleanup(stop)
	number, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("X server did not start:", err)
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	t.Setenv("WAYLAND_DISPLAY", "")
	return stop
}

// watch runs a sensor until the test ends. What on says of each copy comes on
// the channel of copies; what Watch returned on the other one.
func watch(t *testing.T, on func(*Sensor, Copy)) (copies <-chan Copy, ended <-chan error) {
	t.Helper()
	s := New(os.Getenv, slog.New(slog.DiscardHandler))
	seen, result := make(chan Copy, 1000), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		result <- s.Watch(ctx, func(c Copy) {
			if on != nil {
				on(s, c)
			}
			seen <- c
		})
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	for end := time.Now().Add(time.Minute); !watching(s) && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	return seen, result
}

// watching tells whether a sensor hears of what is copied from now on. On Wayland
// it hears of what was there as well.
func watching(s *Sensor) bool {
	b := s.active.Load()
	if b == nil {
		return false
	}
	x, ok := (*b).(*x11)
	if !ok {
		return true
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.conn != nil
}

func next(t *testing.T, copies <-chan Copy) Copy {
	t.Helper()
	select {
	case c := <-copies:
		return c
	case <-time.After(30 * time.Second):
		t.Fatal("no copy was seen")
		return Copy{}
	}
}

func expectNone(t *testing.T, copies <-chan Copy) {
	t.Helper()
	select {
	case c := <-copies:
		t.Errorf("saw a copy of %d bytes, %d files", len(c.Text), len(c.Files))
	case <-time.After(300 * time.Millisecond):
	}
}

// xcopy copies as a person would, with a program of its own.
func xcopy(t *testing.T, text string, args ...string) {
	t.Helper()
	cmd := exec.Command("xclip", append([]string{"-selection", "clipboard"}, args...)...)
	cmd.Stdin = strings.NewReader(text)
	if err := cmd.Run(); err != nil {
		t.Fatal("xclip:", err)
	}
}

func xpaste(t *testing.T) string {
	t.Helper()
	out, _ := exec.Command("xclip", "-selection", "clipboard", "-o").Output()
	return string(out)
}

func TestTextAndItsSource(t *testing.T) {
	startX(t)
	copies, _ := watch(t, nil)
	xcopy(t, "客户 张三 13812345678\nsecond line")
	c := next(t, copies)
	if c.Text != "客户 张三 13812345678\nsecond line" || c.Incomplete != "" || len(c.Files) != 0 {
		t.Errorf("saw %+v", c)
	}
	// In the foreground, for the process that connects is the one the server knows.
	quiet := exec.Command("xclip", "-selection", "clipboard", "-quiet")
	quiet.Stdin = strings.NewReader("from a program that stays")
	if err := quiet.Start(); err != nil {
		t.Fatal(err)
	}
	c = next(t, copies)
	if filepath.Base(c.Source.Program) != "xclip" || c.Source.PID != quiet.Process.Pid {
		t.Errorf("source is %+v, want process %d", c.Source, quiet.Process.Pid)
	}
	quiet.Process.Kill()
	quiet.Wait()
	xcopy(t, "plain", "-target", "STRING")
	if c := next(t, copies); c.Text != "plain" {
		t.Errorf("saw %+v", c)
	}
}

func TestLargeText(t *testing.T) {
	startX(t)
	copies, _ := watch(t, nil)
	whole := strings.Repeat("客户信息 0123456789\n", 60_000) // more than fits in one request
	xcopy(t, whole)
	if c := next(t, copies); c.Text != whole || c.Incomplete != "" {
		t.Errorf("saw %d bytes of %d, incomplete %q", len(c.Text), len(whole), c.Incomplete)
	}
	xcopy(t, strings.Repeat("x", MaxText+1))
	if c := next(t, copies); len(c.Text) != MaxText || c.Incomplete != TooLarge {
		t.Errorf("saw %d bytes, incomplete %q", len(c.Text), c.Incomplete)
	}
	xcopy(t, "small again")
	if c := next(t, copies); c.Text != "small again" {
		t.Errorf("after a large one: %d bytes, %q", len(c.Text), c.Incomplete)
	}
}

func TestFiles(t *testing.T) {
	startX(t)
	copies, _ := watch(t, nil)
	xcopy(t, "file:///home/lin/%E5%AE%A2%E6%88%B7.csv\r\nfile://localhost/a/../b\r\nhttps://example.com/x\r\nfile://server/share\r\n", "-target", "text/uri-list")
	if c := next(t, copies); fmt.Sprint(c.Files) != "[/home/lin/客户.csv /b]" || c.Text != "" {
		t.Errorf("saw %+v", c)
	}
	xcopy(t, "copy\nfile:///a%20b", "-target", "x-special/gnome-copied-files")
	if c := next(t, copies); len(c.Files) != 1 || c.Files[0] != "/a b" {
		t.Errorf("saw %+v", c)
	}
}

// The acceptance case: violations are cleared, the rest is left alone.
func TestHundredCopies(t *testing.T) {
	startX(t)
	copies, _ := watch(t, func(s *Sensor, c Copy) {
		if strings.Contains(c.Text, "13812345678") {
			if err := s.Clear(t.Context(), c); err != nil {
				t.Error("clear:", err)
			}
		}
	})
	for n := range 100 {
		text := fmt.Sprintf("harmless %d", n)
		if n%3 == 0 {
			text = fmt.Sprintf("客户 %d 13812345678", n)
		}
		xcopy(t, text)
		if c := next(t, copies); c.Text != text {
			t.Errorf("copy %d: saw %q", n, c.Text)
		}
		switch pasted := xpaste(t); {
		case n%3 == 0 && pasted != "":
			t.Errorf("copy %d can still be pasted: %q", n, pasted)
		case n%3 != 0 && pasted != text:
			t.Errorf("copy %d was taken away", n)
		}
	}
	expectNone(t, copies)
}

func TestClearLeavesANewerCopyAlone(t *testing.T) {
	startX(t)
	var sensor *Sensor
	copies, _ := watch(t, func(s *Sensor, _ Copy) { sensor = s })
	xcopy(t, "old")
	old := next(t, copies)
	xcopy(t, "new")
	fresh := next(t, copies)
	if err := sensor.Clear(t.Context(), old); !errors.Is(err, ErrReplaced) {
		t.Errorf("clearing what was replaced: %v", err)
	}
	if got := xpaste(t); got != "new" {
		t.Errorf("the newer copy is %q", got)
	}
	if err := sensor.Clear(t.Context(), fresh); err != nil {
		t.Error("clear:", err)
	}
	if got := xpaste(t); got != "" {
		t.Errorf("after clearing: %q", got)
	}
}

func TestIdleCostsNothing(t *testing.T) {
	startX(t)
	watch(t, nil)
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	// The quietest of several seconds: the tests before leave work behind, and
	// the machine has other things to do.
	least := time.Hour
	for range 10 {
		before := used()
		time.Sleep(time.Second)
		if least = min(least, used()-before); least < 2*time.Millisecond {
			return
		}
	}
	t.Errorf("watching took %v of the processor in its quietest second, with nothing to see", least)
}

func TestWatchEndsWithTheSession(t *testing.T) {
	stop := startX(t)
	_, ended := watch(t, nil)
	stop()
	select {
	case err := <-ended:
		if err == nil || errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("watching outlived the session")
	}
}

func TestNoClipboardHere(t *testing.T) {
	s := New(func(string) string { return "" }, slog.New(slog.DiscardHandler))
	if err := s.Watch(t.Context(), func(Copy) {}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("without a session: %v", err)
	}
	if err := s.Clear(t.Context(), Copy{}); err == nil {
		t.Error("cleared nothing")
	}
}

// owner is a program of our own that owns the clipboard and behaves as told.
type owner struct {
	conn   *xgb.Conn
	window xproto.Window
	t      *testing.T
}

func (o *owner) atom(name string) xproto.Atom {
	r, err := xproto.InternAtom(o.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		o.t.Error(err)
		return 0
	}
	return r.Atom
}

// own takes the clipboard; answer puts what is asked for into the property and
// tells whether the requestor is to be notified.
func own(t *testing.T, answer func(o *owner, ev xproto.SelectionRequestEvent, target string) bool) {
	t.Helper()
	conn, err := xgb.NewConn()
	if err != nil {
		t.Fatal(err)
	}
	o := &owner{conn: conn, t: t}
	o.window, _ = xproto.NewWindowId(conn)
	xproto.CreateWindow(conn, 0, o.window, xproto.Setup(conn).DefaultScreen(conn).Root, 0, 0, 1, 1, 0, xproto.WindowClassInputOnly, 0, 0, nil)
	clipboard := o.atom("CLIPBOARD")
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			ev, xerr := conn.WaitForEvent()
			if ev == nil && xerr == nil {
				return
			}
			req, ok := ev.(xproto.SelectionRequestEvent)
			if !ok {
				continue
			}
			name, err := xproto.GetAtomName(conn, req.Target).Reply()
			if err != nil || !answer(o, req, name.Name) {
				continue
			}
			notify := xproto.SelectionNotifyEvent{Time: req.Time, Requestor: req.Requestor, Selection: req.Selection, Target: req.Target, Property: req.Property}
			xproto.SendEvent(conn, false, req.Requestor, 0, string(notify.Bytes()))
		}
	})
	t.Cleanup(func() { conn.Close(); wg.Wait() })
	xproto.SetSelectionOwner(conn, o.window, clipboard, xproto.TimeCurrentTime)
}

// offer answers TARGETS with the names and everything else with its value.
func offer(values map[string]string) func(*owner, xproto.SelectionRequestEvent, string) bool {
	return func(o *owner, ev xproto.SelectionRequestEvent, target string) bool {
		if target == "TARGETS" {
			var list []byte
			for name := range values {
				list = append(list, 0, 0, 0, 0)
				xgb.Put32(list[len(list)-4:], uint32(o.atom(name)))
			}
			xproto.ChangeProperty(o.conn, xproto.PropModeReplace, ev.Requestor, ev.Property, xproto.AtomAtom, 32, uint32(len(list)/4), list)
			return true
		}
		v := []byte(values[target])
		xproto.ChangeProperty(o.conn, xproto.PropModeReplace, ev.Requestor, ev.Property, ev.Target, 8, uint32(len(v)), v)
		return true
	}
}

func TestSecretsOfPasswordManagersAreNotRead(t *testing.T) {
	startX(t)
	copies, _ := watch(t, nil)
	var mu sync.Mutex
	asked := map[string]bool{}
	values := map[string]string{"UTF8_STRING": "hunter2", "x-kde-passwordManagerHint": "secret"}
	own(t, func(o *owner, ev xproto.SelectionRequestEvent, target string) bool {
		mu.Lock()
		asked[target] = true
		mu.Unlock()
		return offer(values)(o, ev, target)
	})
	expectNone(t, copies)
	mu.Lock()
	defer mu.Unlock()
	if asked["UTF8_STRING"] || !asked["x-kde-passwordManagerHint"] {
		t.Errorf("the password manager was asked for %v", asked)
	}
	// Another value of the hint says that it is no secret.
	own(t, offer(map[string]string{"UTF8_STRING": "public", "x-kde-passwordManagerHint": "public"}))
	if c := next(t, copies); c.Text != "public" {
		t.Errorf("saw %+v", c)
	}
}

// A program that is replaced while it is asked answers late. The next copy is
// read all the same, and is not taken for that program's.
func TestAnswersThatComeLate(t *testing.T) {
	for name, late := range map[string]struct {
		target string
		again  bool // what it hands over comes late as well, not only the word of it
	}{
		"what it offers": {"TARGETS", true}, "that it offers": {"TARGETS", false}, "its text": {"UTF8_STRING", true}, "that there is text": {"UTF8_STRING", false},
	} {
		t.Run(name, func(t *testing.T) {
			startX(t)
			copies, _ := watch(t, nil)
			asked, answer := make(chan struct{}), func() {}
			own(t, func(o *owner, ev xproto.SelectionRequestEvent, target string) bool {
				put := offer(map[string]string{"UTF8_STRING": "old"})
				if put(o, ev, target); target != late.target {
					return true
				}
				answer = func() {
					notify := xproto.SelectionNotifyEvent{Time: ev.Time, Requestor: ev.Requestor, Selection: ev.Selection, Target: ev.Target, Property: ev.Property}
					if late.again {
						put(o, ev, target)
					}
					xproto.SendEventChecked(o.conn, false, ev.Requestor, 0, string(notify.Bytes())).Check()
				}
				close(asked)
				return false
			})
			<-asked
			time.Sleep(5 * time.Millisecond) // to the server, it is another moment
			own(t, func(o *owner, ev xproto.SelectionRequestEvent, target string) bool {
				if target == late.target {
					answer()
					time.Sleep(50 * time.Millisecond)
				}
				return offer(map[string]string{"UTF8_STRING": "new"})(o, ev, target)
			})
			if c := next(t, copies); c.Text != "new" || c.Incomplete != "" {
				t.Errorf("saw %q %s", c.Text, c.Incomplete)
			}
		})
	}
}

func TestHostileOwners(t *testing.T) {
	startX(t)
	copies, _ := watch(t, nil)

	// Never answers: what cannot be read is said to be so.
	own(t, func(*owner, xproto.SelectionRequestEvent, string) bool { return false })
	if c := next(t, copies); c.Incomplete != TimedOut || c.Source.PID != os.Getpid() {
		t.Errorf("an owner that does not answer: %+v", c)
	}

	// Begins to hand over piece by piece and never goes on.
	own(t, func(o *owner, ev xproto.SelectionRequestEvent, target string) bool {
		if target == "TARGETS" {
			return offer(map[string]string{"UTF8_STRING": ""})(o, ev, target)
		}
		xproto.ChangeProperty(o.conn, xproto.PropModeReplace, ev.Requestor, ev.Property, o.atom("INCR"), 32, 1, []byte{0xff, 0xff, 0xff, 0x7f})
		return true
	})
	if c := next(t, copies); c.Incomplete != TimedOut {
		t.Errorf("an owner that never goes on: %+v", c)
	}

	// Says nothing of targets, or nonsense; text is asked for all the same.
	own(t, func(o *owner, ev xproto.SelectionRequestEvent, target string) bool {
		if target == "TARGETS" {
			xproto.ChangeProperty(o.conn, xproto.PropModeReplace, ev.Requestor, ev.Property, xproto.AtomAtom, 8, 3, []byte{1, 2, 3})
			return true
		}
		return offer(map[string]string{"UTF8_STRING": "hidden"})(o, ev, target)
	})
	expectNone(t, copies) // offers nothing that anybody could paste
	own(t, func(o *owner, ev xproto.SelectionRequestEvent, target string) bool {
		if target == "TARGETS" {
			ev.Property = xproto.AtomNone
			notify := xproto.SelectionNotifyEvent{Time: ev.Time, Requestor: ev.Requestor, Selection: ev.Selection, Target: ev.Target}
			xproto.SendEvent(o.conn, false, ev.Requestor, 0, string(notify.Bytes()))
			return false
		}
		return offer(map[string]string{"UTF8_STRING": "hidden\xff"})(o, ev, target)
	})
	if c := next(t, copies); c.Text != "hidden�" {
		t.Errorf("an owner without targets: %+v", c)
	}

	// Floods the sensor with events nobody asked for while it reads.
	own(t, func(o *owner, ev xproto.SelectionRequestEvent, target string) bool {
		for n := range 20_000 {
			forged := xproto.SelectionNotifyEvent{Requestor: ev.Requestor, Target: xproto.Atom(n), Property: xproto.Atom(n)}
			xproto.SendEvent(o.conn, false, ev.Requestor, 0, string(forged.Bytes()))
		}
		return offer(map[string]string{"UTF8_STRING": "after the flood"})(o, ev, target)
	})
	next(t, copies) // read or timed out, but not stuck
	xcopy(t, "well again")
	for c := next(t, copies); c.Text != "well again"; c = next(t, copies) {
	}
}
