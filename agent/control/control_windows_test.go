package control

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/account"
)

// What runs here runs under Wine as well: go test -exec wine.
func TestPipe(t *testing.T) {
	const path = `\\.\pipe\trustline-test`
	if _, err := Dial(t.Context(), path); !errors.Is(err, ErrNotRunning) {
		t.Errorf("nobody listens: %v", err)
	}
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Log("under Wine a second listener at one pipe is not refused: see docs/windows.md")
		// Wine 8 lets somebody connect to the end that only keeps the name.
		first, err := dial(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close()
	} else if _, err := Listen(path); err == nil {
		t.Error("two listen at one pipe")
	}
	s := &Server{Status: func(c Caller) Status {
		if c.PID != os.Getpid() || c.UID != self().UID {
			t.Errorf("called by %+v", c)
		}
		return Status{Version: "7"}
	}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	client, err := Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := client.Status(t.Context()); err != nil || status.Version != "7" {
		t.Errorf("status: %+v, %v", status, err)
	}
	client.Close()

	shown := make(chan Notice, 1)
	subscribed := make(chan struct{})
	client, err = Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	go client.Subscribe(ctx, func() { close(subscribed) }, func(n Notice) { shown <- n })
	<-subscribed
	s.Notify(self().UID, Notice{ID: "n", Time: time.Now().UTC(), Body: []byte(`{}`)})
	select {
	case n := <-shown:
		if n.ID != "n" {
			t.Errorf("shown %+v", n)
		}
	case <-time.After(10 * time.Second):
		t.Error("no notice")
	}
	client.Close()
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server does not stop")
	}
}

// A person's program that listens in the service's place, while the service is
// not there, is not believed by that person's elevated one.
func TestWhoIsTakenForTheService(t *testing.T) {
	for _, c := range []struct {
		server Caller
		own    account.Process
		want   bool
	}{
		{Caller{UID: 0}, account.Process{UID: 7, Privileged: true}, true},
		{Caller{UID: 8, Privileged: true}, account.Process{UID: 7, Privileged: true}, true},
		{Caller{UID: 7}, account.Process{UID: 7}, true},
		{Caller{UID: 7}, account.Process{UID: 7, Privileged: true}, false},
		{Caller{UID: 8}, account.Process{UID: 7}, false},
		{Caller{UID: -1}, account.Process{UID: -1}, false},
	} {
		if got := c.server.Root() || alike(c.server, c.own); got != c.want {
			t.Errorf("%+v is taken for the service by %+v: %v", c.server, c.own, got)
		}
	}
}
