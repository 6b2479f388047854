package discovery

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Every file is as likely to be picked as any other, none twice, and none of
// those that are left out or lie behind a link.
func TestASampleIsDrawnAtRandom(t *testing.T) {
	g := newGround(t, "film.iso", "own/spool", ".git/config")
	const files, drawn, rounds = 40, 10, 400
	for n := range files {
		g.write(fmt.Sprintf("d%d/f%d", n%7, n), "x")
	}
	if err := os.Symlink("/etc", filepath.Join(g.folder, "link")); err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for range rounds {
		s, err := Draw(t.Context(), []string{g.folder, "/not/there"}, []string{"*.iso", ".git"}, []string{filepath.Join(g.folder, "own")}, drawn, time.Minute)
		if err != nil || s.Seen != files || len(s.Paths) != drawn || s.Cut || s.Nowhere {
			t.Fatalf("%+v %v", s, err)
		}
		seen := map[string]bool{}
		for _, p := range s.Paths {
			if seen[p] {
				t.Fatalf("%s twice", p)
			}
			seen[p] = true
			times[p]++
		}
	}
	// 100 on average with a deviation of 8.7: six of those are never seen.
	for p, n := range times {
		if n < 48 || n > 152 {
			t.Errorf("%s was picked %d times of %d", p, n, rounds)
		}
	}
	if len(times) != files {
		t.Errorf("%d of %d files were picked ever", len(times), files)
	}
}

func TestASampleOfNothing(t *testing.T) {
	if s, err := Draw(t.Context(), []string{"/not/there"}, nil, nil, 5, time.Minute); err != nil || !s.Nowhere || len(s.Paths) != 0 {
		t.Errorf("%+v %v", s, err)
	}
	g := newGround(t, "a", "b")
	if s, err := Draw(t.Context(), []string{g.folder}, nil, nil, 5, time.Minute); err != nil || s.Nowhere || len(s.Paths) != 2 {
		t.Errorf("%+v %v", s, err)
	}
	if s, err := Draw(t.Context(), []string{g.folder}, nil, nil, 5, 0); err != nil || !s.Cut {
		t.Errorf("out of time: %+v %v", s, err)
	}
}
