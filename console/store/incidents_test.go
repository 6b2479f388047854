package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/uploader/incident"
)

func open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func pick(n int, from ...string) string { return from[n%len(from)] }

// sample makes an incident whose fields follow from n, so that every filter
// selects some.
func sample(t testing.TB, n int, at time.Time) incident.Incident {
	t.Helper()
	i, err := incident.New(incident.Activity, at)
	if err != nil {
		t.Fatal(err)
	}
	i.Severity = incident.Severity(pick(n, "low", "medium", "high", "critical"))
	i.Machine = incident.Machine{ID: fmt.Sprintf("0193559a-0000-7000-8000-%012d", n%5), Name: fmt.Sprintf("WS-%d", n%5), OS: "linux"}
	i.Person = incident.Person{User: pick(n, "li.na", "zhang.wei", "陈静"), UID: 1000}
	i.Channel, i.Operation = pick(n/2, "removable-media", "clipboard"), "write"
	i.File = incident.File{Name: fmt.Sprintf("/media/USB/客户 %d%%_a.csv", n), Size: 10}
	i.Destination = incident.Destination{Path: "/media/USB"}
	i.Decision = incident.Decision{Action: pick(n, "block", "report", "warn"), Rule: pick(n/3, "rule-a", "rule-b"), Outcome: incident.Outcome(pick(n/2, "prevented", "reported", "undone"))}
	if n%11 == 10 {
		i.Kind, i.Code = incident.Agent, "policy-broken"
	}
	return i
}

func samples(t testing.TB, count int) []incident.Incident {
	t.Helper()
	all := make([]incident.Incident, count)
	for n := range all {
		// Several share a time, so that the order within it counts too.
		all[n] = sample(t, n, start.Add(time.Duration(n/3)*time.Second))
	}
	return all
}

