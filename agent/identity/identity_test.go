package identity

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509/pkix"
	"math/big"
	"net/url"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader"
	"github.com/trustline/trustline/uploader/incident"
)

// authority is a console that signs what it is asked for, unless told not to.
type authority struct {
	t    testing.TB
	root *x509.Certificate
	key  *ecdsa.PrivateKey
	life time.Duration
	gone time.Duration // of the life, when it is given

	mu      sync.Mutex
	err     error // answered instead
	lost    bool  // the answer does not arrive
	serial  int64
	enrols  []enrol.Request
	renews  int
	dropped int // connections let go of
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, life: time.Hour}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, NotBefore: time.Now().Add(-1e4 * time.Hour), NotAfter: time.Now().Add(1e4 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) sign(der []byte, machine string) ([]byte, error) {
	csr, err := enrol.ParseCSR(der, machine)
	if err != nil {
		return nil, err
	}
	a.serial++
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1024 * a.serial), Subject: pkix.Name{CommonName: machine}, URIs: []*url.URL{enrol.URI(machine)},
		NotBefore: time.Now().Add(-a.gone), NotAfter: time.Now().Add(a.life - a.gone), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	cert, err := x509.CreateCertificate(rand.Reader, leaf, a.root, csr.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return json.Marshal(enrol.Reply{Machine: machine, Chain: [][]byte{cert}, Authority: a.root.Raw})
}

var errLost = errors.New("connection reset by peer")

func (a *authority) Enrol(_ context.Context, r enrol.Request) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.enrols = append(a.enrols, r)
	if a.err != nil {
		return nil, a.err
	}
	if a.lost {
		return nil, errLost
	}
	return a.sign(r.CSR, r.Machine.ID)
}

func (a *authority) Renew(_ context.Context, r enrol.Renewal) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.renews++
	if a.err != nil {
		return nil, a.err
	}
	if a.lost {
		return nil, errLost
	}
	return a.sign(r.CSR, machine.ID)
}

func (a *authority) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dropped++
}

func (a *authority) set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

func (a *authority) asked() (enrols, renews int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.enrols), a.renews
}

var machine = incident.Machine{ID: "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee", Name: "ws-1", OS: "linux"}

func open(t testing.TB, dir string) *Identity {
	t.Helper()
	return Open(Options{Folder: dir, Machine: machine, Version: "1", Console: Console{URL: "https://console"}, TokenFile: filepath.Join(dir, "token"), Log: slog.New(slog.DiscardHandler)})
}

