package clipboard

import (
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
)

// startWayland runs a headless compositor, as somebody else when the test is
// root's, for it refuses to run as root.
func startWayland(t *testing.T) (stop func()) {
	t.Helper()
	needPrograms(t, "sway wl-clipboard", "sway", "wl-paste", "wl-copy")
	dir, err := os.MkdirTemp("/tmp", "wayland")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "config")
	if err := os.WriteFile(config, []byte("xwayland disable\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sway", "-c", config)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "XDG_RUNTIME_DIR=" + dir, "WLR_BACKENDS=headless", "WLR_LIBINPUT_NO_DEVICES=1", "WLR_RENDERER=pixman"}
	if os.Geteuid() == 0 {
		const nobody = 65534
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	t.Cleanup(stop)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("DISPLAY", "")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		found, _ := filepath.Glob(filepath.Join(dir, "wayland-*[0-9]"))
		if len(found) > 0 {
			t.Setenv("WAYLAND_DISPLAY", filepath.Base(found[0]))
			return stop
		}
		if time.Now().After(deadline) {
			t.Fatal("compositor did not start")
		}
	}
}

// wcopy copies with a program of its own, as text unless told otherwise: left
// to itself, that takes long to guess.
func wcopy(t *testing.T, text string, args ...string) {
	t.Helper()
	cmd := exec.Command("wl-copy", append([]string{"--type", "text/plain"}, args...)...)
	cmd.Stdin = strings.NewReader(text)
	if err := cmd.Run(); err != nil {
		t.Fatal("wl-copy:", err)
	}
}

func wpaste(t *testing.T) string {
	t.Helper()
	out, _ := exec.Command("wl-paste", "--no-newline").Output()
	return string(out)
}

func TestWaylandCopies(t *testing.T) {
	startWayland(t)
	copies, _ := watch(t, nil)
	wcopy(t, "客户 张三 13812345678")
	if c := next(t, copies); c.Text != "客户 张三 13812345678" || c.Incomplete != "" {
		t.Errorf("saw %+v", c)
	}
	wcopy(t, "file:///a%20b\r\n", "--type", "text/uri-list")
	if c := next(t, copies); fmt.Sprint(c.Files) != "[/a b]" {
		t.Errorf("saw %+v", c)
	}
	wcopy(t, strings.Repeat("x", MaxText+1))
	if c := next(t, copies); len(c.Text) != MaxText || c.Incomplete != TooLarge {
		t.Errorf("saw %d bytes, incomplete %q", len(c.Text), c.Incomplete)
	}
	wcopy(t, "secret", "--type", "x-kde-passwordManagerHint")
	expectNone(t, copies)
}

func TestWaylandHundredCopies(t *testing.T) {
	startWayland(t)
	copies, _ := watch(t, func(s *Sensor, c Copy) {
		if strings.Contains(c.Text, "13812345678") {
			if err := s.Clear(t.Context(), c); err != nil {
				t.Error("clear:", err)
			}
		}
	})
	var slowest time.Duration
	for n := range 100 {
		text := fmt.Sprintf("harmless %d", n)
		if n%3 == 0 {
			text = fmt.Sprintf("客户 %d 13812345678", n)
		}
		wcopy(t, text)
		began := time.Now()
		if c := next(t, copies); c.Text != text {
			t.Fatalf("copy %d: saw %q", n, c.Text)
		}
		slowest = max(slowest, time.Since(began))
		switch pasted := wpaste(t); {
		case n%3 == 0 && pasted != "":
			t.Errorf("copy %d can still be pasted: %q", n, pasted)
		case n%3 != 0 && pasted != text:
			t.Errorf("copy %d was taken away: %q", n, pasted)
		}
	}
	t.Logf("seen and dealt with after at most %v", slowest)
}

// A change that is noticed late, when the next copy is there already, does not
// keep that copy on the clipboard; something else there does.
func TestWaylandClearsWhatIsStillThere(t *testing.T) {
	startWayland(t)
	sensors := make(chan *Sensor, 10)
	copies, _ := watch(t, func(s *Sensor, _ Copy) { sensors <- s })
	wcopy(t, "客户 张三 13812345678")
	late := next(t, copies)
	s := <-sensors
	late.mark.stamp--
	other := late
	other.Text = "what was there before"
	if err := s.Clear(t.Context(), other); !errors.Is(err, ErrReplaced) || wpaste(t) == "" {
		t.Errorf("something else: %v", err)
	}
	if err := s.Clear(t.Context(), late); err != nil || wpaste(t) != "" {
		t.Errorf("the same: %v", err)
	}
}

func TestWaylandSessionEnds(t *testing.T) {
	stop := startWayland(t)
	copies, ended := watch(t, nil)
	wcopy(t, "x")
	next(t, copies)
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

// A compositor that lets nobody watch: the X server beside it is used.
func TestWaylandFallsBackToX11(t *testing.T) {
	startX(t)
	t.Setenv("WAYLAND_DISPLAY", "nothing-here")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	copies, _ := watch(t, nil)
	xcopy(t, "by X")
	if c := next(t, copies); c.Text != "by X" {
		t.Errorf("saw %+v", c)
	}
}

func TestPolling(t *testing.T) {
	startX(t)
	s := New(os.Getenv, slog.New(slog.DiscardHandler))
	s.backends = []backend{newPolling(nil)}
	copies := make(chan Copy, 10)
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	xcopy(t, "first")
	wg.Go(func() { s.Watch(ctx, func(c Copy) { copies <- c }) })
	first := next(t, copies)
	if first.Text != "first" {
		t.Errorf("saw %+v", first)
	}
	xcopy(t, "second")
	second := next(t, copies)
	if err := s.Clear(ctx, first); !errors.Is(err, ErrReplaced) {
		t.Errorf("clearing what was replaced: %v", err)
	}
	if err := s.Clear(ctx, second); err != nil {
		t.Error("clear:", err)
	}
	// The program that holds the clipboard takes it a moment after it was asked to.
	for end := time.Now().Add(30 * time.Second); xpaste(t) != ""; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it was not cleared")
		}
	}
}
