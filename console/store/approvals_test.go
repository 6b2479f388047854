package store_test

import (
	"crypto/ed25519"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/uploader/incident"
)

var chen = store.Account{ID: "0193559a-0000-7000-8000-00000000000b", Name: "chen"}

const secondFrom = 500

// today: what is over is not told any more.
var today = time.Now().UTC().Truncate(time.Second)

// asked stores an incident and a request about it, and answers both ids.
func asked(t *testing.T, s *store.Store, people int, change func(*incident.Incident)) (about, id string) {
	t.Helper()
	stopped := samples(t, 1)[0]
	i, err := incident.New(incident.Agent, today)
	if err != nil {
		t.Fatal(err)
	}
	i.Machine, i.Severity, i.Code = stopped.Machine, incident.Medium, grant.CodeRequested
	i.Machine.ID, stopped.Machine.ID = machineID, machineID
	i.Detail = grant.Request{
		Incident: stopped.ID, UID: 1000, User: "li", Wish: grant.Wish{Purpose: "audit", Days: 3, Uses: 2, Name: "Li"},
		Channel: "removable-media", Destination: "S1", Place: "stick", File: "list.csv", SHA256: strings.Repeat("ab", 32), Classes: []string{"cn-mobile"}, People: people,
	}.Detail()
	if change != nil {
		change(&i)
	}
	add(t, s, []incident.Incident{stopped, i})
	return stopped.ID, i.ID
}

const machineID = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"

