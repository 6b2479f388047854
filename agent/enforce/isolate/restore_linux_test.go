package isolate

import (
	"context"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/sensor/network/laboratory"
)

// TestRulesComeBack when another program flushes the whole packet filter.
func TestRulesComeBack(t *testing.T) {
	w := laboratory.New(t)
	laboratory.Need(t, "nft")
	w.Plug("ap-company")
	seen := &stopped{}
	i := isolator(t, seen.config(Config{}))
	apply(t, i, company(Internal))
	for n, remove := range [][]string{{"flush", "ruleset"}, {"delete", "table", "inet", "trustline"}, {"flush", "chain", "inet", "trustline", "stop"}} {
		if out, err := exec.Command("nft", remove...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		start := time.Now()
		for laboratory.Connect(laboratory.Inside) == nil {
			if time.Since(start) > 30*time.Second {
				t.Fatalf("after nft %v the rules do not come back", remove)
			}
		}
		t.Logf("nft %s: restored within %v", strings.Join(remove, " "), time.Since(start).Round(time.Millisecond))
		seen.awaitRestored(t, n+1)
		refused(t, laboratory.Inside)
	}
}

// awaitRestored waits until rules have been restored so many times, and no more.
func (s *stopped) awaitRestored(t *testing.T, want int) {
	t.Helper()
	told := func() int { s.mu.Lock(); defer s.mu.Unlock(); return s.restored }
	for end := time.Now().Add(time.Minute); told() < want && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond) // for one too many
	if n := told(); n != want {
		t.Errorf("told %d times of %d", n, want)
	}
}

// TestRulesThatWereRemovedBeforeAnybodyWatched come back as well.
func TestRulesThatWereRemovedBeforeAnybodyWatched(t *testing.T) {
	w := laboratory.New(t)
	laboratory.Need(t, "nft")
	w.Plug("ap-company")
	seen := &stopped{}
	i, err := New(seen.config(Config{}), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	apply(t, i, company(Internal))
	if out, err := exec.Command("nft", "flush", "ruleset").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- i.Run(ctx) }()
	seen.awaitRestored(t, 1)
	refused(t, laboratory.Inside)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
