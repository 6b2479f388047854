package grants

import (
	"crypto/ed25519"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/signed"
)

const machine = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// desk is a machine's book and the console that signs for it.
type desk struct {
	t       *testing.T
	path    string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	now     time.Time
	*Book
}

func newDesk(t *testing.T) *desk {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "grants.json"), public: public, private: private, now: noon.Add(-time.Hour)}
	d.restart()
	d.now = noon
	return d
}

func (d *desk) restart() {
	d.t.Helper()
	b, err := openAt(d.path, machine, func() [][]byte { return [][]byte{d.public} }, func() time.Time { return d.now }, slog.New(slog.DiscardHandler))
	if err != nil {
		d.t.Fatal(err)
	}
	d.Book = b
}

func (d *desk) sign(a grant.Answer) signed.Envelope {
	d.t.Helper()
	e, err := a.Sign(d.private)
	if err != nil {
		d.t.Fatal(err)
	}
	return e
}

func (d *desk) grant(change func(*grant.Grant)) (grant.Grant, signed.Envelope) {
	g := grant.Grant{
		ID: uuid.Must(uuid.NewV7()).String(), Machine: machine, UID: 1000, User: "li", Channel: "removable-media", Destination: "S1",
		SHA256: strings.Repeat("ab", 32), Classes: []string{"cn-mobile"}, MaxPeople: 500, MaxUses: 1,
		NotBefore: d.now, Expires: d.now.Add(time.Hour), Purpose: "audit", Approvers: []string{"chen"},
	}
	if change != nil {
		change(&g)
	}
	return g, d.sign(grant.Answer{Grant: &g})
}

func (d *desk) update(answers ...signed.Envelope) News {
	d.t.Helper()
	news, err := d.Update(answers)
	if err != nil {
		d.t.Fatal(err)
	}
	return news
}

func wanted() grant.Use {
	return grant.Use{UID: 1000, Channel: "removable-media", Destination: "S1", Classes: []string{"cn-mobile"}, People: 500}
}

func same() (string, error) { return strings.Repeat("ab", 32), nil }

// Use uses one approval alone.
func (d *desk) Use(u grant.Use, sum func() (string, error)) (grant.Grant, error) {
	got, whys := d.UseAll([]grant.Use{u}, sum)
	if got == nil {
		return grant.Grant{}, whys[0]
	}
	return got[0], nil
}

func (d *desk) refused(want error) {
	d.t.Helper()
	if _, err := d.Use(wanted(), same); !errors.Is(err, want) {
		d.t.Errorf("%v, want %v", err, want)
	}
}

func TestAGrantIsUsedOnceThroughRestarts(t *testing.T) {
	d := newDesk(t)
	d.refused(ErrNone)
	g, e := d.grant(nil)
	if n := d.update(e); len(n.Granted) != 1 {
		t.Fatalf("%+v", n)
	}
	if n := d.update(e); len(n.Granted) != 0 {
		t.Error("the same grant is news again")
	}
	d.restart()
	if !d.May(1000, "removable-media", "S1") || d.May(1001, "removable-media", "S1") || d.May(1000, "removable-media", "S2") {
		t.Error("May is wrong about who may")
	}
	used, err := d.Use(wanted(), same)
	if err != nil || used.ID != g.ID {
		t.Fatal(err)
	}
	d.refused(grant.ErrUsedUp)
	d.restart()
	d.update(e)
	d.refused(grant.ErrUsedUp)
	if d.May(1000, "removable-media", "S1") {
		t.Error("a grant that is used up may still be used")
	}
}

