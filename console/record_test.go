package console_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
)

var entryNumber = regexp.MustCompile(`data-unit="">(\d+)<`)

// Administrators read what everybody did, page by page, and whether it still
// holds; nobody else does.
func TestTheRecordIsReadInTheBrowser(t *testing.T) {
	r := start(t)
	cookie := r.signIn(t) // with the account, the sign-in and a machine three entries
	s := newSample()
	for n := range 130 {
		i := s.incident(t, 0, time.Now().Add(time.Duration(n)*time.Second))
		r.send(t, i)
		if err := r.beside(t).AddStep(t.Context(), i.ID, store.Account{ID: machineID(9), Name: "chen <b>"}, store.Step{State: store.StateClosed, Comment: fmt.Sprint("误报 ", n)}, 0, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	numbers := func(path string) (first, last string, count int, body string) {
		t.Helper()
		res, body := r.get(t, path, cookie)
		found := entryNumber.FindAllStringSubmatch(body, -1)
		if res.StatusCode != http.StatusOK || len(found) == 0 {
			t.Fatalf("%s: %d, %d entries", path, res.StatusCode, len(found))
		}
		return found[0][1], found[len(found)-1][1], len(found), body
	}
	if first, last, count, body := numbers("/record"); first != "133" || last != "34" || count != 100 || !strings.Contains(body, "/record?before=34") || !strings.Contains(body, "误报 129") || strings.Contains(body, "chen <b>") {
		t.Errorf("the newest: %s to %s, %d", first, last, count)
	}
	if first, last, count, body := numbers("/record?before=34"); first != "33" || last != "1" || count != 33 || strings.Contains(body, `rel="next"`) {
		t.Errorf("the oldest: %s to %s, %d", first, last, count)
	}
	if first, _, count, _ := numbers("/record?by=" + userName); first != "2" || count != 2 {
		t.Errorf("of one: %d", count)
	}
	for _, path := range []string{"/record?before=-1", "/record?before=x", "/record?before=99999999999999999999"} {
		if first, _, _, _ := numbers(path); first != "133" {
			t.Errorf("%s begins at %s", path, first)
		}
	}
	if _, _, _, body := numbers("/record?check=1"); !strings.Contains(body, "133") || !regexp.MustCompile(`<code class="place">[0-9a-f]{64}`).MatchString(body) || strings.Contains(body, `role="alert"`) {
		t.Error("it is not said to hold")
	}
	r.behind(t, "UPDATE audit SET name = 'somebody.else' WHERE seq = 40")
	if _, _, _, body := numbers("/record?check=1"); !strings.Contains(body, `role="alert"`) || strings.Contains(body, `<code class="place">`) {
		t.Error("it is said to hold")
	}
	r.demote(t)
	for _, path := range []string{"/record", "/record?check=1"} {
		if res, body := r.get(t, path, cookie); res.StatusCode != http.StatusForbidden || strings.Contains(body, "误报") {
			t.Errorf("a reviewer at %s: %d", path, res.StatusCode)
		}
	}
	if _, body := r.get(t, "/account", cookie); strings.Contains(body, "/record") {
		t.Error("a reviewer is led to it")
	}
	if res, _ := r.get(t, "/record"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("without signing in: %d", res.StatusCode)
	}
}
