package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/enforce"
	"github.com/trustline/trustline/agent/enforce/drives"
	"github.com/trustline/trustline/agent/guard"
)

// sentries are guards that come to stand, or do not.
type sentries struct {
	fails map[string]bool
	now   map[string]guard.Report
	tries int
}

func (s *sentries) Keep(_ context.Context, media []guard.Medium) (failed []guard.Report) {
	for point, r := range s.now {
		if r.State != guard.Guarding {
			delete(s.now, point)
		}
	}
	for _, m := range media {
		s.tries++
		r := guard.Report{Medium: m, State: guard.Guarding}
		if s.fails[m.MountPoint] {
			r.State, r.Err = guard.Gone, errors.New("refused")
			failed = append(failed, r)
		}
		s.now[m.MountPoint] = r
	}
	return failed
}

func (s *sentries) Reports() (list []guard.Report) {
	for _, r := range s.now {
		list = append(list, r)
	}
	return list
}

func (s *sentries) Past() []guard.Past { return nil }

func points(media []guard.Medium) (list []string) {
	for _, m := range media {
		list = append(list, m.MountPoint)
	}
	slices.Sort(list)
	return list
}

// Guards stand where they can; a medium without one is kept as before, and tried
// again only once it was plugged in anew.
func TestWhereGuardsStand(t *testing.T) {
	keeper := &sentries{fails: map[string]bool{`F:\`: true}, now: map[string]guard.Report{}}
	s := &standing{keeper: keeper, can: func(m guard.Medium) error {
		if m.Device.FileSystem == "ntfs" {
			return guard.ErrUnsupported
		}
		return nil
	}}
	e, f, n := guard.Medium{MountPoint: `E:\`}, guard.Medium{MountPoint: `F:\`}, guard.Medium{MountPoint: `N:\`}
	n.Device.FileSystem = "ntfs"
	for round := range 3 {
		others := s.keep(t.Context(), []guard.Medium{e, f, n})
		if got := points(others); !slices.Equal(got, []string{`F:\`, `N:\`}) || keeper.tries != 2 {
			t.Fatalf("round %d: others %q after %d tries", round, got, keeper.tries)
		}
		if got := points(s.media()); !slices.Equal(got, []string{`E:\`}) || len(keeper.now) != 1 {
			t.Fatalf("round %d: guarded %q of %d", round, got, len(keeper.now))
		}
	}
	s.keep(t.Context(), []guard.Medium{n}) // E: is not seen below its guard, F: was pulled out
	keeper.fails = nil
	if others := s.keep(t.Context(), []guard.Medium{f, n}); len(others) != 1 || len(s.media()) != 2 {
		t.Errorf("plugged in anew: others %q, guarded %q", points(others), points(s.media()))
	}
	ended := keeper.now[`F:\`]
	ended.State = guard.Gone
	keeper.now[`F:\`] = ended
	tries := keeper.tries
	for range 2 {
		if others := s.keep(t.Context(), []guard.Medium{f, n}); len(others) != 2 || keeper.tries != tries {
			t.Errorf("ended by itself: others %q after %d tries more", points(others), keeper.tries-tries)
		}
	}
}

// Stopped without a code, a drive that had a guard is read-only if the policy could
// stop something on it.
func TestADriveWithoutItsGuardIsReadOnly(t *testing.T) {
	for serial, want := range map[string]drives.State{"X": drives.ReadOnly, "ENC-1": drives.Writable} {
		p := plugIn(t, registered, serial)
		p.agent.drives.release = func() bool { return false }
		if err := p.agent.drives.end(p.media); err != nil || p.keeper.drives["E:"].State != want {
			t.Errorf("%s: %+v, %v", serial, p.keeper.drives["E:"], err)
		}
		p.keeper.err = errors.New("refused")
		if err := p.agent.drives.end(p.media); err == nil {
			t.Errorf("%s: that it was refused is not said", serial)
		}
	}
}

// What comes onto a medium past its guard is taken back, what the guard wrote stays.
func TestWhatComesPastAGuard(t *testing.T) {
	p := plugIn(t, "", "S1")
	if got := p.state(); got != control.GuardClosed {
		t.Fatal(got)
	}
	volume := t.TempDir()
	content, err := os.ReadFile(p.source)
	if err != nil {
		t.Fatal(err)
	}
	way := guard.Past{Medium: p.media[0], Path: volume, Wrote: func(name string, _ fs.FileInfo) bool { return name == "by-guard.csv" }}
	p.agent.drives.undo.keep(t.Context(), nil, []guard.Past{way})
	defer p.agent.drives.undo.keep(t.Context(), nil, nil)
	taken := func() bool {
		_, err := os.Lstat(filepath.Join(volume, "past-it.csv.trustline.txt"))
		return err == nil
	}
	// Written again where it was not noticed: watching begins in its own time.
	for end := time.Now().Add(time.Minute); !taken() && time.Now().Before(end); {
		for _, name := range []string{"by-guard.csv", "past-it.csv"} {
			if err := os.WriteFile(filepath.Join(volume, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for again := time.Now().Add(5 * time.Second); !taken() && time.Now().Before(again); {
			time.Sleep(20 * time.Millisecond)
		}
	}
	if !taken() {
		t.Error("what came past it is not taken back")
	}
	if _, err := os.Lstat(filepath.Join(volume, "by-guard.csv")); err != nil {
		t.Errorf("what the guard wrote: %v", err)
	}
}

func TestWhatIsSaidOfMedia(t *testing.T) {
	for _, c := range []struct {
		best             enforce.Degree
		always, possible bool
		want             enforce.Degree
	}{
		{enforce.Prevented, true, true, enforce.Prevented}, // Linux
		{enforce.Prevented, true, false, enforce.None},
		{enforce.Undone, false, true, enforce.Prevented}, // Windows with WinFsp
		{enforce.Undone, false, false, enforce.Undone},
		{enforce.None, false, false, enforce.None}, // macOS
	} {
		if got := onMedia(c.best, c.always, c.possible); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