func TestWhatDoesNotCoverIsRefusedAndNotCounted(t *testing.T) {
	d := newDesk(t)
	_, e := d.grant(nil)
	d.update(e)
	if _, err := d.Use(wanted(), func() (string, error) { return strings.Repeat("cd", 32), nil }); !errors.Is(err, grant.ErrOtherContent) {
		t.Errorf("changed after approval: %v", err)
	}
	if _, err := d.Use(wanted(), nil); !errors.Is(err, grant.ErrOtherContent) {
		t.Errorf("no content: %v", err)
	}
	more := wanted()
	more.People++
	if _, err := d.Use(more, same); !errors.Is(err, grant.ErrTooMany) {
		t.Errorf("more people: %v", err)
	}
	broken := errors.New("cannot read")
	if _, err := d.Use(wanted(), func() (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Errorf("content that cannot be read: %v", err)
	}
	if _, err := d.Use(wanted(), same); err != nil {
		t.Errorf("refusals were counted: %v", err)
	}
}

func TestForgedAndForeignAnswersAreToldOnce(t *testing.T) {
	d := newDesk(t)
	_, foreign, _ := ed25519.GenerateKey(nil)
	g, _ := d.grant(nil)
	forged, err := grant.Answer{Grant: &g}.Sign(foreign)
	if err != nil {
		t.Fatal(err)
	}
	_, other := d.grant(func(g *grant.Grant) { g.Machine = uuid.NewString() })
	if n := d.update(forged, other); len(n.Forged) != 2 || len(n.Granted) != 0 {
		t.Fatalf("%+v", n)
	}
	if n := d.update(forged, other); len(n.Forged) != 0 {
		t.Errorf("told again: %+v", n)
	}
	d.refused(ErrNone)
}

func TestWithdrawnIsOver(t *testing.T) {
	d := newDesk(t)
	g, e := d.grant(nil)
	w := d.sign(grant.Answer{Withdrawal: &grant.Withdrawal{Grant: g.ID, Machine: machine, UID: 1000, Reason: "a mistake", By: "chen", Time: noon}})
	d.update(e)
	if n := d.update(e, w); len(n.Withdrawn) != 1 || n.Withdrawn[0].ID != g.ID {
		t.Fatalf("%+v", n)
	}
	d.refused(grant.ErrWithdrawn)
	d.restart()
	d.update(e, w)
	d.refused(grant.ErrWithdrawn)

	g2, e2 := d.grant(nil)
	w2 := d.sign(grant.Answer{Withdrawal: &grant.Withdrawal{Grant: g2.ID, Machine: machine, By: "chen", Time: noon}})
	d.update(w2)
	if n := d.update(e2); len(n.Granted) != 0 {
		t.Error("what was withdrawn before it came is granted")
	}
}

func TestTheClockDoesNotBringGrantsBack(t *testing.T) {
	d := newDesk(t)
	_, e := d.grant(func(g *grant.Grant) { g.MaxUses = 10 })
	d.update(e)
	d.now = noon.Add(59 * time.Minute)
	if _, err := d.Use(wanted(), same); err != nil {
		t.Fatal(err)
	}
	d.now = noon.Add(2 * time.Hour)
	d.refused(grant.ErrExpired)
	if err := d.Tick(); err != nil {
		t.Fatal(err)
	}
	d.now = noon.Add(30 * time.Minute)
	d.refused(grant.ErrClockSetBack)
	d.restart()
	d.refused(grant.ErrClockSetBack)
}

func TestALostBookCountsAsUsed(t *testing.T) {
	d := newDesk(t)
	_, e := d.grant(nil)
	d.update(e)
	if err := os.WriteFile(d.path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.now = noon.Add(time.Minute)
	d.restart()
	d.update(e)
	d.refused(grant.ErrUsedUp)
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	d.restart()
	d.update(e)
	d.refused(grant.ErrUsedUp)
	_, next := d.grant(nil)
	d.update(next)
	if _, err := d.Use(wanted(), same); err != nil {
		t.Errorf("a new grant: %v", err)
	}
}

func TestManyAtOnceUseItOnce(t *testing.T) {
	d := newDesk(t)
	_, e := d.grant(func(g *grant.Grant) { g.MaxUses = 3 })
	d.update(e)
	var used atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := d.Use(wanted(), same); err == nil {
				used.Add(1)
			}
		})
	}
	all.Wait()
	if used.Load() != 3 {
		t.Errorf("used %d times", used.Load())
	}
}

func TestWhatCannotBeCountedIsNotAllowed(t *testing.T) {
	d := newDesk(t)
	_, e := d.grant(nil)
	d.update(e)
	if err := os.RemoveAll(filepath.Dir(d.path)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Use(wanted(), same); err == nil || errors.Is(err, grant.ErrUsedUp) {
		t.Errorf("used without being counted: %v", err)
	}
	if _, err := d.Update(nil); err == nil {
		t.Error("an update that is not kept")
	}
}

func TestAReasonLetsOneGoOn(t *testing.T) {
	d := newDesk(t)
	g, _ := d.grant(func(g *grant.Grant) { g.SHA256, g.Incident = "", "0190aaaa-bbbb-7ccc-8ddd-000000000001" })
	if err := d.Permit(g); err != nil {
		t.Fatal(err)
	}
	if s := d.Of(1000, g.Incident); len(s) != 1 || s[0].Left != 1 || !s[0].Open {
		t.Errorf("%+v", s)
	}
	if _, err := d.Use(wanted(), nil); err != nil {
		t.Fatal(err)
	}
	d.refused(grant.ErrUsedUp)
	if s := d.Of(1000, g.Incident); len(s) != 1 || s[0].Left != 0 || s[0].Open {
		t.Errorf("%+v", s)
	}
}