func add(t testing.TB, s *store.Store, batch []incident.Incident) int {
	t.Helper()
	added, err := s.AddIncidents(t.Context(), batch, start.Add(1000*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func ids(list []incident.Incident) []string {
	out := make([]string, len(list))
	for n := range list {
		out[n] = list[n].ID
	}
	return out
}

func items(list []store.Item) []string {
	out := make([]string, len(list))
	for n := range list {
		out[n] = list[n].ID
	}
	return out
}

// read follows the cursors to the end and answers every id in order.
func read(t testing.TB, s *store.Store, f store.Filter, limit int) (all []string, pages int) {
	t.Helper()
	for cursor := ""; ; pages++ {
		p, err := s.Incidents(t.Context(), f, limit, cursor)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Incidents) > limit {
			t.Fatalf("%d incidents on a page of %d", len(p.Incidents), limit)
		}
		all = append(all, items(p.Incidents)...)
		if p.Next == "" {
			return all, pages + 1
		}
		cursor = p.Next
	}
}

// newestFirst is the order of the list, worked out without the database.
func newestFirst(list []incident.Incident) []incident.Incident {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b incident.Incident) int {
		if c := b.Time.Compare(a.Time); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	return out
}

func TestTheSameIdIsStoredOnce(t *testing.T) {
	s, all := open(t, t.TempDir()), samples(t, 20)
	if n := add(t, s, append(slices.Clone(all), all[3], all[3])); n != 20 {
		t.Errorf("%d of 20 were new", n)
	}
	forged := all[5]
	forged.Person.User = "somebody.else"
	if n := add(t, s, []incident.Incident{forged, all[19]}); n != 0 {
		t.Errorf("sent again, %d were new", n)
	}
	got, err := s.Incident(t.Context(), forged.ID)
	if err != nil || got.Person != all[5].Person {
		t.Errorf("the second of one id has replaced the first: %v %v", got.Person, err)
	}
	if list, _ := read(t, s, store.Filter{}, 7); !slices.Equal(list, ids(newestFirst(all))) {
		t.Errorf("%d incidents listed", len(list))
	}
}

func TestManySendersOfTheSameIncidents(t *testing.T) {
	s, all := open(t, t.TempDir()), samples(t, 300)
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for sender := range 16 {
		mine := slices.Clone(all)
		rand.New(rand.NewPCG(1, uint64(sender))).Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		wg.Go(func() {
			for batch := range slices.Chunk(mine, 25) {
				n, err := s.AddIncidents(t.Context(), batch, start.Add(time.Hour))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				total += n
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if total != len(all) {
		t.Errorf("%d counted as new, there are %d", total, len(all))
	}
	if list, _ := read(t, s, store.Filter{}, 100); !slices.Equal(list, ids(newestFirst(all))) {
		t.Errorf("%d incidents listed, %d sent", len(list), len(all))
	}
}

func TestPagesDoNotShiftWhileIncidentsArrive(t *testing.T) {
	s, all := open(t, t.TempDir()), samples(t, 200)
	add(t, s, all)
	var seen []string
	cursor, late := "", 0
	for {
		p, err := s.Incidents(t.Context(), store.Filter{}, 17, cursor)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, items(p.Incidents)...)
		// Newer than everything: they belong on pages already read.
		add(t, s, []incident.Incident{sample(t, late, start.Add(time.Duration(500+late)*time.Hour))})
		late++
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if want := ids(newestFirst(all)); !slices.Equal(seen, want) {
		t.Errorf("read %d, want %d, in order and without repeats", len(seen), len(want))
	}
}

// TestFilters holds every filter and pairs of them against a plain loop.
func TestFilters(t *testing.T) {
	s, all := open(t, t.TempDir()), samples(t, 400)
	all[40].Others = []incident.Person{{User: "wang.fang", UID: 1004}}
	add(t, s, all)
	for name, c := range map[string]struct {
		f    store.Filter
		want func(i incident.Incident) bool
	}{
		"channel":      {store.Filter{Channel: "clipboard"}, func(i incident.Incident) bool { return i.Channel == "clipboard" }},
		"action":       {store.Filter{Action: "warn"}, func(i incident.Incident) bool { return i.Decision.Action == "warn" }},
		"severity":     {store.Filter{Severity: "critical"}, func(i incident.Incident) bool { return i.Severity == incident.Critical }},
		"person":       {store.Filter{Person: "陈静"}, func(i incident.Incident) bool { return i.Person.User == "陈静" }},
		"machine id":   {store.Filter{Machine: all[2].Machine.ID}, func(i incident.Incident) bool { return i.Machine == all[2].Machine }},
		"machine name": {store.Filter{Machine: "WS-3"}, func(i incident.Incident) bool { return i.Machine.Name == "WS-3" }},
		"rule":         {store.Filter{Rule: "rule-b"}, func(i incident.Incident) bool { return i.Decision.Rule == "rule-b" }},
		"outcome":      {store.Filter{Outcome: "undone"}, func(i incident.Incident) bool { return i.Decision.Outcome == incident.Undone }},
		"kind":         {store.Filter{Kind: "agent"}, func(i incident.Incident) bool { return i.Kind == incident.Agent }},
		"since":        {store.Filter{Since: start.Add(100 * time.Second)}, func(i incident.Incident) bool { return !i.Time.Before(start.Add(100 * time.Second)) }},
		"until":        {store.Filter{Until: start.Add(100 * time.Second)}, func(i incident.Incident) bool { return i.Time.Before(start.Add(100 * time.Second)) }},
		"text":         {store.Filter{Text: "客户 17"}, func(i incident.Incident) bool { return strings.Contains(i.File.Name, "客户 17") }},
		"text, others": {store.Filter{Text: "Wang.Fang"}, func(i incident.Incident) bool { return len(i.Others) > 0 }},
		"text, signs":  {store.Filter{Text: "7%_A"}, func(i incident.Incident) bool { return strings.Contains(i.File.Name, "7%_a") }},
		"text, quote":  {store.Filter{Text: "' OR 1=1 --"}, func(incident.Incident) bool { return false }},
		"text, escape": {store.Filter{Text: `\`}, func(incident.Incident) bool { return false }},
		"several": {store.Filter{Person: "li.na", Severity: "low", Action: "block", Outcome: "prevented", Until: start.Add(110 * time.Second)}, func(i incident.Incident) bool {
			return i.Person.User == "li.na" && i.Severity == incident.Low && i.Decision.Action == "block" && i.Decision.Outcome == incident.Prevented && i.Time.Before(start.Add(110*time.Second))
		}},
		"nothing": {store.Filter{Person: "nobody"}, func(incident.Incident) bool { return false }},
	} {
		t.Run(name, func(t *testing.T) {
			want := slices.DeleteFunc(newestFirst(all), func(i incident.Incident) bool { return !c.want(i) })
			got, _ := read(t, s, c.f, 13)
			if !slices.Equal(got, ids(want)) {
				t.Errorf("%d found, want %d", len(got), len(want))
			}
		})
	}
}

// TestASearchStopsAndGoesOn: what is rare is found over several pages, each of
// which reads a bounded number of incidents.
func TestASearchStopsAndGoesOn(t *testing.T) {
	s := open(t, t.TempDir())
	all := make([]incident.Incident, 2*store.Slice+500)
	for n := range all {
		all[n] = sample(t, 0, start.Add(time.Duration(n)*time.Second))
	}
	var want []string
	for _, n := range []int{2*store.Slice + 400, store.Slice + 501, store.Slice + 500, store.Slice + 499, 3} {
		all[n].File.Name = "/media/USB/needle.csv"
		want = append(want, all[n].ID)
	}
	for batch := range slices.Chunk(all, 5000) {
		add(t, s, batch)
	}
	first, err := s.Incidents(t.Context(), store.Filter{Text: "Needle"}, 50, "")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(first.Incidents); n != 3 || first.Next == "" || !first.Back.Equal(all[store.Slice+500].Time) {
		t.Errorf("first page: %d, looked back to %v", n, first.Back)
	}
	got, pages := read(t, s, store.Filter{Text: "needle"}, 50)
	if !slices.Equal(got, want) || pages != 3 {
		t.Errorf("%d found on %d pages", len(got), pages)
	}

	// What somebody is at is found at once, however much is newer.
	if err := s.AddStep(t.Context(), all[3].ID, li, store.Step{State: store.StateInReview}, 0, start); err != nil {
		t.Fatal(err)
	}
	p, err := s.Incidents(t.Context(), store.Filter{State: store.StateInReview}, 50, "")
	if err != nil || len(p.Incidents) != 1 || p.Next != "" || !p.Back.IsZero() {
		t.Errorf("in review: %d, looked back to %v, %v", len(p.Incidents), p.Back, err)
	}
}

func TestCursorsThatWereNotGivenOut(t *testing.T) {
	s := open(t, t.TempDir())
	add(t, s, samples(t, 3))
	for _, c := range []string{"x", "%%%", "MSAx", strings.Repeat("A", 5000), "MTIzIDAgT1IgMT0x", "YWJjIDAxOTM1NTlhLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMA"} {
		if _, err := s.Incidents(t.Context(), store.Filter{}, 10, c); err != store.ErrCursor {
			t.Errorf("cursor %.20q: %v", c, err)
		}
	}
}

func TestAClockThatRunsAheadDoesNotHoldTheTop(t *testing.T) {
	s := open(t, t.TempDir())
	ahead, later := sample(t, 1, start.Add(10*365*24*time.Hour)), sample(t, 2, start.Add(time.Minute))
	for n, i := range []incident.Incident{ahead, later} {
		if _, err := s.AddIncidents(t.Context(), []incident.Incident{i}, start.Add(time.Duration(n)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := s.Incidents(t.Context(), store.Filter{}, 10, "")
	if err != nil || !slices.Equal(items(p.Incidents), []string{later.ID, ahead.ID}) {
		t.Errorf("order %v, %v", items(p.Incidents), err)
	}
	if !p.Incidents[1].Time.Equal(ahead.Time) {
		t.Error("the record's own time was changed")
	}
}

func TestUnknownIncident(t *testing.T) {
	if _, err := open(t, t.TempDir()).Incident(t.Context(), "0193559a-0000-7000-8000-000000000000"); err != store.ErrNotFound {
		t.Error(err)
	}
}
