package spool

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// drain hands everything out and acknowledges it, as a console would.
func drain(t testing.TB, s *Spool) []incident.Incident {
	t.Helper()
	var all []incident.Incident
	for {
		list := peek(t, s, 100)
		if len(list) == 0 {
			return all
		}
		all = append(all, list...)
		if err := s.Ack(ids(list)); err != nil {
			t.Fatal(err)
		}
	}
}

func total(list []incident.Incident, severity incident.Severity) (n int) {
	for _, i := range list {
		if i.Kind == incident.Activity && i.Severity == severity {
			n += i.Count
		}
	}
	return n
}

func TestLowRepeatsAreCountedWhenFull(t *testing.T) {
	for _, c := range []struct {
		name    string
		limits  Limits
		restart bool
	}{
		{"by records", Limits{Records: 100}, false},
		{"by bytes", Limits{Bytes: 100 << 10}, false},
		{"across a restart", Limits{Records: 100}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, c.limits)
			start := time.Now()
			for n := range 400 {
				put(t, s, newIncident(t, incident.Low, strconv.Itoa(n)))
				if c.restart && n == 300 {
					s.Close()
					s = open(t, dir, c.limits)
				}
			}
			limits := c.limits.orDefault()
			if d := s.Depth(); int64(d.Records)*100 > int64(limits.Records)*55 || d.Bytes*100 > limits.Bytes*55 {
				t.Errorf("grew to %+v", d)
			}
			list := drain(t, s)
			if got := total(list, incident.Low); got != 400 {
				t.Errorf("stand for %d incidents, want 400", got)
			}
			var merged, said int
			for _, i := range list {
				if i.Count > 1 {
					merged += i.Count - 1
					if i.Until.Before(i.Time) || i.Until.Before(start) || i.Until.After(time.Now()) {
						t.Errorf("from %s until %s", i.Time, i.Until)
					}
				}
				if i.Code == CodeMerged {
					n, err := strconv.Atoi(i.Detail["merged"])
					if err != nil || i.Validate() != nil {
						t.Errorf("says %v", i.Detail)
					}
					said += n
				}
			}
			if merged == 0 || said != merged {
				t.Errorf("%d were merged, %d were said to be", merged, said)
			}
		})
	}
}

func TestHigherSeverityFindsRoomWhateverElseWaits(t *testing.T) {
	s := open(t, t.TempDir(), Limits{Records: 100})
	for n := range 300 { // each unlike the others
		i := newIncident(t, incident.Low, strconv.Itoa(n))
		i.Destination.Serial = strconv.Itoa(n)
		put(t, s, i)
	}
	if d := s.Depth(); d.Records > 80 {
		t.Errorf("low ones took %d of 100", d.Records)
	}
	for n := range 15 {
		i := newIncident(t, incident.Critical, strconv.Itoa(n))
		i.Destination.Serial = strconv.Itoa(n)
		put(t, s, i)
	}
	list := drain(t, s)
	if got := total(list, incident.Critical); got != 15 {
		t.Errorf("%d critical ones kept, want 15", got)
	}
	kept := total(list, incident.Low)
	counted, err := strconv.Atoi(coded(t, list, CodeMerged).Detail["counted-low"])
	if err != nil || kept+counted != 300 {
		t.Errorf("%d kept and %d counted, want 300 together (%v)", kept, counted, err)
	}
}

func TestFullForTheHighestIsAnErrorAndCounted(t *testing.T) {
	s := open(t, t.TempDir(), Limits{Records: 20})
	refused := 0
	for n := range 40 {
		i := newIncident(t, incident.High, strconv.Itoa(n))
		i.Destination.Serial = strconv.Itoa(n)
		switch err := s.Put(t.Context(), i); {
		case errors.Is(err, ErrFull):
			refused++
		case err != nil:
			t.Fatal(err)
		}
	}
	list := drain(t, s)
	if got := total(list, incident.High); refused == 0 || got+refused != 40 {
		t.Errorf("%d kept, %d refused, want 40 together", got, refused)
	}
	if got := coded(t, list, CodeMerged).Detail["counted-high"]; got != strconv.Itoa(refused) {
		t.Errorf("says %s, refused %d", got, refused)
	}
}

func TestWhatMayHaveBeenSentIsNeverChanged(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Limits{Records: 10})
	for n := range 6 {
		put(t, s, newIncident(t, incident.Low, strconv.Itoa(n)))
	}
	sent := peek(t, s, 100) // the console may have stored these
	s.Close()
	s = open(t, dir, Limits{Records: 10}) // the service died before the answer
	for n := range 50 {
		put(t, s, newIncident(t, incident.Low, strconv.Itoa(n)))
	}
	stored := map[string]incident.Incident{}
	for _, i := range append(sent, drain(t, s)...) {
		if had, again := stored[i.ID]; again && fmt.Sprint(had) != fmt.Sprint(i) {
			t.Errorf("%s was handed out twice with different content", i.ID)
		} else if !again {
			stored[i.ID] = i
		}
	}
	n, counted := 0, 0
	for _, i := range stored {
		if i.Kind == incident.Activity {
			n += i.Count
		}
		c, _ := strconv.Atoi(i.Detail["counted-low"])
		counted += c
	}
	if n+counted != 56 {
		t.Errorf("the console has %d, %d of them only counted, want 56", n+counted, counted)
	}
}

func TestUnlikeIncidentsAreNotMerged(t *testing.T) {
	x := newIndex()
	base := newIncident(t, incident.Low, "a")
	like := base
	like.ID, like.File.Name, like.Time, like.Program.PID = "x", "b", base.Time.Add(time.Hour), 7
	if x.likeness(&base) != x.likeness(&like) {
		t.Error("another file at another time is not alike")
	}
	for name, change := range map[string]func(*incident.Incident){
		"person":                      func(i *incident.Incident) { i.Person.UID++ },
		"rule":                        func(i *incident.Incident) { i.Decision.Rule = "other" },
		"device":                      func(i *incident.Incident) { i.Destination.Serial = "S2" },
		"class":                       func(i *incident.Incident) { i.Content.Classes = []incident.Class{{ID: "email"}} },
		"outcome":                     func(i *incident.Incident) { i.Decision.Outcome = incident.Reported },
		"approval":                    func(i *incident.Incident) { i.Decision.Grant = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee" },
		"approval that does not hold": func(i *incident.Incident) { i.Decision.GrantFailed = "used-up" },
		"what that was given for":     func(i *incident.Incident) { i.Decision.GrantAbout = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee" },
		"severity":                    func(i *incident.Incident) { i.Severity = incident.Medium },
		"program":                     func(i *incident.Incident) { i.Program.Path = "/usr/bin/cp" },
	} {
		other := base
		change(&other)
		if x.likeness(&base) == x.likeness(&other) {
			t.Errorf("another %s is taken for the same", name)
		}
	}
}
