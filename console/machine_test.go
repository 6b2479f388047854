package console_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/console/authority"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

// TestRevokingEndsOpenConnections: over real TLS, on the connection that was
// used a moment ago.
func TestRevokingEndsOpenConnections(t *testing.T) {
	r := start(t)
	machine := machineID(1)
	as := r.as(t, machine)
	ask := func() (int, string) {
		status, answer := r.post(t, as, incident.IngestPath, incident.IngestType, nil)
		return status, string(answer)
	}
	if status, answer := ask(); status != 200 {
		t.Fatalf("answered %d %s", status, answer)
	}
	if err := r.beside(t).RevokeMachine(t.Context(), store.Account{Name: "admin"}, machine, time.Now()); err != nil {
		t.Fatal(err)
	}
	if status, answer := ask(); status != 403 || !strings.Contains(answer, string(enrol.Revoked)) {
		t.Errorf("after it was revoked: %d %s", status, answer)
	}
	// Another machine is none the worse.
	if status, _ := r.post(t, r.as(t, machineID(2)), incident.IngestPath, incident.IngestType, nil); status != 200 {
		t.Errorf("another machine: %d", status)
	}
}

// TestACertificateWithoutItsKey: whoever has seen a certificate cannot speak
// with it, and neither can one that another authority has signed.
func TestACertificateWithoutItsKey(t *testing.T) {
	r := start(t)
	good := r.enrolled(t, machineID(1))
	thief, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	with := func(cert tls.Certificate, change func(*tls.Config)) (int, error) {
		c := client()
		defer c.CloseIdleConnections()
		config := c.Transport.(*http.Transport).TLSClientConfig
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
		change(config)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL()+incident.IngestPath, bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", incident.IngestType)
		res, err := c.Do(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		return res.StatusCode, nil
	}
	same := func(*tls.Config) {}
	if status, err := with(good, same); status != 200 {
		t.Fatalf("%d %v", status, err)
	}
	if status, err := with(tls.Certificate{Certificate: good.Certificate, PrivateKey: thief}, same); err == nil {
		t.Errorf("a certificate without its key: %d", status)
	}
	if status, err := with(good, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("over TLS 1.2: %d %v", status, err)
	}
	another, err := authority.Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	der, err := enrol.NewCSR(thief, machineID(1))
	if err != nil {
		t.Fatal(err)
	}
	csr, err := enrol.ParseCSR(der, machineID(1))
	if err != nil {
		t.Fatal(err)
	}
	forged, err := another.Issue(csr, machineID(1), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if status, err := with(tls.Certificate{Certificate: [][]byte{forged.Raw}, PrivateKey: thief}, same); status != 401 {
		t.Errorf("another authority's: %d %v", status, err)
	}
}

// TestOneMachineForAnother goes over the wire to the page that says so.
func TestOneMachineForAnother(t *testing.T) {
	r := start(t)
	c := r.signIn(t)
	s := newSample()
	i := s.incident(t, 1, time.Now()) // of machine 1
	raw, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	status, answer := r.post(t, r.as(t, machineID(5)), incident.IngestPath, incident.IngestType, raw)
	if status != 403 || !strings.Contains(string(answer), string(enrol.AnotherMachine)) {
		t.Fatalf("answered %d %s", status, answer)
	}
	_, body := r.get(t, "/incidents", c)
	if strings.Contains(body, i.ID) || !strings.Contains(body, "spoke for another") {
		t.Error("the list does not say what has happened")
	}
}

func TestTheAuthorityOutlivesTheConsole(t *testing.T) {
	r := start(t)
	before, err := authority.Load(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	after, err := authority.Load(r.dir)
	if err != nil || !bytes.Equal(before.Root(), after.Root()) {
		t.Error(err)
	}
	if all, err := filepath.Glob(filepath.Join(r.dir, "authority*")); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
}
