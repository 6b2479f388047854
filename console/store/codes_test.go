package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
)

// A code for many people takes two accounts, for the same challenge of the same
// machine, within an hour, and every part of that is on the record.
func TestACodeForManyTakesTwoAccounts(t *testing.T) {
	s := open(t, t.TempDir())
	code := store.Code{Machine: machineID, Permits: "grant", Challenge: "K7QM-2FXP-4H", People: 5000, Two: true}
	give := func(by store.Account, c store.Code, after time.Duration) (bool, error) {
		return s.GiveCode(t.Context(), by, c, today.Add(after))
	}
	few, other, elsewhere := code, code, code
	few.Two, other.Challenge, elsewhere.Machine = false, "K7QM-2FXP-22", "0190aaaa-bbbb-7ccc-8ddd-000000000009"
	if given, err := give(chen, few, 0); !given || err != nil {
		t.Errorf("for few: %v %v", given, err)
	}
	if given, err := give(chen, code, 0); given || err != nil {
		t.Fatalf("one account alone: %v %v", given, err)
	}
	if given, err := give(chen, code, time.Minute); given || !errors.Is(err, store.ErrSamePerson) {
		t.Errorf("the same account again: %v %v", given, err)
	}
	for name, c := range map[string]store.Code{"another challenge": other, "another machine": elsewhere} {
		if given, err := give(li, c, time.Minute); given || err != nil {
			t.Errorf("%s: %v %v", name, given, err)
		}
	}
	if given, err := give(li, code, 61*time.Minute); given || err != nil {
		t.Errorf("after more than an hour: %v %v", given, err)
	}
	if given, err := give(chen, code, 62*time.Minute); !given || err != nil {
		t.Errorf("both: %v %v", given, err)
	}
	if given, err := give(chen, code, 63*time.Minute); given || err != nil {
		t.Errorf("one of them, later: %v %v", given, err)
	}
	history, err := s.History(t.Context(), machineID)
	if err != nil {
		t.Fatal(err)
	}
	halves := 0
	for _, e := range history {
		if e.Action != store.ActionCode || !strings.Contains(string(e.Detail), `"people":5000`) || strings.Contains(string(e.Detail), "K7QM") {
			t.Errorf("on the record: %+v", e)
		}
		if strings.Contains(string(e.Detail), `"half":true`) {
			halves++
		}
	}
	if len(history) != 6 || halves != 4 {
		t.Errorf("%d entries, %d of them halves", len(history), halves)
	}
}
