package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/health"
	"github.com/trustline/trustline/console"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/message"
)

// trialConsole is the script command "trial-console FOLDER": a real console
// that writes its address, its pin and a token for one machine into files
// there, and revokes and releases the machines that files ask for.
func trialConsole() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := serveTrial(ctx, os.Args[1])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func serveTrial(ctx context.Context, dir string) error {
	con, err := console.New(ctx, console.Config{Data: filepath.Join(dir, "data"), Listen: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	con.Start()
	defer con.Stop(context.Background())
	s, err := store.Open(ctx, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer s.Close()
	for _, name := range []string{"token", "token2"} {
		secret, err := s.CreateEnrolToken(ctx, name, 1, time.Now(), time.Now().Add(time.Hour))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(secret+"\n"), 0o600)
		}
		if err != nil {
			return err
		}
	}
	err = errors.Join(os.WriteFile(filepath.Join(dir, "pin"), []byte(con.Pin()), 0o600), os.WriteFile(filepath.Join(dir, "url.new"), []byte(con.URL()), 0o600),
		os.Rename(filepath.Join(dir, "url.new"), filepath.Join(dir, "url")))
	if err != nil {
		return err
	}
	for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		for name, do := range map[string]func(context.Context, store.Account, string, time.Time) error{"revoke": s.RevokeMachine, "release": s.ReleaseMachine} {
			path := filepath.Join(dir, name)
			id, err := os.ReadFile(path)
			if err != nil || len(id) == 0 {
				continue
			}
			if err := do(ctx, store.Account{Name: "script"}, strings.TrimSpace(string(id)), time.Now()); err != nil {
				return err
			}
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestStatusSaysHowTheMachineIsEnrolled(t *testing.T) {
	catalog, err := message.Load(messages)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := health.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for want, c := range map[string]control.Console{
		"no: the machine has no certificate": {URL: "https://c"},
		"renewed by itself":                  {URL: "https://c", EnrolledUntil: at},
		"revoked on the console":             {URL: "https://c", EnrolledUntil: at, Refused: "revoked"},
		"has run out":                        {URL: "https://c", EnrolledUntil: at, Refused: "expired"},
		"refused by the console (id-taken)":  {URL: "https://c", Refused: "id-taken"},
	} {
		page := statusPage{terminal: &terminal{Printer: catalog.Printer("en")}, now: at, health: texts}
		if got := page.render(control.Status{Console: c}); !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}
