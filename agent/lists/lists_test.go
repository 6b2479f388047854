package lists

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/exact"
	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/signed"
)

// machine is one that a console delivers lists to.
type machine struct {
	t       *testing.T
	dir     string
	public  ed25519.PublicKey
	console ed25519.PrivateKey
	company *listfile.Key
	serves  map[string][]byte // by SHA-256
	changes int
	events  []Event
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, dir: filepath.Join(t.TempDir(), "lists"), company: newKey(t), serves: map[string][]byte{}}
	var err error
	if m.public, m.console, err = ed25519.GenerateKey(nil); err != nil {
		t.Fatal(err)
	}
	return m
}

func newKey(t *testing.T) *listfile.Key {
	t.Helper()
	k, err := listfile.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (m *machine) open() *Shelf {
	m.t.Helper()
	s, err := Open(m.dir, func() [][]byte { return [][]byte{m.public} }, slog.New(slog.DiscardHandler))
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

// build makes a list of a few people, which the console then serves.
func (m *machine) build(key *listfile.Key, name string, build uint64) orders.List {
	m.t.Helper()
	b, err := exact.NewBuilder(key, []exact.Column{{Name: "name", Kind: exact.Name}, {Name: "mobile", Kind: exact.Mobile}}, m.t.TempDir())
	if err != nil {
		m.t.Fatal(err)
	}
	defer b.Close()
	for _, p := range synthetic.New(build).People(50) {
		if err := b.Add([]string{p.Name, p.Mobile}); err != nil {
			m.t.Fatal(err)
		}
	}
	path := filepath.Join(m.t.TempDir(), "built")
	if _, err := b.Write(m.t.Context(), path, name, build, time.Now(), nil); err != nil {
		m.t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		m.t.Fatal(err)
	}
	text, err := key.Endpoint().MarshalText()
	if err != nil {
		m.t.Fatal(err)
	}
	l := orders.List{Serial: int64(build), Issued: time.Now().UTC(), Kind: exact.FileKind, Name: name, Build: build, Key: string(text)}
	m.serve(&l, data)
	return l
}

// serve has the console sign for bytes.
func (m *machine) serve(l *orders.List, data []byte) {
	sum := sha256.Sum256(data)
	l.SHA256, l.Size = hex.EncodeToString(sum[:]), int64(len(data))
	m.serves[l.SHA256] = data
}

func (m *machine) sign(l orders.List) signed.Envelope {
	m.t.Helper()
	e, err := l.Sign(m.console)
	if err != nil {
		m.t.Fatal(err)
	}
	return e
}

func (m *machine) fetch(_ context.Context, sum string, from, _ int64, w io.Writer) error {
	data, ok := m.serves[sum]
	if !ok {
		return errors.New("404")
	}
	_, err := w.Write(data[from:])
	return err
}

// settle offers lists and takes them up.
func (m *machine) settle(s *Shelf, fetch Fetch, all ...signed.Envelope) (again bool) {
	s.Offer(all)
	<-s.news
	return s.settle(m.t.Context(), fetch, func() { m.changes++ }, func(e Event) { m.events = append(m.events, e) })
}

// inUse answers the serials of the lists that can be matched.
func (m *machine) inUse(s *Shelf) map[string]uint64 {
	m.t.Helper()
	l, err := rules.OpenLists(m.t.Context(), m.t.TempDir(), s.Delivered()...)
	if err != nil {
		m.t.Fatal(err)
	}
	serials := map[string]uint64{}
	for _, i := range l.Exact() {
		serials[i.Name] = i.Serial
	}
	return serials
}

func (m *machine) want(s *Shelf, when string, serial uint64) {
	m.t.Helper()
	if got := m.inUse(s); got["crm"] != serial || serial != 0 && len(got) != 1 {
		m.t.Errorf("%s: in use %v, want serial %d", when, got, serial)
	}
}

func TestListsAreTakenUpReplacedAndWithdrawn(t *testing.T) {
	m := newMachine(t)
	s := m.open()
	first := m.build(m.company, "crm", 1)
	if m.settle(s, m.fetch, m.sign(first)) || m.changes != 1 {
		t.Fatalf("the first list: %d changes, %+v", m.changes, m.events)
	}
	m.want(s, "the first", 1)
	m.settle(s, m.fetch, m.sign(first))
	if m.changes != 1 {
		t.Error("the same list was taken up again")
	}
	// A key that is rotated: the new list comes with its own.
	second := m.build(newKey(t), "crm", 2)
	m.settle(s, m.fetch, m.sign(second))
	m.want(s, "another key", 2)
	for _, d := range s.Delivered() {
		if d.Key.ID() == m.company.ID() {
			t.Error("the old key is still here")
		}
	}
	if files, _ := filepath.Glob(filepath.Join(m.dir, "*"+listSuffix)); len(files) != 1 {
		t.Errorf("files %v", files)
	}
	// The next start, without the console.
	m.want(m.open(), "the next start", 2)
	gone := orders.List{Serial: 3, Issued: time.Now().UTC(), Kind: exact.FileKind, Name: "crm", Withdrawn: true}
	m.settle(s, m.fetch, m.sign(gone))
	m.want(s, "withdrawn", 0)
	m.want(m.open(), "withdrawn, the next start", 0)
	if files, _ := filepath.Glob(filepath.Join(m.dir, "*"+listSuffix)); len(files) != 0 {
		t.Errorf("files of a list withdrawn: %v", files)
	}
	m.settle(s, m.fetch, m.sign(second))
	m.want(s, "played again after it was withdrawn", 0)
}

// TestWhatIsNotTheConsolesIsRefused: whatever comes, the list in use stays, and
// each is told once.
func TestWhatIsNotTheConsolesIsRefused(t *testing.T) {
	for name, attack := range map[string]func(m *machine) (signed.Envelope, Fetch){
		"signed by a stranger": func(m *machine) (signed.Envelope, Fetch) {
			_, stranger, _ := ed25519.GenerateKey(nil)
			e, err := m.build(m.company, "crm", 6).Sign(stranger)
			if err != nil {
				t.Fatal(err)
			}
			return e, m.fetch
		},
		"a payload changed": func(m *machine) (signed.Envelope, Fetch) {
			e := m.sign(m.build(m.company, "crm", 6))
			e.Payload = bytes.Replace(e.Payload, []byte(`"serial":6`), []byte(`"serial":7`), 1)
			return e, m.fetch
		},
		"an older one": func(m *machine) (signed.Envelope, Fetch) { return m.sign(m.build(m.company, "crm", 4)), m.fetch },
		"other bytes": func(m *machine) (signed.Envelope, Fetch) {
			l := m.build(m.company, "crm", 6)
			m.serves[l.SHA256] = bytes.Repeat([]byte{7}, int(l.Size))
			return m.sign(l), m.fetch
		},
		"one bit changed on the way": func(m *machine) (signed.Envelope, Fetch) {
			l := m.build(m.company, "crm", 6)
			m.serves[l.SHA256][4100] ^= 1
			return m.sign(l), m.fetch
		},
		"changed before the console signed": func(m *machine) (signed.Envelope, Fetch) {
			l := m.build(m.company, "crm", 6)
			data := m.serves[l.SHA256]
			data[4100] ^= 1
			m.serve(&l, data)
			return m.sign(l), m.fetch
		},
		"cut before the console signed": func(m *machine) (signed.Envelope, Fetch) {
			l := m.build(m.company, "crm", 6)
			m.serve(&l, m.serves[l.SHA256][:5000])
			return m.sign(l), m.fetch
		},
		"no list at all": func(m *machine) (signed.Envelope, Fetch) {
			l := m.build(m.company, "crm", 6)
			m.serve(&l, []byte("#!/bin/sh\n"))
			return m.sign(l), m.fetch
		},
		"another key": func(m *machine) (signed.Envelope, Fetch) {
			l, other := m.build(m.company, "crm", 6), m.build(newKey(t), "crm", 7)
			l.Key = other.Key
			return m.sign(l), m.fetch
		},
		"another list under its name": func(m *machine) (signed.Envelope, Fetch) {
			l := m.build(m.company, "staff", 6)
			l.Name = "crm"
			return m.sign(l), m.fetch
		},
		"an older build in a new publication": func(m *machine) (signed.Envelope, Fetch) {
			l := m.build(m.company, "crm", 2)
			l.Serial, l.Build = 6, 6
			return m.sign(l), m.fetch
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			s := m.open()
			m.settle(s, m.fetch, m.sign(m.build(m.company, "crm", 5)))
			m.changes, m.events = 0, nil
			e, fetch := attack(m)
			for range 3 {
				m.settle(s, fetch, e)
			}
			if m.changes != 0 || len(m.events) != 1 || m.events[0].Code != Refused || m.events[0].Problem == "" {
				t.Errorf("%d changes, told %+v", m.changes, m.events)
			}
			m.want(s, "now", 5)
			m.want(m.open(), "at the next start", 5)
		})
	}
}

// TestWhatArrivesInPartIsGoneOnWith: a machine that is cut off fetches the rest,
// and is never given more than was signed for.
func TestWhatArrivesInPartIsGoneOnWith(t *testing.T) {
	m := newMachine(t)
	s := m.open()
	l := m.build(m.company, "crm", 1)
	var begins []int64
	cut := func(_ context.Context, sum string, from, _ int64, w io.Writer) error {
		begins = append(begins, from)
		if len(begins) == 3 {
			return errors.New("the network is gone")
		}
		data := m.serves[sum]
		w.Write(data[from:min(from+l.Size/3, l.Size)])
		return errors.New("cut off")
	}
	if !m.settle(s, cut, m.sign(l)) || m.changes != 0 {
		t.Fatal("a part was taken for the whole")
	}
	m.want(s, "a part", 0)
	s = m.open() // and after a restart of the service
	m.settle(s, cut, m.sign(l))
	m.want(s, "the whole", 1)
	if third := l.Size / 3; len(begins) < 4 || begins[1] != third || begins[2] != 2*third || begins[3] != 2*third {
		t.Errorf("asked from %v of %d", begins, l.Size)
	}
}

// TestACrashBeforeTheEnd leaves the list before in use, and what was fetched is
// not fetched again.
func TestACrashBeforeTheEnd(t *testing.T) {
	m := newMachine(t)
	s := m.open()
	m.settle(s, m.fetch, m.sign(m.build(m.company, "crm", 1)))
	next := m.build(m.company, "crm", 2)
	if err := s.fetch(t.Context(), next, m.fetch); err != nil {
		t.Fatal(err)
	}
	s = m.open()
	m.want(s, "the crash", 1)
	m.settle(s, m.fetch, m.sign(next))
	m.want(s, "the console again", 2)
}

// TestWhatWasTamperedWithOnTheDisk is not used, and asked for anew.
func TestWhatWasTamperedWithOnTheDisk(t *testing.T) {
	m := newMachine(t)
	m.settle(m.open(), m.fetch, m.sign(m.build(m.company, "crm", 1)))
	found, err := filepath.Glob(filepath.Join(m.dir, "*"+orderSuffix))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	raw, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(){
		"an order changed":            func() { os.WriteFile(found[0], bytes.Replace(raw, []byte("payload"), []byte("paylaod"), 1), 0o600) },
		"no order":                    func() { os.WriteFile(found[0], nil, 0o600) },
		"an order in another's place": func() { os.Rename(found[0], filepath.Join(m.dir, "exact-staff"+orderSuffix)) },
	} {
		change()
		if got := m.inUse(m.open()); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
		_ = os.Remove(filepath.Join(m.dir, "exact-staff"+orderSuffix))
		s := m.open()
		m.settle(s, m.fetch, m.sign(m.build(m.company, "crm", 1)))
		m.want(s, name+", the console again", 1)
	}
}

func TestRunEndsAndGoesOn(t *testing.T) {
	m := newMachine(t)
	s := m.open()
	ctx, cancel := context.WithCancel(t.Context())
	changed, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		s.Run(ctx, m.fetch, func() { changed <- struct{}{} }, func(Event) {})
		close(ended)
	}()
	s.Offer([]signed.Envelope{m.sign(m.build(m.company, "crm", 1))})
	select {
	case <-changed:
	case <-time.After(30 * time.Second):
		t.Error("the list is not taken up")
	}
	cancel()
	<-ended
}
