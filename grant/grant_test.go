package grant

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/signed"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const (
	machine  = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
	incident = "0190aaaa-bbbb-7ccc-8ddd-000000000001"
	asked    = "0190aaaa-bbbb-7ccc-8ddd-000000000002"
)

func request() Request {
	return Request{
		ID: asked, Incident: incident, Machine: machine, UID: 1000, User: "li", Time: noon,
		Wish:    Wish{Purpose: "contract", Text: "delivery notes", Recipient: "printer", Days: 2, Uses: 1, Pledge: true, Name: "Li"},
		Channel: "removable-media", Destination: "S123", Place: "Kingston", File: "customers.csv",
		SHA256: strings.Repeat("ab", 32), Classes: []string{"cn-mobile", "person-name"}, People: 500,
	}
}

func approved() *Grant { return request().Grant(uuid.Must(uuid.NewV7()).String(), "chen", noon) }

func use() Use {
	return Use{UID: 1000, Channel: "removable-media", Destination: "S123", SHA256: strings.Repeat("ab", 32), Classes: []string{"cn-mobile"}, People: 500}
}

func TestARequestArrivesAsItWasMade(t *testing.T) {
	got, err := ParseRequest(asked, machine, noon, request().Detail())
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(request())
	if string(a) != string(b) {
		t.Errorf("%s\n%s", a, b)
	}
}

func TestRequestsThatNoAgentMakesAreRefused(t *testing.T) {
	for field, value := range map[string]string{
		"incident": "x", "uid": "-2", "purpose": "fun", "text": strings.Repeat("x", MaxText+1), "days": "0", "uses": "many", "name": " ",
		"channel": "", "destination": "", "sha256": "AB", "classes": strings.Repeat("a ", MaxClasses+1), "people": "-1", "recipient": "a\x00b",
	} {
		d := request().Detail()
		d[field] = value
		if _, err := ParseRequest(asked, machine, noon, d); err == nil {
			t.Errorf("%s is not looked at", field)
		} else if len(value) > 3 && strings.Contains(err.Error(), value) {
			t.Errorf("the error quotes %s", field)
		}
	}
}

func TestAWishNeedsThePledge(t *testing.T) {
	w := request().Wish
	w.Pledge = false
	if w.Check() == nil {
		t.Error("no pledge")
	}
	w.Pledge, w.Purpose, w.Text = true, "other", " "
	if w.Check() == nil {
		t.Error("another purpose that nobody says")
	}
}