func signer(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func waiting(t *testing.T, s *store.Store) int {
	t.Helper()
	n, err := s.WaitingRequests(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestARequestIsApprovedOnceAndNarrowed(t *testing.T) {
	s := open(t, t.TempDir())
	public, key := signer(t)
	about, id := asked(t, s, 60, nil)
	if waiting(t, s) != 1 {
		t.Fatal("the request does not wait")
	}
	for name, terms := range map[string]store.Terms{
		"more people": {People: 61, Uses: 1, Days: 1}, "more uses": {People: 60, Uses: 3, Days: 1}, "longer": {People: 60, Uses: 2, Days: 4}, "no use": {People: 60, Days: 1}, "less than no time": {People: 60, Uses: 1, Days: 1, Within: -1},
	} {
		if _, err := s.Approve(t.Context(), key, chen, id, terms, secondFrom, today); !errors.Is(err, store.ErrWider) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if granted, err := s.Approve(t.Context(), key, chen, id, store.Terms{People: 50, Uses: 1, Days: 1}, secondFrom, today); err != nil || !granted {
		t.Fatalf("%v %v", granted, err)
	}
	if _, err := s.Approve(t.Context(), key, li, id, store.Terms{People: 50, Uses: 1, Days: 1}, secondFrom, today); !errors.Is(err, store.ErrChanged) {
		t.Errorf("answered twice: %v", err)
	}
	if err := s.Refuse(t.Context(), key, li, id, "no", today); !errors.Is(err, store.ErrChanged) {
		t.Errorf("refused after approval: %v", err)
	}
	answers, err := s.Answers(t.Context(), machineID)
	if err != nil || len(answers) != 1 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	a, err := grant.Open(answers[0], machineID, public)
	if err != nil || a.Grant.MaxPeople != 50 || a.Grant.MaxUses != 1 || a.Grant.Incident != about || a.Grant.Expires.Sub(a.Grant.NotBefore) != 24*time.Hour {
		t.Fatalf("%+v %v", a.Grant, err)
	}
	if others, err := s.Answers(t.Context(), "0190aaaa-bbbb-7ccc-8ddd-000000000000"); err != nil || len(others) != 0 {
		t.Errorf("another machine is told: %d %v", len(others), err)
	}
	if err := s.Withdraw(t.Context(), key, li, id, "lost", today); err != nil {
		t.Fatal(err)
	}
	if err := s.Withdraw(t.Context(), key, li, id, "lost", today); !errors.Is(err, store.ErrChanged) {
		t.Errorf("withdrawn twice: %v", err)
	}
	r, err := s.Request(t.Context(), id)
	if err != nil || r.Grant == nil || !r.Withdrawn || r.Reason != "lost" || r.State != store.RequestGranted {
		t.Errorf("%+v %v", r, err)
	}
	if h, err := s.History(t.Context(), about); err != nil || len(h) != 2 || h[0].Action != store.ActionApprove || h[1].Action != store.ActionWithdraw {
		t.Errorf("history: %+v %v", h, err)
	}
	if _, _, _, err := s.VerifyAudit(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

func TestHoursInsteadOfDays(t *testing.T) {
	for within, want := range map[time.Duration]time.Duration{0: 24 * time.Hour, time.Hour: time.Hour, 300 * time.Hour: 24 * time.Hour} {
		s := open(t, t.TempDir())
		_, key := signer(t)
		_, id := asked(t, s, 60, nil)
		if granted, err := s.Approve(t.Context(), key, chen, id, store.Terms{People: 50, Uses: 1, Days: 1, Within: within}, secondFrom, today); err != nil || !granted {
			t.Fatalf("%v %v", granted, err)
		}
		r, err := s.Request(t.Context(), id)
		if err != nil || r.Grant == nil || r.Grant.Expires.Sub(r.Grant.NotBefore) != want {
			t.Errorf("%s: %+v %v", within, r.Grant, err)
		}
	}
}

func TestManyPeopleTakeTwoApprovers(t *testing.T) {
	s := open(t, t.TempDir())
	public, key := signer(t)
	_, id := asked(t, s, secondFrom, nil)
	terms := store.Terms{People: secondFrom, Uses: 1, Days: 1}
	if _, err := s.Approve(t.Context(), key, chen, id, store.Terms{People: secondFrom, Uses: 1, Days: 1, Within: time.Hour}, secondFrom, today); !errors.Is(err, store.ErrWider) {
		t.Errorf("hours that the second would not be held to: %v", err)
	}
	if granted, err := s.Approve(t.Context(), key, chen, id, terms, secondFrom, today); err != nil || granted {
		t.Fatalf("one is enough: %v %v", granted, err)
	}
	if answers, _ := s.Answers(t.Context(), machineID); len(answers) != 0 {
		t.Fatal("half an approval is told")
	}
	if _, err := s.Approve(t.Context(), key, chen, id, terms, secondFrom, today); !errors.Is(err, store.ErrSamePerson) {
		t.Errorf("the same person twice: %v", err)
	}
	if _, err := s.Approve(t.Context(), key, li, id, store.Terms{People: secondFrom, Uses: 2, Days: 1}, secondFrom, today); !errors.Is(err, store.ErrWider) {
		t.Errorf("more than the first approved: %v", err)
	}
	if granted, err := s.Approve(t.Context(), key, li, id, terms, secondFrom, today); err != nil || !granted {
		t.Fatalf("%v %v", granted, err)
	}
	answers, err := s.Answers(t.Context(), machineID)
	if err != nil {
		t.Fatal(err)
	}
	a, err := grant.Open(answers[0], machineID, public)
	if err != nil || strings.Join(a.Grant.Approvers, " ") != "chen li.na" {
		t.Errorf("%+v %v", a.Grant, err)
	}
}

func TestOneOfManyApprovesAtOnce(t *testing.T) {
	s := open(t, t.TempDir())
	_, key := signer(t)
	_, id := asked(t, s, 10, nil)
	var through, changed atomic.Int32
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			by := store.Account{ID: strconv.Itoa(n), Name: "account " + strconv.Itoa(n)}
			switch _, err := s.Approve(t.Context(), key, by, id, store.Terms{People: 10, Uses: 1, Days: 1}, secondFrom, today); {
			case err == nil:
				through.Add(1)
			case errors.Is(err, store.ErrChanged):
				changed.Add(1)
			}
		})
	}
	all.Wait()
	if through.Load() != 1 || changed.Load() != 19 {
		t.Errorf("%d approved, %d too late", through.Load(), changed.Load())
	}
}

func TestRequestsThatNoAgentMakesAreOnlyRecords(t *testing.T) {
	s := open(t, t.TempDir())
	_, key := signer(t)
	_, forged := asked(t, s, 10, func(i *incident.Incident) { i.Detail["uid"] = "root" })
	if waiting(t, s) != 0 {
		t.Error("it waits for an answer")
	}
	if _, err := s.Approve(t.Context(), key, chen, forged, store.Terms{People: 1, Uses: 1, Days: 1}, secondFrom, today); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := s.Incident(t.Context(), forged); err != nil {
		t.Errorf("it is not a record either: %v", err)
	}
}

func TestWhatFollowedIsTheSameMachines(t *testing.T) {
	s := open(t, t.TempDir())
	about, id := asked(t, s, 10, nil)
	_, foreign := asked(t, s, 10, func(i *incident.Incident) {
		i.Machine.ID, i.Detail["incident"] = uuid.NewString(), about
	})
	related, err := s.Related(t.Context(), about)
	if err != nil || len(related) != 1 || related[0].ID != id {
		t.Errorf("%d records, not %s, %v", len(related), foreign, err)
	}
	if n := waiting(t, s); n != 1 {
		t.Errorf("%d requests wait: another machine's names this one's incident", n)
	}
	if related, err := s.Related(t.Context(), ""); err != nil || len(related) != 0 {
		t.Errorf("about nothing: %d %v", len(related), err)
	}
}

func TestARequestThatComesBeforeItsIncident(t *testing.T) {
	s := open(t, t.TempDir())
	_, key := signer(t)
	late := samples(t, 1)[0]
	_, id := asked(t, s, 10, func(i *incident.Incident) { i.Detail["incident"] = late.ID })
	late.Machine.ID = uuid.NewString() // another machine's, as it turns out
	add(t, s, []incident.Incident{late})
	if _, err := s.Approve(t.Context(), key, chen, id, store.Terms{People: 1, Uses: 1, Days: 1}, secondFrom, today); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("approved: %v", err)
	}
	if h, err := s.History(t.Context(), late.ID); err != nil || len(h) != 0 {
		t.Errorf("written under another machine's incident: %d %v", len(h), err)
	}
}

func TestWhatIsOverIsNotWithdrawn(t *testing.T) {
	s := open(t, t.TempDir())
	_, key := signer(t)
	_, id := asked(t, s, 10, nil)
	if _, err := s.Approve(t.Context(), key, chen, id, store.Terms{People: 10, Uses: 1, Days: 1}, secondFrom, today); err != nil {
		t.Fatal(err)
	}
	if err := s.Withdraw(t.Context(), key, chen, id, "late", today.Add(25*time.Hour)); !errors.Is(err, store.ErrChanged) {
		t.Errorf("%v", err)
	}
}

// Where no content binds it, each use can be of others: what is approved is
// people times uses.
func TestUsesCountWhereNoContentIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		sha256  string
		uses    string
		granted bool
	}{
		"one content, often": {strings.Repeat("ab", 32), "1000", true},
		"any content, often": {"", "1000", false},
		"any content, twice": {"", "2", true},
	} {
		s := open(t, t.TempDir())
		_, key := signer(t)
		_, id := asked(t, s, 60, func(i *incident.Incident) { i.Detail["sha256"], i.Detail["uses"] = c.sha256, c.uses })
		granted, err := s.Approve(t.Context(), key, chen, id, store.Terms{People: 60, Uses: 1, Days: 1}, secondFrom, today)
		if err != nil || granted != c.granted {
			t.Errorf("%s: granted by one account: %v, %v", name, granted, err)
		}
	}
}

