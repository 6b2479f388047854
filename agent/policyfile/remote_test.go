package policyfile

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules/strictyaml"
	"github.com/trustline/trustline/signed"
)

// fleet is a machine with a file of its own and a console.
type fleet struct {
	t          *testing.T
	dir        string
	public     ed25519.PublicKey
	key        ed25519.PrivateKey
	file, kept string
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	l := &fleet{t: t, dir: t.TempDir()}
	var err error
	if l.public, l.key, err = ed25519.GenerateKey(nil); err != nil {
		t.Fatal(err)
	}
	l.file, l.kept = filepath.Join(l.dir, "policy.yaml"), filepath.Join(l.dir, "console-policy.json")
	write(t, l.file, policy("file", 20))
	return l
}

func (l *fleet) sign(serial int64, text string) signed.Envelope {
	l.t.Helper()
	e, err := orders.Policy{Serial: serial, Issued: time.Now().UTC(), Author: "li.na", Text: text}.Sign(l.key)
	if err != nil {
		l.t.Fatal(err)
	}
	return e
}

// start starts the service; stop ends it.
func (l *fleet) start() (f *File, events <-chan Event, stop func()) {
	f = New(l.file, "", slog.New(slog.DiscardHandler))
	f.Console(l.kept, func() [][]byte { return [][]byte{l.public} })
	told := make(chan Event, 1000)
	ctx, cancel := context.WithCancel(l.t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		if err := f.Run(ctx, func(e Event) { told <- e }); err != nil {
			l.t.Error(err)
		}
	})
	stop = func() { cancel(); done.Wait() }
	l.t.Cleanup(stop)
	return f, told, stop
}

func (l *fleet) offer(f *File, e signed.Envelope) {
	l.t.Helper()
	if err := f.Offer(e); err != nil {
		l.t.Fatal(err)
	}
}

func TestTheConsolesPolicyTakesTheFilesPlace(t *testing.T) {
	l := newFleet(t)
	f, events, stop := l.start()
	next(t, events, Changed)
	if f.Status().Origin != FromFile {
		t.Fatalf("before anything was published: %+v", f.Status())
	}
	l.offer(f, l.sign(1, policy("one", 10)))
	if e := next(t, events, Changed); !strings.HasPrefix(e.Version, "one+") || f.Status().Origin != FromConsole || !stops(f.Current(), 10) {
		t.Fatalf("%+v %+v", e, f.Status())
	}
	l.offer(f, l.sign(1, policy("one", 10))) // told again, as after every connection
	none(t, events)
	// The file does not matter any more, sound or broken.
	write(t, l.file, policy("file again", 5))
	none(t, events)
	write(t, l.file, "nonsense")
	none(t, events)
	l.offer(f, l.sign(7, policy("seven", 7)))
	next(t, events, Changed)
	stop()
	f, events, stop = l.start() // offline
	if e := next(t, events, Changed); !strings.HasPrefix(e.Version, "seven+") || f.Status().Origin != FromConsole || f.Status().Broken != "" {
		t.Fatalf("after a restart: %+v %+v", e, f.Status())
	}
	none(t, events)
	// What holds across restarts is also how far it has got.
	l.offer(f, l.sign(6, policy("six", 6)))
	next(t, events, Replayed)
	stop()
	if info, err := os.Stat(l.kept); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// TestWhatIsRefused: each leaves the policy in force, and is told once.
func TestWhatIsRefused(t *testing.T) {
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	l := newFleet(t)
	f, events, _ := l.start()
	next(t, events, Changed)
	l.offer(f, l.sign(5, policy("good", 10)))
	in := next(t, events, Changed).Version
	good, kept := policy("evil", 1000), readAll(t, l.kept)
	altered := l.sign(6, good)
	altered.Payload = bytes.Replace(bytes.Clone(altered.Payload), []byte("1000"), []byte("1001"), 1)
	foreign, err := orders.Policy{Serial: 6, Author: "li.na", Text: good}.Sign(stranger)
	if err != nil {
		t.Fatal(err)
	}
	claimed := foreign
	claimed.Key = signed.KeyID(l.public)
	for _, c := range []struct {
		name, code string
		envelope   signed.Envelope
	}{
		{"altered", Forged, altered},
		{"a stranger's", Forged, foreign},
		{"a stranger's as the console's", Forged, claimed},
		{"a grant as a policy", Forged, signed.Sign(l.key, "grant", l.sign(6, good).Payload)},
		{"nothing", Forged, signed.Envelope{}},
		{"older", Replayed, l.sign(4, good)},
		{"another of the same number", Replayed, l.sign(5, good)},
		{"older and broken", Replayed, l.sign(3, "nonsense")},
		{"broken", Broken, l.sign(6, "nonsense")},
		{"no number", Broken, l.sign(0, good)},
		{"no text", Broken, l.sign(6, "")},
		{"oversized text", Broken, l.sign(6, good+strings.Repeat("#", strictyaml.MaxBytes))},
		{"oversized payload", Broken, l.sign(6, good+strings.Repeat("#", signed.MaxPayload))},
		{"no policy at all", Broken, signed.Sign(l.key, "policy", []byte("[]"))},
	} {
		l.offer(f, c.envelope)
		e := next(t, events, c.code)
		if e.Version != in || f.Current().Version() != in || e.Problem == "" || len(e.Problem) > maxProblem {
			t.Errorf("%s: told %+v, in force %s", c.name, e, f.Current().Version())
		}
		if broken := f.Status().Broken != ""; c.code == Broken && !broken {
			t.Errorf("%s: the status does not say that the newest policy is not in force", c.name)
		}
		l.offer(f, c.envelope)
		if len(events) > 0 {
			t.Errorf("%s: told twice", c.name)
		}
		if !bytes.Equal(readAll(t, l.kept), kept) {
			t.Errorf("%s: something else is kept for the next start", c.name)
		}
	}
	none(t, events)
	l.offer(f, l.sign(6, policy("mended", 9)))
	if next(t, events, Changed); f.Status().Broken != "" {
		t.Errorf("still %q", f.Status().Broken)
	}
}

// TestAnEditedPolicyDoesNotHold: what is kept is checked again at every start.
func TestAnEditedPolicyDoesNotHold(t *testing.T) {
	l := newFleet(t)
	f, _, stop := l.start()
	e := l.sign(3, policy("strict", 3))
	l.offer(f, e)
	stop()
	weak, err := json.Marshal(orders.Policy{Serial: 4, Author: "li.na", Text: policy("weak", 1000)})
	if err != nil {
		t.Fatal(err)
	}
	edited, err := json.Marshal(signed.Envelope{Key: e.Key, Payload: weak, Signature: e.Signature})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"edited": edited, "cut short": edited[:40], "empty": nil, "huge": bytes.Repeat([]byte(" "), maxEnvelope+1)} {
		if err := os.WriteFile(l.kept, data, 0o600); err != nil {
			t.Fatal(err)
		}
		f, events, stop := l.start()
		next(t, events, Changed) // the file's
		next(t, events, Forged)
		if f.Status().Origin != FromFile {
			t.Errorf("%s: %+v", name, f.Status())
		}
		l.offer(f, e)
		if next(t, events, Changed); f.Status().Origin != FromConsole {
			t.Errorf("%s: not mended by the console: %+v", name, f.Status())
		}
		stop()
	}
}

