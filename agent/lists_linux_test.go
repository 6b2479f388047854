package agent

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/health"
)

// A policy that asks for a list which is not here says so, and so does a list
// that cannot be used; neither keeps the service from its work.
func TestMissingListIsTold(t *testing.T) {
	for what, prepare := range map[string]func(dir string) error{
		"missing": func(string) error { return nil },
		"damaged": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "crm.list"), []byte("no list at all"), 0o600)
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			lists := filepath.Join(dir, "state", "lists")
			if err := os.MkdirAll(lists, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := prepare(lists); err != nil {
				t.Fatal(err)
			}
			policy := filepath.Join(dir, "policy.yaml")
			text := "version: '1'\nclasses: [{id: own, any: [{exact: {list: crm, at-least: 5}}]}]\nrules: [{id: r, when: {class: own}, action: report}]\n"
			if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			c := DefaultConfig()
			c.State, c.Socket, c.Policy = filepath.Join(dir, "state"), filepath.Join(dir, "socket"), policy
			a, err := New(c, "test", nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- a.Run(ctx, nobody{}) }()
			defer func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			}()
			told := func() bool {
				return slices.ContainsFunc(a.warnings(), func(w health.Warning) bool { return w.Code == health.ListsBroken })
			}
			for end := time.Now().Add(time.Minute); !told(); time.Sleep(50 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("nobody says that the list is not here")
				}
			}
		})
	}
}
