package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/trustline/trustline/console/authority"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

func (f *fixture) enrolToken(t testing.TB, uses int) string {
	t.Helper()
	secret, err := f.store.CreateEnrolToken(t.Context(), "rollout", uses, time.Now(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func requestOf(t testing.TB, key *ecdsa.PrivateKey, token, id string) []byte {
	t.Helper()
	csr, err := enrol.NewCSR(key, id)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(enrol.Request{Token: token, CSR: csr, Machine: enrol.Facts{ID: id, Name: "ws-1", OS: "linux", Version: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// enrolled makes a machine one of the fleet, as it does itself.
func (f *fixture) enrolled(t testing.TB, id string) *x509.Certificate {
	t.Helper()
	key := newKey(t)
	w := f.ask("POST", enrol.Path, nil, "", requestOf(t, key, f.enrolToken(t, 1), id))
	_, cert, err := enrol.ParseReply(w.Body.Bytes(), id, &key.PublicKey, time.Now())
	if err != nil || w.Code != 200 {
		t.Fatalf("answered %d %s: %v", w.Code, w.Body, err)
	}
	return cert
}

func codeOf(t testing.TB, w *httptest.ResponseRecorder) enrol.Code {
	t.Helper()
	var r enrol.Refusal
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Errorf("answered %q", w.Body)
	}
	return r.Code
}

func newID(t testing.TB) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

func TestFiftyMachinesAndATokenForOne(t *testing.T) {
	f := serve(t)
	token := f.enrolToken(t, 1)
	var given, refused atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		body := requestOf(t, newKey(t), token, newID(t))
		wg.Go(func() {
			switch w := f.ask("POST", enrol.Path, nil, "", body); {
			case w.Code == 200:
				given.Add(1)
			case w.Code == 403 && codeOf(t, w) == enrol.TokenRefused:
				refused.Add(1)
			default:
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	if given.Load() != 1 || refused.Load() != 49 {
		t.Errorf("%d certificates, %d refusals", given.Load(), refused.Load())
	}
}

func TestWhoIsNotEnrolled(t *testing.T) {
	f := serve(t)
	key, id, token := newKey(t), newID(t), f.enrolToken(t, 5)
	good := requestOf(t, key, token, id)
	if w := f.ask("POST", enrol.Path, nil, "", good); w.Code != 200 {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
	for name, c := range map[string]struct {
		body []byte
		want int
		code enrol.Code
	}{
		"replayed":             {good, 200, ""}, // the same certificate, which is of use to its key alone
		"another key":          {requestOf(t, newKey(t), token, id), 409, enrol.TakenID},
		"forged token":         {requestOf(t, key, token+"x", newID(t)), 403, enrol.TokenRefused},
		"a token for reading":  {requestOf(t, key, f.read, newID(t)), 403, enrol.TokenRefused},
		"of the wrong machine": {[]byte(strings.Replace(string(good), id, newID(t), 1)), 400, enrol.BadRequest},
		"not JSON":             {[]byte("hello"), 400, enrol.BadRequest},
		"too large":            {[]byte(strings.Repeat(" ", enrol.MaxRequest+1)), 413, enrol.BadRequest},
	} {
		w := f.ask("POST", enrol.Path, nil, "", c.body)
		if w.Code != c.want || codeOf(t, w) != c.code || strings.Contains(w.Body.String(), token) {
			t.Errorf("%s: answered %d %s", name, w.Code, w.Body)
		}
	}
	if strings.Contains(f.log.String(), "tl_") {
		t.Error("a token is in the log")
	}
	list, err := f.store.Tokens(t.Context())
	if err != nil || list[0].Spent+list[1].Spent+list[2].Spent != 2 { // the fixture's own, and one
		t.Errorf("%+v %v", list, err)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	f := serve(t)
	key, id := newKey(t), newID(t)
	for n := range freeTries + 1 {
		w := f.ask("POST", enrol.Path, nil, "", requestOf(t, key, "guess", id))
		if slowed := w.Code == 429; slowed != (n == freeTries) || slowed && w.Header().Get("Retry-After") == "" {
			t.Fatalf("try %d: %d %s", n, w.Code, w.Body)
		}
	}
}

// TestCertificatesThatDoNotSpeak: forged, another console's, revoked, expired,
// shown over an old TLS.
func TestCertificatesThatDoNotSpeak(t *testing.T) {
	f, another := serve(t), serve(t)
	body := line(t, record(t, time.Now()))
	late := func(by time.Duration) *x509.Certificate {
		id := newID(t)
		key := newKey(t)
		der, err := enrol.NewCSR(key, id)
		if err != nil {
			t.Fatal(err)
		}
		csr, err := enrol.ParseCSR(der, id)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := f.api.Authority.Issue(csr, id, time.Now().Add(-by-authority.Life))
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.store.Enrol(t.Context(), store.Enrolment{Secret: f.enrolToken(t, 1), Machine: enrol.Facts{ID: id, Name: "ws", OS: "linux", Version: "1"},
			Key: enrol.KeyID(csr.RawSubjectPublicKeyInfo), Issue: func() (*x509.Certificate, error) { return cert, nil }}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	// Signed with the right key, and never given to anybody.
	unknown, err := f.api.Authority.Issue(&x509.CertificateRequest{PublicKey: &newKey(t).PublicKey}, machineID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	revoked := f.enrolled(t, newID(t))
	id := revoked.Subject.CommonName
	if err := f.store.RevokeMachine(t.Context(), store.Account{Name: "admin"}, id, time.Now()); err != nil {
		t.Fatal(err)
	}
	renewal := func(id string) []byte {
		csr, err := enrol.NewCSR(newKey(t), id)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(enrol.Renewal{CSR: csr, Version: "2"})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	expired, forgotten := late(time.Hour), late(grace+time.Hour)
	for name, c := range map[string]struct {
		cert   *x509.Certificate
		want   int
		code   enrol.Code
		renews int
	}{
		"none":             {nil, 401, enrol.NoCertificate, 401},
		"another console":  {another.agent, 401, enrol.Foreign, 401},
		"unknown serial":   {unknown, 403, enrol.Revoked, 403},
		"revoked":          {revoked, 403, enrol.Revoked, 403},
		"expired":          {expired, 401, enrol.Expired, 200},
		"expired long ago": {forgotten, 401, enrol.Expired, 401},
	} {
		t.Run(name, func(t *testing.T) {
			var as any
			whose := machineID
			if c.cert != nil {
				as, whose = c.cert, c.cert.Subject.CommonName
			}
			for _, path := range []string{incident.IngestPath, incident.HeartbeatPath} {
				if w := f.ask("POST", path, as, "", body); w.Code != c.want || codeOf(t, w) != c.code {
					t.Errorf("%s: answered %d %s", path, w.Code, w.Body)
				}
			}
			if w := f.ask("POST", enrol.RenewPath, as, "", renewal(whose)); w.Code != c.renews {
				t.Errorf("renewal: answered %d %s", w.Code, w.Body)
			}
		})
	}
	r := httptest.NewRequest("POST", incident.IngestPath, nil)
	r.TLS = &tls.ConnectionState{Version: tls.VersionTLS12, PeerCertificates: []*x509.Certificate{f.agent}}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("over TLS 1.2: %d", w.Code)
	}
	if w := f.ask("POST", enrol.RenewPath, f.agent, "", renewal(newID(t))); w.Code != 400 {
		t.Errorf("renewed for another machine: %d %s", w.Code, w.Body)
	}
	if w := f.ask("POST", enrol.RenewPath, f.agent, "", make([]byte, enrol.MaxRequest+1)); w.Code != 413 {
		t.Errorf("an endless renewal: %d", w.Code)
	}
	page, err := f.store.Incidents(t.Context(), store.Filter{}, 10, "")
	if err != nil || len(page.Incidents) != 0 {
		t.Errorf("something was kept: %d, %v", len(page.Incidents), err)
	}
}

func TestRenewalsAreBounded(t *testing.T) {
	f := serve(t)
	csr, err := enrol.NewCSR(newKey(t), machineID)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(enrol.Renewal{CSR: csr, Version: "2"})
	if err != nil {
		t.Fatal(err)
	}
	for n := range freeRenewals + 1 {
		if w := f.ask("POST", enrol.RenewPath, f.agent, "", body); (w.Code == 429) != (n == freeRenewals) {
			t.Errorf("renewal %d: %d %s", n, w.Code, w.Body)
		}
	}
	// The present one holds on: the answer might have been lost.
	if w := f.ask("POST", incident.IngestPath, f.agent, "", nil); w.Code != 200 {
		t.Errorf("answered %d", w.Code)
	}
}

// TestAMachineSpeaksForItselfAlone: refused whole, and reported as what the
// machine that did it has done.
func TestAMachineSpeaksForItselfAlone(t *testing.T) {
	f := serve(t)
	victim := newID(t)
	f.enrolled(t, victim)
	own, forged := record(t, time.Now()), record(t, time.Now())
	forged.Machine.ID = victim
	arrived := 0
	f.api.Arrived = func() { arrived++ }
	beat := []byte(`{"schema":1,"machine":{"id":"` + victim + `","name":"ws"}}`)
	for range 3 {
		if w := f.ask("POST", incident.IngestPath, f.agent, "", append(line(t, own), line(t, forged)...)); w.Code != 403 || codeOf(t, w) != enrol.AnotherMachine {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		if w := f.ask("POST", incident.HeartbeatPath, f.agent, "", beat); w.Code != 403 || codeOf(t, w) != enrol.AnotherMachine {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
	}
	for _, id := range []string{own.ID, forged.ID} {
		if _, err := f.store.Incident(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a record of the batch was kept: %v", err)
		}
	}
	page, err := f.store.Incidents(t.Context(), store.Filter{}, 10, "")
	if err != nil || len(page.Incidents) != 1 || arrived != 1 {
		t.Fatalf("%d incidents, %d arrivals, %v", len(page.Incidents), arrived, err)
	}
	got := page.Incidents[0]
	if got.Code != CodeAnotherMachine || got.Severity != incident.High || got.Machine.ID != machineID || got.Detail["claimed"] != victim || got.Validate() != nil {
		t.Errorf("reported %+v", got.Incident)
	}
	fleet, err := f.store.Fleet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fleet {
		if m.Heartbeat.Machine.ID == victim && m.Heartbeat.Machine.Name == "ws" {
			t.Error("the victim's heartbeat was replaced")
		}
	}
}