func putToken(t testing.TB, dir, token string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// running runs the identity until the test ends.
func running(t testing.TB, i *Identity, a *authority) {
	t.Helper()
	runningAt(t, i, a, Pace{Look: 5 * time.Millisecond, Seldom: 5 * time.Millisecond, First: 2 * time.Millisecond, Most: 10 * time.Millisecond})
}

func runningAt(t testing.TB, i *Identity, a *authority, pace Pace) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		i.Run(ctx, a, pace)
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

func within(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func TestEnrolsOnceThereIsAToken(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	i := open(t, dir)
	if _, err := i.Certificate(); !errors.Is(err, ErrNotEnrolled) {
		t.Fatalf("got %v", err)
	}
	a.err = &uploader.StatusError{Code: 503}
	running(t, i, a)
	time.Sleep(20 * time.Millisecond)
	if n, _ := a.asked(); n != 0 || i.Standing() != (Standing{}) {
		t.Errorf("asked %d times without a token, %+v", n, i.Standing())
	}
	putToken(t, dir, "one")
	within(t, "tries", func() bool { n, _ := a.asked(); return n > 2 && i.Standing().Problem != "" })
	a.set(func() { a.err = nil })
	within(t, "enrolled", func() bool { return i.Standing().Enrolled && !exists(filepath.Join(dir, "token")) })
	for _, r := range a.enrols {
		if r.Token != "one" || r.Machine.ID != machine.ID || !bytes.Equal(spki(t, r.CSR), spki(t, a.enrols[0].CSR)) {
			t.Error("asked with several keys for one token")
		}
	}
	if s := i.Standing(); s.Problem != "" || s.Refused != "" || time.Until(s.Until) < 59*time.Minute || a.dropped == 0 {
		t.Errorf("%+v", s)
	}
	cert, err := i.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	// After a restart the same one, and nobody else can read it.
	again, err := open(t, dir).Certificate()
	if err != nil || !bytes.Equal(again.Certificate[0], cert.Certificate[0]) {
		t.Errorf("after a restart: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, keptName))
	if err != nil || os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if exists(filepath.Join(dir, askedName)) {
		t.Error("the key is kept twice")
	}
	if to, shown, err := Shown(dir); err != nil || to.URL != "https://console" || !bytes.Equal(shown.Certificate[0], cert.Certificate[0]) {
		t.Errorf("%+v %v", to, err)
	}
	if _, _, err := Shown(t.TempDir()); !errors.Is(err, ErrNotEnrolled) {
		t.Errorf("got %v", err)
	}
}

func spki(t testing.TB, der []byte) []byte {
	t.Helper()
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	return csr.RawSubjectPublicKeyInfo
}

// TestTheSameKeyAfterACrash: the console heard the request, this machine did
// not hear the answer and went down.
func TestTheSameKeyAfterACrash(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	a.lost = true
	if err := open(t, dir).Enrol(t.Context(), a, "one"); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	a.lost = false
	if err := open(t, dir).Enrol(t.Context(), a, "one"); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(spki(t, a.enrols[0].CSR), spki(t, a.enrols[1].CSR)) {
		t.Error("another key: the console would refuse it")
	}
	if err := open(t, dir).Enrol(t.Context(), a, "two"); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(spki(t, a.enrols[0].CSR), spki(t, a.enrols[2].CSR)) {
		t.Error("the old key for a new token")
	}
}

func TestATokenThatWasUsedUpIsRemoved(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	i := open(t, dir)
	if err := i.Enrol(t.Context(), a, "one"); err != nil {
		t.Fatal(err)
	}
	putToken(t, dir, "one") // the crash was before it was removed
	running(t, i, a)
	within(t, "removed", func() bool { return !exists(filepath.Join(dir, "token")) })
	if n, _ := a.asked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestRenewsInTime(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	a.gone = a.life * 3 / 4
	i := open(t, dir)
	if err := i.Enrol(t.Context(), a, "one"); err != nil {
		t.Fatal(err)
	}
	before, err := i.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	a.lost = true
	running(t, i, a)
	within(t, "tries", func() bool { _, n := a.asked(); return n > 2 })
	if now, err := i.Certificate(); err != nil || now != before {
		t.Errorf("the present one does not hold: %v", err)
	}
	a.set(func() { a.lost, a.gone = false, 0 })
	within(t, "renewed", func() bool { now, err := i.Certificate(); return err == nil && now != before })
	now, err := i.Certificate()
	if err != nil || now.Leaf.PublicKey.(*ecdsa.PublicKey).Equal(before.Leaf.PublicKey) {
		t.Errorf("the same key again, or %v", err)
	}
	_, renews := a.asked()
	time.Sleep(30 * time.Millisecond)
	if _, again := a.asked(); again != renews {
		t.Error("renews without need")
	}
	// The console says that it has run out although it has not: its clock counts.
	i.Refused(enrol.Expired)
	within(t, "renewed as the console wants", func() bool { _, n := a.asked(); return n > renews })
}

func TestRevokedStaysRevokedUntilThereIsANewToken(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	i := open(t, dir)
	if err := i.Enrol(t.Context(), a, "one"); err != nil {
		t.Fatal(err)
	}
	running(t, i, a)
	i.Refused(enrol.Revoked)
	a.set(func() { a.err = &uploader.StatusError{Code: 403, Reason: enrol.Revoked} })
	putToken(t, dir, "two")
	within(t, "refused", func() bool {
		s := i.Standing()
		return s.Refused == enrol.Revoked && strings.Contains(s.Problem, "release it there")
	})
	if !exists(filepath.Join(dir, "token")) {
		t.Error("the token is gone although it was not used")
	}
	a.set(func() { a.err = nil })
	within(t, "enrolled anew", func() bool { s := i.Standing(); return s.Refused == "" && s.Problem == "" })
}

func TestAnAnswerForSomebodyElseIsNotTaken(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	i := open(t, dir)
	key, _, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	csr, err := enrol.NewCSR(key, machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := a.sign(csr, machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range [][]byte{wrong, nil, []byte("<html>"), []byte("{}"), bytes.Repeat([]byte(" "), enrol.MaxReply+1)} {
		if err := i.Enrol(t.Context(), answers(body), "one"); !errors.Is(err, enrol.ErrReply) {
			t.Errorf("%.20q: %v", body, err)
		}
	}
	if exists(filepath.Join(dir, keptName)) {
		t.Error("something was kept")
	}
}

// answers is a console that says always the same.
type answers []byte

func (a answers) Enrol(context.Context, enrol.Request) ([]byte, error) { return a, nil }
func (a answers) Renew(context.Context, enrol.Renewal) ([]byte, error) { return a, nil }
func (a answers) Close()                                               {}

func TestADamagedIdentityIsNone(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	if err := open(t, dir).Enrol(t.Context(), a, "one"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, keptName)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, data := range map[string][]byte{"empty": nil, "cut": good[:len(good)/2], "huge": bytes.Repeat([]byte("x"), maxKept+1), "another's": bytes.ReplaceAll(good, []byte(machine.ID), []byte("0190aaaa-bbbb-7ccc-8ddd-ffffffffffff"))} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		i := open(t, dir)
		if _, err := i.Certificate(); err == nil || i.Standing().Enrolled || i.Standing().Problem == "" {
			t.Errorf("%s: %v %+v", what, err, i.Standing())
		}
	}
	// A token mends it.
	i := open(t, dir)
	running(t, i, a)
	putToken(t, dir, "two")
	within(t, "enrolled anew", func() bool { return i.Standing().Enrolled })
}

func TestTakesUpWhatAnotherProcessHasDone(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	i := open(t, dir)
	running(t, i, a)
	if err := open(t, dir).Enrol(t.Context(), a, "one"); err != nil {
		t.Fatal(err)
	}
	within(t, "taken up", func() bool { return i.Standing().Enrolled })
}

func TestMachineKeepsItsID(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	first, err := Machine(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Machine(dir)
	if err != nil || again != first {
		t.Errorf("%+v, then %+v, %v", first, again, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "machine.json"), []byte(`{"ID":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Machine(dir); err == nil {
		t.Error("a damaged id was taken")
	}
}

// FuzzParseKept: whatever is in the file, it is an identity of this machine or
// an error.
func FuzzParseKept(f *testing.F) {
	dir, a := f.TempDir(), newAuthority(f)
	if err := open(f, dir).Enrol(f.Context(), a, "one"); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(filepath.Join(dir, keptName))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"key":"AAAA","reply":{"chain":[""]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if k, err := parseKept(raw, machine.ID); err == nil && (k.shown == nil || k.Reply.Machine != machine.ID) {
			t.Errorf("took %q", raw)
		}
	})
}
