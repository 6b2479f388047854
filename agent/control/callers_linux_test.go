package control

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

const nobody = 65534

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// needRoot skips without root, and fails where everything must run.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("this test must run as root")
	}
	t.Skip("SKIPPED: needs root to call as somebody else")
}

// as runs f on a thread of its own that belongs to another user.
func as(t *testing.T, uid int, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		_, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid))
		if errno == 0 {
			f()
			done <- nil
		} else {
			done <- errno
		}
	}()
	if err := <-done; err != nil {
		t.Fatal("become another user:", err)
	}
}

func fullStatus(Caller) Status {
	today := 7
	return Status{
		Version: "1.2.3", Mode: ModeEnforce, Policy: Policy{Version: "4"},
		Console: Console{URL: "https://console.example", LastError: "certificate expired"},
		Spool:   &Spool{Depth: 3}, IncidentsToday: &today,
	}
}

// start serves at a socket in a folder everybody can reach.
func start(t *testing.T) (*Server, string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "control")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "control.sock")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Status: fullStatus, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error("serve:", err)
		}
	})
	return s, path
}

func connect(t *testing.T, path string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func connectAs(t *testing.T, uid int, path string) (c *Client) {
	t.Helper()
	as(t, uid, func() {
		var err error
		if c, err = Dial(t.Context(), path); err != nil {
			t.Error(err)
		}
	})
	if c == nil {
		t.FailNow()
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// subscribe collects the ids (and missed counts) a client is told.
func subscribe(t *testing.T, c *Client) <-chan string {
	t.Helper()
	got, ready := make(chan string, 1000), make(chan struct{})
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	wg.Go(func() {
		c.Subscribe(ctx, func() { close(ready) }, func(n Notice) {
			if n.Missed > 0 {
				got <- fmt.Sprintf("%s after %d missed", n.ID, n.Missed)
			} else {
				got <- n.ID
			}
		})
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	select {
	case <-ready:
	case <-time.After(30 * time.Second):
		t.Fatal("never subscribed")
	}
	return got
}

func note(id string) Notice { return Notice{ID: id, Body: json.RawMessage(`{}`)} }

func expect(t *testing.T, got <-chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		select {
		case g := <-got:
			if g != w {
				t.Errorf("told %q, want %q", g, w)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("never told %q", w)
		}
	}
}

func expectNothing(t *testing.T, got <-chan string) {
	t.Helper()
	select {
	case g := <-got:
		t.Errorf("told %q, want nothing", g)
	case <-time.After(100 * time.Millisecond):
	}
}
