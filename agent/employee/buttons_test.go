package employee

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/trustline/trustline/agent/prompt"
)

func TestButtonsOfANotice(t *testing.T) {
	r := start(t, "zh")
	n := stopped(firstCase, "客户.csv").Notice
	keys := func(n prompt.Notice) string {
		var all []string
		for _, a := range r.Offer(n) {
			if a.Label == "" || strings.HasPrefix(a.Label, "button.") {
				t.Errorf("%s is called %q", a.Key, a.Label)
			}
			all = append(all, a.Key)
		}
		return strings.Join(all, " ")
	}
	if got := keys(n); got != "masked-copy request-approval details default" {
		t.Errorf("everything: %s", got)
	}
	n.Action = "justify"
	if got := keys(n); got != "justify masked-copy details default" {
		t.Errorf("a reason is enough: %s", got)
	}
	n.EmployeeMay = []string{"silence"}
	n.Action = "warn"
	if got := keys(n); got != "silence details default" {
		t.Errorf("a warning: %s", got)
	}
	n.ID, n.Action = "granted/"+firstCase, prompt.Granted
	if got := keys(n); got != "details default" {
		t.Errorf("an answer: %s", got)
	}
	n = prompt.Notice{ID: firstCase, Action: "warn"}
	if got := keys(n); got != "details default" {
		t.Errorf("nothing offered: %s", got)
	}
}

func TestChosenButtonsLeadThere(t *testing.T) {
	var links []string
	fails := false
	r := start(t, "en", func(o *Options) {
		o.Open = func(url string) error {
			if links = append(links, url); fails {
				return errors.New("no browser")
			}
			return nil
		}
	})
	n := stopped(firstCase, "客户.csv").Notice
	answer := n
	answer.ID = "granted/" + firstCase
	isolated := n
	isolated.Action = "isolate"
	for _, c := range []struct {
		n       prompt.Notice
		key, at string
	}{
		{n, "default", "/case/" + firstCase}, {n, "details", "/case/" + firstCase}, {n, "masked-copy", "/case/" + firstCase + "/masked-copy"},
		{answer, "default", "/case/" + firstCase}, {isolated, "details", "/"},
	} {
		links = nil
		r.Chosen(c.n, c.key)
		if len(links) != 1 {
			t.Fatalf("%s opens %d pages", c.key, len(links))
		}
		v := stranger(t, links[0])
		if a := v.do(v.request(http.MethodGet, links[0], "")); a.status != http.StatusOK || a.at != c.at {
			t.Errorf("%s leads to %s (%d)", c.key, a.at, a.status)
		}
	}
	links = nil
	for _, key := range []string{"", "../..", "none", "DEFAULT"} {
		r.Chosen(n, key)
	}
	if len(links) != 0 {
		t.Errorf("buttons that are none of ours open %d pages", len(links))
	}
	fails = true
	r.Chosen(n, "default") // is logged, and ends nothing
	if len(links) != 1 {
		t.Error("no page was opened")
	}
}
