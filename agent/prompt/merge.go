package prompt

import "time"

// Pace of what is shown: the first of a kind at once, repeats into the same
// notice and not faster than anybody reads.
const (
	mergeFor  = 30 * time.Second       // a repeat this soon after the last one joins it
	closedFor = 3 * time.Second        // the same after the person closed it: then it was something else they did
	repeatGap = time.Second            // between two showings of one group
	showGap   = 200 * time.Millisecond // between any two showings
	maxGroups = 64
	maxFiles  = 1000 // names told apart within one group
)

// kind is what makes two notices the same thing to the person.
type kind struct {
	audience                              string
	action, outcome, reason, rule, medium string
}

// group is like notices shown as one.
type group struct {
	kind   kind
	latest Notice
	files  map[string]struct{}
	others int // beyond those told apart in files, and those missed

	touched, shown time.Time
	dirty          bool
	muted          bool   // the person closed it
	handle         uint32 // of the notification that is to be replaced; 0 for none
	tries          int    // to show it that failed
	seat           seat   // where the latest one is to be written, for terminals
}

// more is how many files there are besides the latest one.
func (g *group) more() int { return len(g.files) - 1 + g.others }

// merger groups notices and paces them. It is used by one goroutine.
type merger struct {
	groups map[kind]*group
	shown  time.Time
}

// add takes a notice in and answers its group.
func (m *merger) add(audience string, n Notice, missed int, now time.Time) *group {
	k := kind{audience, n.Action, n.Outcome, n.Reason, n.Rule, n.Medium}
	g, ok := m.groups[k]
	if !ok || g.over(now) {
		g = &group{kind: k, files: map[string]struct{}{}}
		m.put(g)
	}
	g.latest, g.touched, g.dirty = n, now, true
	g.others += missed
	if _, known := g.files[n.File]; !known && len(g.files) >= maxFiles {
		g.others++
	} else {
		g.files[n.File] = struct{}{}
	}
	return g
}

// over tells whether a notice now would be news of its own.
func (g *group) over(now time.Time) bool {
	switch quiet := now.Sub(g.touched); {
	case g.muted:
		return quiet > closedFor
	case g.dirty:
		return false
	default:
		return quiet > mergeFor
	}
}

func (m *merger) put(g *group) {
	if m.groups == nil {
		m.groups = map[kind]*group{}
	}
	if len(m.groups) >= maxGroups {
		var oldest *group
		for _, other := range m.groups {
			if oldest == nil || other.touched.Before(oldest.touched) {
				oldest = other
			}
		}
		delete(m.groups, oldest.kind)
	}
	m.groups[g.kind] = g
}

// next answers a group to be shown now, or how long until there will be one; a
// negative time when there is none.
func (m *merger) next(now time.Time) (*group, time.Duration) {
	var best *group
	var at time.Time
	for _, g := range m.groups {
		if !g.dirty || g.muted {
			continue
		}
		due := later(g.shown.Add(repeatGap), m.shown.Add(showGap))
		if best == nil || due.Before(at) || due.Equal(at) && g.touched.Before(best.touched) {
			best, at = g, due
		}
	}
	switch {
	case best == nil:
		return nil, -1
	case at.After(now):
		return nil, at.Sub(now)
	}
	best.dirty, best.shown, m.shown = false, now, now
	return best, 0
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// mute keeps repeats of what the person closed quiet while they keep coming.
func (m *merger) mute(handle uint32) {
	for _, g := range m.groups {
		if handle != 0 && g.handle == handle {
			g.muted = true
		}
	}
}