// TestNotKeptIsNotDone: where the disk is full the policy holds, and the
// console is asked again until it is kept.
func TestNotKeptIsNotDone(t *testing.T) {
	l := newFleet(t)
	l.kept = filepath.Join(l.dir, "gone", "console-policy.json")
	f, _, _ := l.start()
	e := l.sign(1, policy("one", 10))
	for range 2 {
		if err := f.Offer(e); err == nil {
			t.Fatal("what is not kept passes for kept")
		}
		if f.Status().Origin != FromConsole {
			t.Fatal("not in force")
		}
	}
	if err := os.Mkdir(filepath.Dir(l.kept), 0o700); err != nil {
		t.Fatal(err)
	}
	l.offer(f, e)
	if len(readAll(t, l.kept)) == 0 {
		t.Error("nothing is kept")
	}
}

func TestWithoutAConsoleNothingIsTaken(t *testing.T) {
	l := newFleet(t)
	f := New(l.file, "", slog.New(slog.DiscardHandler))
	if err := f.Offer(l.sign(1, policy("one", 10))); err == nil || f.Status().Origin != FromFile {
		t.Errorf("%v %+v", err, f.Status())
	}
}

// TestOffersFromManySides: however offers and changes of the file fall, the
// newest policy is in force at the end.
func TestOffersFromManySides(t *testing.T) {
	l := newFleet(t)
	f, _, _ := l.start()
	var all sync.WaitGroup
	for n := range 20 {
		e := l.sign(int64(n+1), policy(fmt.Sprintf("v%d", n+1), n+1))
		all.Go(func() { l.offer(f, e) })
		all.Go(f.reload)
	}
	all.Wait()
	if !strings.HasPrefix(f.Status().Version, "v20+") {
		t.Errorf("in force: %s", f.Status().Version)
	}
}

func readAll(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzOffer: whatever is offered, a policy is in force, and none that the
// console has not signed.
func FuzzOffer(f *testing.F) {
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	e, err := orders.Policy{Serial: 1, Author: "li.na", Text: policy("one", 10)}.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.Key, e.Payload, e.Signature)
	f.Add("", []byte("{}"), []byte{})
	f.Fuzz(func(t *testing.T, id string, payload, signature []byte) {
		file := New("", "", slog.New(slog.DiscardHandler))
		file.Console(filepath.Join(t.TempDir(), "kept.json"), func() [][]byte { return [][]byte{public} })
		if err := file.Offer(signed.Envelope{Key: id, Payload: payload, Signature: signature}); err != nil {
			t.Fatal(err)
		}
		if taken := file.Status().Origin == FromConsole; file.Current() == nil || taken && !bytes.Equal(payload, e.Payload) {
			t.Errorf("taken: %v", taken)
		}
	})
}
