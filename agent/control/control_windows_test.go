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
		if c.PID != os.Getpid() || c.UID != self() {
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
	s.Notify(self(), Notice{ID: "n", Time: time.Now().UTC(), Body: []byte(`{}`)})
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
