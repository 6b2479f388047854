package console_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/trustline/trustline/console"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/uploader/incident"
)

// running is one console, served for real on a port of its own.
type running struct {
	*console.Console
	dir   string
	agent string // a token of kind agent
	log   *bytes.Buffer
	http  *http.Client
}

func start(t *testing.T) *running {
	t.Helper()
	r := &running{dir: t.TempDir(), log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(&lockedWriter{w: r.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	con, err := console.New(t.Context(), console.Config{Data: r.dir, Listen: "127.0.0.1:0", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	con.Start()
	r.Console = con
	r.agent = r.token(t, store.TokenAgent)
	r.http = client()
	t.Cleanup(func() {
		r.http.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
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

// token makes one beside the running console, as the command does.
func (r *running) token(t *testing.T, kind string) string {
	t.Helper()
	s, err := store.Open(t.Context(), r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	secret, err := s.CreateToken(t.Context(), "test "+kind, kind, time.Now(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func (r *running) post(t *testing.T, path, contentType string, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.agent)
	req.Header.Set("Content-Type", contentType)
	res, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("POST %s: %d %s %v", path, res.StatusCode, answer, err)
	}
}

func (r *running) send(t *testing.T, all ...incident.Incident) {
	t.Helper()
	var body bytes.Buffer
	for _, i := range all {
		if err := json.NewEncoder(&body).Encode(i); err != nil {
			t.Fatal(err)
		}
	}
	r.post(t, incident.IngestPath, incident.IngestType, body.Bytes())
}

func (r *running) beat(t *testing.T, h incident.Heartbeat) {
	t.Helper()
	body, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	r.post(t, incident.HeartbeatPath, "application/json", body)
}