// What an approval did not hold for stands with what it was given for: the
// newest, of the same machine, and nothing else.
func TestWhatAnApprovalDidNotHoldFor(t *testing.T) {
	s := open(t, t.TempDir())
	about, _ := asked(t, s, 10, nil)
	all := samples(t, 30)
	for n := range all {
		i := &all[n]
		i.Kind, i.Code, i.Machine.ID, i.Time = incident.Activity, "", machineID, start.Add(time.Duration(n)*time.Second)
		i.Decision.GrantFailed, i.Decision.GrantAbout = "used-up", about
	}
	all[27].Machine.ID = uuid.NewString()
	all[28].Decision.GrantAbout = ""
	all[29].Decision.GrantAbout = "' OR 1=1"
	add(t, s, all)
	repeats, err := s.Repeats(t.Context(), about)
	if err != nil || len(repeats) != 20 || repeats[0].ID != all[7].ID || repeats[19].ID != all[26].ID {
		t.Errorf("%d repeats, %v", len(repeats), err)
	}
	for _, r := range repeats {
		if r.Decision.GrantFailed != "used-up" {
			t.Errorf("%+v", r.Decision)
		}
	}
	if related, err := s.Related(t.Context(), about); err != nil || len(related) != 1 {
		t.Errorf("what followed: %d %v", len(related), err)
	}
	if repeats, err := s.Repeats(t.Context(), ""); err != nil || len(repeats) != 0 {
		t.Errorf("about nothing: %d %v", len(repeats), err)
	}
}
