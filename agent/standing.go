package agent

import (
	"context"
	"sync"

	"github.com/trustline/trustline/agent/guard"
)

// standing is where guards stand on a system on which not every medium can have
// one: drives of Windows, where WinFsp is installed. What has none is left to
// others.
type standing struct {
	can    func(guard.Medium) error
	keeper guards

	mu sync.Mutex
	// refused are media on which no guard came to stand: tried again once they are
	// plugged in anew, for each attempt closes the files that are open there.
	refused map[string]bool
}

// guards is guard.Keeper.
type guards interface {
	Keep(context.Context, []guard.Medium) []guard.Report
	Reports() []guard.Report
	Past() []guard.Past
}

// keep has guards stand where they can and answers the media without.
func (s *standing) keep(ctx context.Context, media []guard.Medium) (others []guard.Medium) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(media)
	guarded := s.guarded()
	s.giveUp()
	var mine []guard.Medium
	for _, m := range media {
		switch {
		case guarded[m.MountPoint]:
			// What is found there is the guard itself.
		case s.refused[m.MountPoint] || s.can(m) != nil:
			others = append(others, m)
		default:
			mine = append(mine, m)
		}
	}
	failed := s.keeper.Keep(ctx, mine)
	if len(failed) == 0 {
		return others
	}
	for _, r := range failed {
		s.refused[r.Medium.MountPoint] = true
		others = append(others, r.Medium)
	}
	s.keeper.Keep(ctx, nil) // they are somebody else's by now
	return others
}

// forget forgets refusals of what is not plugged in any more.
func (s *standing) forget(media []guard.Medium) {
	still := map[string]bool{}
	for _, m := range media {
		still[m.MountPoint] = s.refused[m.MountPoint]
	}
	s.refused = still
}

// giveUp keeps a guard that ended by itself from being put there again and again.
func (s *standing) giveUp() {
	for _, r := range s.keeper.Reports() {
		if _, plugged := s.refused[r.Medium.MountPoint]; plugged && r.State == guard.Gone {
			s.refused[r.Medium.MountPoint] = true
		}
	}
}

func (s *standing) guarded() map[string]bool {
	there := map[string]bool{}
	for _, r := range s.keeper.Reports() {
		there[r.Medium.MountPoint] = r.State == guard.Guarding
	}
	return there
}

// media answers what is under guard.
func (s *standing) media() (list []guard.Medium) {
	for _, r := range s.keeper.Reports() {
		if r.State == guard.Guarding {
			list = append(list, r.Medium)
		}
	}
	return list
}
