package prompt

import (
	"fmt"
	"testing"
	"time"
)

// play adds notices at the given times and answers what was shown when.
func play(adds map[time.Duration][]string, until time.Duration) (shown []string) {
	var m merger
	start := time.Now()
	for at := time.Duration(0); at <= until; at += 50 * time.Millisecond {
		now := start.Add(at)
		for _, file := range adds[at] {
			m.add("", Notice{Action: "block", File: file}, 0, now)
		}
		for {
			g, _ := m.next(now)
			if g == nil {
				break
			}
			shown = append(shown, fmt.Sprintf("%v %s+%d", at, g.latest.File, g.more()))
		}
	}
	return shown
}

func TestRepeatsAreMergedAndPaced(t *testing.T) {
	got := play(map[time.Duration][]string{
		0:                      {"a"},
		100 * time.Millisecond: {"b", "c"},
		200 * time.Millisecond: {"c"}, // the same file again is not another one
		5 * time.Second:        {"d"},
		40 * time.Second:       {"e"}, // long after: news of its own
	}, time.Minute)
	want := "[0s a+0 1s c+2 5s d+3 40s e+0]"
	if fmt.Sprint(got) != want {
		t.Errorf("shown %v, want %v", got, want)
	}
}

func TestTenThousandNoticesAreOne(t *testing.T) {
	var m merger
	start := time.Now()
	shown := 0
	for i := range 10_000 {
		now := start.Add(time.Duration(i) * time.Millisecond)
		m.add("", Notice{Action: "block", File: fmt.Sprint(i)}, 0, now)
		if g, _ := m.next(now); g != nil {
			shown++
		}
	}
	g, _ := m.next(start.Add(time.Minute))
	if g == nil || g.more() != 9999 || shown > 11 {
		t.Errorf("shown %d times, the last for %+v", shown, g)
	}
	if len(g.files) > maxFiles {
		t.Errorf("%d names are remembered", len(g.files))
	}
}

func TestUnlikeNoticesAreNotMergedButBounded(t *testing.T) {
	var m merger
	now := time.Now()
	m.add("", Notice{Action: "block", File: "a"}, 0, now)
	m.add("", Notice{Action: "warn", File: "a"}, 0, now)
	m.add("", Notice{Action: "block", File: "a", Medium: "other"}, 0, now)
	m.add("somebody else", Notice{Action: "block", File: "a"}, 0, now)
	if len(m.groups) != 4 {
		t.Errorf("%d groups, want 4", len(m.groups))
	}
	for i := range 1000 {
		m.add("", Notice{Medium: fmt.Sprint(i)}, 0, now)
	}
	if len(m.groups) > maxGroups {
		t.Errorf("%d groups are held", len(m.groups))
	}
	_, wait := m.next(now)
	if _, wait = m.next(now); wait != showGap {
		t.Errorf("the second is shown after %v, want %v", wait, showGap)
	}
}

func TestSilencedRulesAreNotTold(t *testing.T) {
	now := time.Now()
	teller := Teller{}
	teller.Silence(1000, "lists-stay", now.Add(time.Hour))
	for _, test := range []struct {
		uid  int
		rule string
		at   time.Time
		want bool
	}{
		{1000, "lists-stay", now, true},
		{1000, "lists-stay", now.Add(2 * time.Hour), false},
		{1000, "another", now, false},
		{1001, "lists-stay", now, false},
	} {
		if got := teller.isSilent(test.uid, test.rule, test.at); got != test.want {
			t.Errorf("%d, %s: silent %v", test.uid, test.rule, got)
		}
	}
	for i := range 2 * maxSilenced {
		teller.Silence(i, "lists-stay", now.Add(time.Hour))
	}
	if len(teller.silent) > maxSilenced {
		t.Error("what is silenced is not bounded")
	}
}
