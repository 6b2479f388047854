package api

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trustline/trustline/console/store"
)

// query is what a script asks of the list of incidents.
type query struct {
	filter store.Filter
	limit  int
	cursor string
}

const usualPage = 50

// closed lists the values of parameters that have no others: a typing mistake
// must not look like "nothing has happened".
var closed = map[string][]string{
	"severity": {"low", "medium", "high", "critical"},
	"outcome":  {"prevented", "undone", "reported"},
	"kind":     {"activity", "agent"},
	"state":    {store.StateNew, store.StateInReview, store.StateClosed},
}

func parseQuery(v url.Values) (query, error) {
	q := query{limit: usualPage}
	f := &q.filter
	texts := map[string]*string{
		"channel": &f.Channel, "action": &f.Action, "severity": &f.Severity, "person": &f.Person, "machine": &f.Machine,
		"rule": &f.Rule, "outcome": &f.Outcome, "kind": &f.Kind, "state": &f.State, "q": &f.Text, "cursor": &q.cursor,
	}
	times := map[string]*time.Time{"since": &f.Since, "until": &f.Until}
	for name, values := range v {
		value := values[0]
		switch {
		case len(values) > 1:
			return q, fmt.Errorf("%s: give it once", name)
		case value == "":
		case name == "limit":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > store.MaxPage {
				return q, fmt.Errorf("limit: a number from 1 to %d", store.MaxPage)
			}
			q.limit = n
		case times[name] != nil:
			t, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return q, fmt.Errorf("%s: a time such as 2026-11-23T08:00:00Z", name)
			}
			*times[name] = t
		case texts[name] != nil:
			if all := closed[name]; all != nil && !slices.Contains(all, value) {
				return q, fmt.Errorf("%s: one of %s", name, strings.Join(all, ", "))
			}
			*texts[name] = value
		default:
			return q, errors.New("there is a parameter that this address does not know; it knows limit, cursor, since, until, q, channel, action, severity, person, machine, rule, outcome, kind and state")
		}
	}
	return q, nil
}
