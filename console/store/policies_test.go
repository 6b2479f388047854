package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/strictyaml"
)

// sound answers one of many sound policies.
func sound(n int) string { return fmt.Sprintf("%s\n# %d\n", rules.DefaultPolicySource(), n) }

func TestPublishing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if serial, err := s.PolicySerial(t.Context()); serial != 0 || err != nil {
		t.Fatalf("before anything was published: %d %v", serial, err)
	}
	for n := range 3 {
		serial, err := s.Publish(t.Context(), li, sound(n), "理由", int64(n), start)
		if err != nil || serial != int64(n+1) {
			t.Fatalf("%d %v", serial, err)
		}
	}
	s = open(t, dir) // it is on disk
	list, err := s.Policies(t.Context(), 0, 2)
	if err != nil || len(list) != 2 || list[0].Serial != 3 || list[1].Serial != 2 || list[0].Text != "" {
		t.Fatalf("%+v %v", list, err)
	}
	if older, err := s.Policies(t.Context(), 2, 10); err != nil || len(older) != 1 || older[0].Serial != 1 {
		t.Fatalf("%+v %v", older, err)
	}
	p, err := s.Policy(t.Context(), 2)
	want, _ := rules.ParsePolicy("", []byte(sound(1)))
	if err != nil || p.Text != sound(1) || p.Author != "li.na" || p.Reason != "理由" || !p.Issued.Equal(start) || p.Version != want.Version() {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := s.Policy(t.Context(), 4); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that was never published: %v", err)
	}
	entries, err := s.History(t.Context(), p.Version)
	if err != nil || len(entries) != 1 || entries[0].Action != store.ActionPolicy || string(entries[0].Detail) != `{"serial":2,"reason":"理由"}` {
		t.Errorf("recorded: %+v %v", entries, err)
	}
}

// TestWhatIsNotPublished: what is refused leaves neither policy nor record.
func TestWhatIsNotPublished(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.Publish(t.Context(), li, sound(0), "first", 0, start); err != nil {
		t.Fatal(err)
	}
	var problems strictyaml.Problems
	if _, err := s.Publish(t.Context(), li, "rules: nonsense", "broken", 1, start); !errors.As(err, &problems) {
		t.Errorf("broken: %v", err)
	}
	if _, err := s.Publish(t.Context(), li, sound(0)+strings.Repeat("#\n", store.MaxPolicy/2), "large", 1, start); !errors.Is(err, store.ErrPolicyTooLarge) {
		t.Errorf("too large: %v", err)
	}
	for _, after := range []int64{0, 2, -1} {
		if _, err := s.Publish(t.Context(), li, sound(1), "stale", after, start); !errors.Is(err, store.ErrChanged) {
			t.Errorf("after %d: %v", after, err)
		}
	}
	if serial, _ := s.PolicySerial(t.Context()); serial != 1 {
		t.Errorf("serial %d", serial)
	}
	if n, _, _, err := s.VerifyAudit(t.Context(), ""); n != 1 || err != nil {
		t.Errorf("%d recorded, %v", n, err)
	}
}

func TestManyPublishAtOnce(t *testing.T) {
	dir := t.TempDir()
	stores := []*store.Store{open(t, dir), open(t, dir)}
	var wg sync.WaitGroup
	won := make(chan int64, 10)
	for n := range cap(won) {
		wg.Go(func() {
			serial, err := stores[n%2].Publish(t.Context(), li, sound(n), "race", 0, start)
			if err == nil {
				won <- serial
			} else if !errors.Is(err, store.ErrChanged) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 || <-won != 1 {
		t.Error("not exactly one got through")
	}
}
