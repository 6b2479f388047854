package console_test

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/uploader/incident"
)

var searchOn = regexp.MustCompile(`<a class="button" href="([^"]+)" rel="next">Search on`)

// TestARareSearchGoesOn: a search that takes long says how far it looked and
// goes on from there, and never says that there is nothing before it knows.
func TestARareSearchGoesOn(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	s, err := store.Open(t.Context(), r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	made, now := newSample(), time.Now()
	all := make([]incident.Incident, 2*store.Slice+10)
	for n := range all {
		all[n] = made.incident(t, 0, now.Add(-time.Duration(n)*time.Second))
	}
	all[len(all)-1].File.Name = "/media/USB/needle.csv"
	for batch := range slices.Chunk(all, 5000) {
		if _, err := s.AddIncidents(t.Context(), batch, now); err != nil {
			t.Fatal(err)
		}
	}
	res, _ := r.get(t, "/incidents?q=needle", c)
	pages := 0
	for next := res.Header.Get("Location"); next != ""; pages++ {
		_, body := r.get(t, next, c)
		m := searchOn.FindStringSubmatch(body)
		switch {
		case strings.Contains(body, "i-"+all[len(all)-1].ID):
			next = ""
		case m == nil:
			t.Fatal("the search ended without finding what is there")
		case strings.Contains(body, "No incident matches") || !strings.Contains(body, "Searched back to"):
			t.Fatal("the page says that there is nothing before it has looked everywhere")
		default:
			next = html.UnescapeString(m[1])
		}
	}
	t.Logf("found on page %d", pages)
}