func TestGrantsAreTheConsolesAndThisMachines(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(nil)
	stranger, foreign, _ := ed25519.GenerateKey(nil)
	e, err := Answer{Grant: approved()}.Sign(private)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := Open(e, machine, stranger, public); err != nil || a.Grant == nil || a.Grant.MaxPeople != 500 {
		t.Fatalf("%+v %v", a, err)
	}
	forged, err := Answer{Grant: approved()}.Sign(foreign)
	if err != nil {
		t.Fatal(err)
	}
	more := e
	more.Payload = []byte(strings.Replace(string(e.Payload), `"maxPeople":500`, `"maxPeople":501`, 1))
	unknown := signed.Sign(private, "grant", []byte(strings.Replace(string(e.Payload), `{"grant":{`, `{"grant":{"extra":1,`, 1)))
	policy := signed.Sign(private, "policy", e.Payload)
	for name, c := range map[string]struct {
		envelope signed.Envelope
		machine  string
	}{
		"forged": {forged, machine}, "altered": {more, machine}, "another machine's": {e, incident}, "a field nobody knows": {unknown, machine},
		"signed as a policy": {policy, machine}, "two answers": {signed.Sign(private, "grant", append(e.Payload, e.Payload...)), machine},
		"nothing": {signed.Sign(private, "grant", []byte("{}")), machine},
	} {
		if _, err := Open(c.envelope, c.machine, public); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestNoGrantWithoutBoundsIsSigned(t *testing.T) {
	_, private, _ := ed25519.GenerateKey(nil)
	for name, change := range map[string]func(*Grant){
		"for ever":        func(g *Grant) { g.Expires = g.NotBefore.Add((MaxDays + 1) * 24 * time.Hour) },
		"never valid":     func(g *Grant) { g.Expires = g.NotBefore },
		"no use":          func(g *Grant) { g.MaxUses = 0 },
		"nobody approved": func(g *Grant) { g.Approvers = nil },
		"approved twice":  func(g *Grant) { g.Approvers = []string{"chen", "chen"} },
		"anywhere":        func(g *Grant) { g.Destination = "" },
		"unsorted":        func(g *Grant) { g.Classes = []string{"b", "a"} },
		"any machine":     func(g *Grant) { g.Machine = "" },
	} {
		g := approved()
		change(g)
		if _, err := (Answer{Grant: g}).Sign(private); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	if _, err := (Answer{Grant: approved(), Refusal: &Refusal{}}).Sign(private); err == nil {
		t.Error("two answers in one")
	}
}

func TestAGrantCoversWhatItSays(t *testing.T) {
	g, now := approved(), noon.Add(time.Hour)
	if err := g.Covers(use(), now); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Use)
		now    time.Time
		want   error
	}{
		"another person":  {func(u *Use) { u.UID = 1001 }, now, ErrOtherPerson},
		"another device":  {func(u *Use) { u.Destination = "S124" }, now, ErrOtherPlace},
		"another channel": {func(u *Use) { u.Channel = "network-share" }, now, ErrOtherPlace},
		"changed content": {func(u *Use) { u.SHA256 = strings.Repeat("ac", 32) }, now, ErrOtherContent},
		"unknown content": {func(u *Use) { u.SHA256 = "" }, now, ErrOtherContent},
		"more people":     {func(u *Use) { u.People = 501 }, now, ErrTooMany},
		"other classes":   {func(u *Use) { u.Classes = []string{"bank-card"} }, now, ErrOtherClasses},
		"too early":       {func(*Use) {}, noon.Add(-clocksDiffer - time.Second), ErrNotYet},
		"too late":        {func(*Use) {}, noon.Add(48 * time.Hour), ErrExpired},
	} {
		u := use()
		c.change(&u)
		if err := g.Covers(u, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestCodes(t *testing.T) {
	challenge := NewChallenge()
	heard, ok := ReadChallenge(" " + strings.ToLower(strings.ReplaceAll(challenge, "-", " ")))
	if !ok || heard != challenge {
		t.Fatalf("%q heard as %q", challenge, heard)
	}
	secret := []byte(strings.Repeat("s", 32))
	code := Code(secret, "stop", challenge)
	if len(code) != CodeDigits || !CodeIs(code[:4]+" "+code[4:], secret, "stop", challenge) {
		t.Errorf("%q is not its own code", code)
	}
	for name, right := range map[string]bool{
		"for something else":    CodeIs(code, secret, "uninstall", challenge),
		"for another challenge": CodeIs(code, secret, "stop", NewChallenge()),
		"of another machine":    CodeIs(code, []byte("another"), "stop", challenge),
		"without a secret":      CodeIs(Code(nil, "stop", challenge), nil, "stop", challenge),
		"nothing":               CodeIs("", secret, "stop", challenge),
	} {
		if right {
			t.Errorf("a code %s is taken", name)
		}
	}
	for _, typed := range []string{"", "AAAA", "AAAA-AAAAA", "AAAA-AAA0", "会AAA-AAAA"} {
		if c, ok := ReadChallenge(typed); ok {
			t.Errorf("%q is read as %q", typed, c)
		}
	}
}

func FuzzOpen(f *testing.F) {
	public, private, _ := ed25519.GenerateKey(nil)
	e, err := Answer{Grant: approved()}.Sign(private)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Payload)
	f.Fuzz(func(t *testing.T, payload []byte) {
		a, err := Open(signed.Sign(private, purpose, payload), machine, public)
		if err != nil {
			return
		}
		if a.check() != nil || a.machine() != machine {
			t.Error("an answer that the console does not make was opened")
		}
	})
}

func TestAChallengeSaysForHowManyItIs(t *testing.T) {
	for people, want := range map[int]int{
		-1: 0, 0: 0, 1: 1, 60: 60, 99: 99, 100: 100, 101: 110, 110: 110, 989: 990, 990: 990, 991: 1000, 995: 1000, 999: 1000, 1000: 1000, 1001: 1100,
		4999: 5000, 12345: 13000, 99_999_999: 100_000_000, MaxPeople: MaxPeople, MaxPeople + 1: MaxPeople,
	} {
		c := ChallengeFor(people)
		heard, ok := ReadChallenge(strings.ToLower(strings.ReplaceAll(c, "-", " ")))
		if got, known := ChallengePeople(heard); !ok || heard != c || !known || got != want {
			t.Errorf("%d people: %q is heard as %q, %d", people, c, heard, got)
		}
	}
	if _, known := ChallengePeople(NewChallenge()); known {
		t.Error("a challenge to stop says how many")
	}
	secret := []byte("secret")
	c := ChallengeFor(5000)
	for _, less := range []string{c[:len(c)-3], c[:len(c)-2] + "22", c[:len(c)-1] + "2"} {
		if heard, ok := ReadChallenge(less); ok && CodeIs(Code(secret, "grant", heard), secret, "grant", c) {
			t.Errorf("who reads out %q has the code of %q", less, c)
		}
	}
	for _, typed := range []string{"", "K7QM", "K7QM-2FXP-4", "K7QM-2FXP-4HH", "K7QM-2FXO", "K7QM-2FX中"} {
		if heard, ok := ReadChallenge(typed); ok {
			t.Errorf("%q is heard as %q", typed, heard)
		}
	}
}
