package store_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
)

// candidate is a machine with a key that asks to be enrolled.
type candidate struct {
	store.Enrolment
	issued int
}

func newCandidate(t testing.TB, secret string) *candidate {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	c := &candidate{}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	c.Secret, c.Key = secret, enrol.KeyID(spki)
	c.Machine = enrol.Facts{ID: id.String(), Name: "ws-" + id.String()[30:], OS: "linux", Version: "1"}
	c.Issue = func() (*x509.Certificate, error) {
		c.issued++
		return c.sign(key, start.Add(30*24*time.Hour))
	}
	return c
}

func (c *candidate) sign(key *ecdsa.PrivateKey, until time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return nil, err
	}
	l := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: c.Machine.ID}, NotBefore: start, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, l, l, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func enrolToken(t testing.TB, s *store.Store, uses int, expires time.Time) string {
	t.Helper()
	secret, err := s.CreateEnrolToken(t.Context(), "rollout", uses, start, expires)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func serialOf(t testing.TB, der []byte) string {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c.SerialNumber.Text(16)
}

func TestFiftyAtOnceWithATokenForOne(t *testing.T) {
	dir := t.TempDir()
	// Two consoles' worth of connections: the database decides, not a lock of ours.
	stores := []*store.Store{open(t, dir), open(t, dir)}
	for _, uses := range []int{1, 7} {
		secret := enrolToken(t, stores[0], uses, time.Time{})
		var given, issued atomic.Int64
		var wg sync.WaitGroup
		for n := range 50 {
			c := newCandidate(t, secret)
			wg.Go(func() {
				cert, err := stores[n%2].Enrol(t.Context(), c.Enrolment, start)
				issued.Add(int64(c.issued))
				switch {
				case err == nil && cert != nil:
					given.Add(1)
				case !errors.Is(err, store.ErrToken):
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
		if given.Load() != int64(uses) || issued.Load() != int64(uses) {
			t.Errorf("%d given, %d issued with a token for %d", given.Load(), issued.Load(), uses)
		}
	}
	if _, _, _, err := stores[0].VerifyAudit(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

func TestTheSameMachineAgainGetsTheSameCertificate(t *testing.T) {
	s := open(t, t.TempDir())
	secret := enrolToken(t, s, 2, start.Add(time.Hour))
	c := newCandidate(t, secret)
	var first []byte
	for n := range 3 {
		// The answer was lost; by the last time the token has run out.
		cert, err := s.Enrol(t.Context(), c.Enrolment, start.Add(time.Duration(n)*time.Hour))
		if err != nil || n > 0 && !bytes.Equal(cert, first) {
			t.Fatalf("try %d: another certificate, or %v", n, err)
		}
		first = cert
	}
	if c.issued != 1 {
		t.Errorf("%d issued", c.issued)
	}
	list, err := s.Tokens(t.Context())
	if err != nil || list[0].Spent != 1 || list[0].Uses != 2 {
		t.Errorf("%+v %v", list, err)
	}
	// Somebody who has the token too, and the id, but another key.
	thief := newCandidate(t, secret)
	thief.Machine = c.Machine
	if _, err := s.Enrol(t.Context(), thief.Enrolment, start); !errors.Is(err, store.ErrBound) || thief.issued != 0 {
		t.Errorf("another key took the id over: %v", err)
	}
	// The machine's own key with another token: released first, or not at all.
	c.Secret = enrolToken(t, s, 1, time.Time{})
	if _, err := s.Enrol(t.Context(), c.Enrolment, start); !errors.Is(err, store.ErrBound) {
		t.Errorf("got %v", err)
	}
}

func TestTokensThatEnrolNobody(t *testing.T) {
	s := open(t, t.TempDir())
	api, err := s.CreateToken(t.Context(), "siem", store.TokenAPI, start, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	revoked := enrolToken(t, s, 5, time.Time{})
	if n, err := s.RevokeToken(t.Context(), "rollout", start); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	good := enrolToken(t, s, 1, time.Time{})
	for what, secret := range map[string]string{"forged": good + "x", "none": "", "of another kind": api, "revoked": revoked, "expired": enrolToken(t, s, 1, start)} {
		if _, err := s.Enrol(t.Context(), newCandidate(t, secret).Enrolment, start); !errors.Is(err, store.ErrToken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, uses := range []int{0, -1, store.MaxUses + 1} {
		if _, err := s.CreateEnrolToken(t.Context(), "x", uses, start, time.Time{}); err == nil {
			t.Errorf("a token for %d", uses)
		}
	}
	// Signing failed: nothing is used up, nobody is enrolled.
	c := newCandidate(t, good)
	issue := c.Issue
	c.Issue = func() (*x509.Certificate, error) { return nil, errors.New("no entropy") }
	if _, err := s.Enrol(t.Context(), c.Enrolment, start); err == nil {
		t.Fatal("enrolled without a certificate")
	}
	c.Issue = issue
	if _, err := s.Enrol(t.Context(), c.Enrolment, start); err != nil {
		t.Errorf("the token was used up: %v", err)
	}
}

func TestRevokedAtOnceAndForGood(t *testing.T) {
	s := open(t, t.TempDir())
	secret := enrolToken(t, s, 3, time.Time{})
	c, other := newCandidate(t, secret), newCandidate(t, secret)
	cert, err := s.Enrol(t.Context(), c.Enrolment, start)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enrol(t.Context(), other.Enrolment, start); err != nil {
		t.Fatal(err)
	}
	serial := serialOf(t, cert)
	if _, err := s.Speaks(t.Context(), serial, c.Machine.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Speaks(t.Context(), serial, other.Machine.ID); !errors.Is(err, store.ErrRevoked) {
		t.Errorf("speaks for another: %v", err)
	}
	if _, err := s.Speaks(t.Context(), "abc", c.Machine.ID); !errors.Is(err, store.ErrRevoked) {
		t.Errorf("a serial number nobody gave out: %v", err)
	}
	next, err := c.Issue()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Renew(t.Context(), c.Machine.ID, next, start, start); err != nil {
		t.Fatal(err)
	}
	admin := store.Account{ID: "a", Name: "admin"}
	if err := s.RevokeMachine(t.Context(), admin, c.Machine.ID, start); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeMachine(t.Context(), admin, c.Machine.ID, start); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	for _, serial := range []string{serial, next.SerialNumber.Text(16)} {
		if _, err := s.Speaks(t.Context(), serial, c.Machine.ID); !errors.Is(err, store.ErrRevoked) {
			t.Errorf("still speaks: %v", err)
		}
	}
	if err := s.Renew(t.Context(), c.Machine.ID, next, start, start); !errors.Is(err, store.ErrRevoked) {
		t.Errorf("renewed: %v", err)
	}
	if _, err := s.Enrol(t.Context(), c.Enrolment, start); !errors.Is(err, store.ErrRevoked) {
		t.Errorf("enrolled again: %v", err)
	}
	if _, err := s.Speaks(t.Context(), serial, other.Machine.ID); !errors.Is(err, store.ErrRevoked) {
		t.Error("a certificate of another machine")
	}
	if err := s.ReleaseMachine(t.Context(), admin, c.Machine.ID, start); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Speaks(t.Context(), serial, c.Machine.ID); !errors.Is(err, store.ErrRevoked) {
		t.Errorf("an old certificate came back: %v", err)
	}
	if _, err := s.Enrol(t.Context(), c.Enrolment, start); err != nil || c.issued != 3 {
		t.Errorf("not enrolled anew: %v, %d issued", err, c.issued)
	}
	if _, err := s.Speaks(t.Context(), serial, c.Machine.ID); !errors.Is(err, store.ErrRevoked) {
		t.Errorf("an old certificate came back: %v", err)
	}
	seen := map[string]int{}
	if err := s.Audit(t.Context(), func(e store.Entry) error {
		if e.Subject == c.Machine.ID {
			seen[e.Action+" "+e.Name]++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if seen["machine-enrolled rollout"] != 2 || seen["machine-revoked admin"] != 1 || seen["machine-released admin"] != 1 {
		t.Errorf("recorded %v", seen)
	}
}

func TestTheFleetShowsEnrolments(t *testing.T) {
	s := open(t, t.TempDir())
	c := newCandidate(t, enrolToken(t, s, 1, time.Time{}))
	if _, err := s.Enrol(t.Context(), c.Enrolment, start); err != nil {
		t.Fatal(err)
	}
	fleet, err := s.Fleet(t.Context())
	if err != nil || len(fleet) != 1 || fleet[0].Heartbeat.Machine.Name != c.Machine.Name || !fleet[0].Enrolled.Equal(start) || fleet[0].Expires.Before(start) || !fleet[0].Revoked.IsZero() {
		t.Errorf("%+v %v", fleet, err)
	}
	for _, who := range []string{c.Machine.ID, c.Machine.Name} {
		if id, err := s.FindMachine(t.Context(), who); id != c.Machine.ID || err != nil {
			t.Errorf("%s: %s %v", who, id, err)
		}
	}
	if _, err := s.FindMachine(t.Context(), "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestForgottenCertificatesAreNotKept(t *testing.T) {
	s := open(t, t.TempDir())
	c := newCandidate(t, enrolToken(t, s, 1, time.Time{}))
	cert, err := s.Enrol(t.Context(), c.Enrolment, start)
	if err != nil {
		t.Fatal(err)
	}
	next, err := c.Issue()
	if err != nil {
		t.Fatal(err)
	}
	later := start.Add(60 * 24 * time.Hour)
	if err := s.Renew(t.Context(), c.Machine.ID, next, later, later.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Speaks(t.Context(), serialOf(t, cert), c.Machine.ID); !errors.Is(err, store.ErrRevoked) {
		t.Errorf("kept: %v", err)
	}
	if _, err := s.Speaks(t.Context(), next.SerialNumber.Text(16), c.Machine.ID); err != nil {
		t.Error(err)
	}
}
