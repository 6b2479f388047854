package console_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/trustline/trustline/console"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

// running is one console, served for real on a port of its own.
type running struct {
	*console.Console
	dir    string
	agents map[string]*http.Client // by machine; made at the first word
	log    *bytes.Buffer
	http   *http.Client
}

func start(t *testing.T) *running { return startWith(t, console.Config{}) }

func startWith(t *testing.T, c console.Config) *running {
	t.Helper()
	r := &running{dir: t.TempDir(), log: &bytes.Buffer{}, agents: map[string]*http.Client{}}
	log := slog.New(slog.NewTextHandler(&lockedWriter{w: r.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.Data, c.Listen, c.Log = r.dir, "127.0.0.1:0", log
	con, err := console.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	con.Start()
	r.Console = con
	r.http = client()
	t.Cleanup(func() {
		r.http.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := con.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return r
}

func client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// beside opens the data of the running console, as a command does.
func (r *running) beside(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), r.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// as answers a machine's own way to the console, enrolling it first.
func (r *running) as(t *testing.T, machine string) *http.Client {
	t.Helper()
	if c := r.agents[machine]; c != nil {
		return c
	}
	c := client()
	t.Cleanup(c.CloseIdleConnections)
	r.agents[machine] = c
	cert := r.enrolled(t, machine)
	c.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{cert}
	return c
}

// enrolled makes a machine one of the fleet, over the wire.
func (r *running) enrolled(t *testing.T, machine string) tls.Certificate {
	t.Helper()
	token, err := r.beside(t).CreateEnrolToken(t.Context(), "test", 1, time.Now(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := enrol.NewCSR(key, machine)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(enrol.Request{Token: token, CSR: csr, Machine: enrol.Facts{ID: machine, Name: "ws", OS: "linux", Version: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := r.post(t, r.http, enrol.Path, "application/json", body)
	reply, leaf, err := enrol.ParseReply(answer, machine, &key.PublicKey, time.Now())
	if err != nil {
		t.Fatalf("answered %d %s: %v", status, answer, err)
	}
	return tls.Certificate{Certificate: reply.Chain, PrivateKey: key, Leaf: leaf}
}

func (r *running) post(t *testing.T, as *http.Client, path, contentType string, body []byte) (status int, answer []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := as.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, err = io.ReadAll(res.Body); err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	return res.StatusCode, answer
}

// send sends incidents, each as the machine it is of.
func (r *running) send(t *testing.T, all ...incident.Incident) {
	t.Helper()
	bodies := map[string]*bytes.Buffer{}
	for _, i := range all {
		if bodies[i.Machine.ID] == nil {
			bodies[i.Machine.ID] = &bytes.Buffer{}
		}
		if err := json.NewEncoder(bodies[i.Machine.ID]).Encode(i); err != nil {
			t.Fatal(err)
		}
	}
	for machine, body := range bodies {
		if status, answer := r.post(t, r.as(t, machine), incident.IngestPath, incident.IngestType, body.Bytes()); status != http.StatusOK {
			t.Fatalf("answered %d %s", status, answer)
		}
	}
}

func (r *running) beat(t *testing.T, h incident.Heartbeat) {
	t.Helper()
	body, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := r.post(t, r.as(t, h.Machine.ID), incident.HeartbeatPath, "application/json", body); status != http.StatusNoContent {
		t.Fatalf("answered %d %s", status, answer)
	}
}
