package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
)

var li = store.Account{ID: "0193559a-0000-7000-8000-00000000000a", Name: "li.na"}

func TestReview(t *testing.T) {
	s, all := open(t, t.TempDir()), samples(t, 5)
	add(t, s, all)
	id := all[2].ID
	if i, err := s.Incident(t.Context(), id); err != nil || i.Review != (store.Review{State: store.StateNew}) {
		t.Fatalf("%+v %v", i.Review, err)
	}
	step := store.Step{State: store.StateInReview, Assignee: "li.na", Comment: "已联系本人"}
	if err := s.AddStep(t.Context(), id, li, step, 0, start); err != nil {
		t.Fatal(err)
	}
	if err := s.AddStep(t.Context(), id, li, store.Step{State: store.StateClosed}, 0, start); !errors.Is(err, store.ErrChanged) {
		t.Errorf("a step upon what has changed: %v", err)
	}
	history, err := s.History(t.Context(), id)
	if err != nil || len(history) != 1 || history[0].Name != "li.na" || string(history[0].Detail) != `{"state":"in-review","assignee":"li.na","comment":"已联系本人"}` {
		t.Fatalf("%+v %v", history, err)
	}
	if err := s.AddStep(t.Context(), id, li, store.Step{State: store.StateClosed}, history[0].Seq, start); err != nil {
		t.Error(err)
	}
	if err := s.AddStep(t.Context(), "0193559a-0000-7000-8000-000000000000", li, step, 0, start); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a step upon nothing: %v", err)
	}
	// Sent again, an incident does not lose its review.
	add(t, s, all)
	for state, want := range map[string][]string{store.StateNew: {all[4].ID, all[3].ID, all[1].ID, all[0].ID}, store.StateClosed: {id}, store.StateInReview: nil} {
		got, _ := read(t, s, store.Filter{State: state}, 10)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d found, want %d", state, len(got), len(want))
		}
	}
}

// What somebody else has touched since the list was drawn stays as it is, and
// so does everything where the step itself is not sound.
func TestSeveralAreReviewedAtOnce(t *testing.T) {
	s, all := open(t, t.TempDir()), samples(t, 5)
	add(t, s, all)
	ids := []string{all[0].ID, all[1].ID, all[2].ID, "0193559a-0000-7000-8000-000000000000"}
	if err := s.AddStep(t.Context(), all[0].ID, li, store.Step{State: store.StateInReview}, 0, start); err != nil {
		t.Fatal(err)
	}
	seen, err := s.Recorded(t.Context())
	if err != nil || seen != 1 {
		t.Fatalf("%d %v", seen, err)
	}
	if err := s.AddStep(t.Context(), all[1].ID, li, store.Step{State: store.StateInReview}, 0, start); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddSteps(t.Context(), ids, li, store.Step{State: "burnt"}, seen, start); !errors.Is(err, store.ErrState) {
		t.Errorf("a state of one's own: %v", err)
	}
	if _, err := s.AddSteps(t.Context(), make([]string, store.MaxPage+1), li, store.Step{State: store.StateClosed}, seen, start); err == nil {
		t.Error("more at once than a page holds")
	}
	step := store.Step{State: store.StateClosed, Assignee: "li.na", Comment: "误报"}
	if n, err := s.AddSteps(t.Context(), ids, li, step, seen, start); n != 2 || err != nil {
		t.Fatalf("%d reviewed, %v", n, err)
	}
	for n, want := range []string{store.StateClosed, store.StateInReview, store.StateClosed, store.StateNew, store.StateNew} {
		if i, err := s.Incident(t.Context(), all[n].ID); err != nil || i.Review.State != want {
			t.Errorf("incident %d is %s, want %s, %v", n, i.Review.State, want, err)
		}
	}
	if n, _, _, err := s.VerifyAudit(t.Context(), ""); n != 4 || err != nil {
		t.Errorf("%d recorded, %v", n, err)
	}
}

func TestManyReviewersAtOnce(t *testing.T) {
	dir := t.TempDir()
	s, other, all := open(t, dir), open(t, dir), samples(t, 1)
	add(t, s, all)
	var wg sync.WaitGroup
	var mu sync.Mutex
	through := 0
	for n := range 10 {
		wg.Go(func() {
			err := []*store.Store{s, other}[n%2].AddStep(t.Context(), all[0].ID, li, store.Step{State: store.StateInReview}, 0, start)
			switch {
			case err == nil:
				mu.Lock()
				through++
				mu.Unlock()
			case !errors.Is(err, store.ErrChanged):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n, _, _, err := s.VerifyAudit(t.Context(), ""); through != 1 || n != 1 || err != nil {
		t.Errorf("%d got through, %d recorded, %v", through, n, err)
	}
}

// TestTheAuditRecordShowsWhatWasDoneToIt changes the record behind the
// console's back, in every way there is.
func TestTheAuditRecordShowsWhatWasDoneToIt(t *testing.T) {
	fill := func(t *testing.T) (*store.Store, *sql.DB, string) {
		dir := t.TempDir()
		s, all := open(t, dir), samples(t, 6)
		add(t, s, all)
		for n, i := range all {
			if err := s.AddStep(t.Context(), i.ID, li, store.Step{State: store.StateClosed, Comment: fmt.Sprint("comment ", n)}, 0, start.Add(time.Duration(n)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.RecordSignIn(t.Context(), li, start); err != nil {
			t.Fatal(err)
		}
		n, newest, _, err := s.VerifyAudit(t.Context(), "")
		if err != nil || n != 7 || len(newest) != 64 {
			t.Fatalf("%d %q %v", n, newest, err)
		}
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "console.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return s, db, newest
	}
	for name, c := range map[string]struct {
		sql  string
		want int64
	}{
		"comment changed":  {"UPDATE audit SET detail = replace(detail, 'comment 2', 'comment X') WHERE seq = 3", 3},
		"person changed":   {"UPDATE audit SET name = 'zhang.wei' WHERE seq = 1", 1},
		"time changed":     {"UPDATE audit SET time = time + 1 WHERE seq = 7", 7},
		"moved":            {"UPDATE audit SET subject = (SELECT subject FROM audit WHERE seq = 1) WHERE seq = 4", 4},
		"taken out":        {"DELETE FROM audit WHERE seq = 5", 5},
		"first taken out":  {"DELETE FROM audit WHERE seq = 1", 1},
		"renumbered":       {"DELETE FROM audit WHERE seq = 3; UPDATE audit SET seq = seq - 1 WHERE seq > 3", 3},
		"hash changed too": {"UPDATE audit SET name = 'x', hash = 'ab' WHERE seq = 2", 2},
	} {
		t.Run(name, func(t *testing.T) {
			s, db, _ := fill(t)
			if _, err := db.Exec(c.sql); err != nil {
				t.Fatal(err)
			}
			var broken *store.BrokenError
			if _, _, _, err := s.VerifyAudit(t.Context(), ""); !errors.As(err, &broken) || broken.Seq != c.want {
				t.Errorf("%v, want entry %d", err, c.want)
			}
		})
	}
	t.Run("cut off", func(t *testing.T) {
		s, db, noted := fill(t)
		if _, err := db.Exec("DELETE FROM audit WHERE seq > 5"); err != nil {
			t.Fatal(err)
		}
		if n, _, found, err := s.VerifyAudit(t.Context(), noted); n != 5 || found || err != nil {
			t.Errorf("%d entries, noted hash found: %v, %v", n, found, err)
		}
	})
}
