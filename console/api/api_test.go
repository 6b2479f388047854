package api

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/trustline/trustline/console/authority"
	"github.com/trustline/trustline/console/signer"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/uploader/incident"
)

type fixture struct {
	http.Handler
	api   *API
	store *store.Store
	dir   string
	agent *x509.Certificate // of machine
	read  string            // a token
	log   bytes.Buffer
}

// machineID is the one that the fixture's agent runs on.
const machineID = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"

func serve(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{dir: t.TempDir()}
	var err error
	if f.store, err = store.Open(t.Context(), f.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close() })
	machines, err := authority.Load(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	f.read = f.token(t, store.TokenAPI, time.Time{})
	key, err := signer.Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f.api = &API{Store: f.store, Authority: machines, Signer: key, Log: slog.New(slog.NewTextHandler(&f.log, nil))}
	f.Handler = f.api.Handler()
	f.agent = f.enrolled(t, machineID)
	return f
}

func (f *fixture) token(t testing.TB, kind string, expires time.Time) string {
	t.Helper()
	secret, err := f.store.CreateToken(t.Context(), "test", kind, time.Now(), expires)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// ask asks as whoever holds a token (a string) or a certificate; that its key
// is there is for TLS to find out, which package console tests for real.
func (f *fixture) ask(method, path string, as any, encoding string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", incident.IngestType)
	r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13}
	switch as := as.(type) {
	case *x509.Certificate:
		r.TLS.PeerCertificates = []*x509.Certificate{as}
	case string:
		if as != "" {
			r.Header.Set("Authorization", "Bearer "+as)
		}
	}
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func record(t testing.TB, at time.Time) incident.Incident {
	t.Helper()
	i, err := incident.New(incident.Agent, at)
	if err != nil {
		t.Fatal(err)
	}
	i.Severity, i.Code, i.Machine = incident.Low, "policy-changed", incident.Machine{ID: machineID, Name: "ws-1", OS: "linux"}
	return i
}

func line(t testing.TB, i incident.Incident) []byte {
	t.Helper()
	raw, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, '\n')
}

func zstded(t *testing.T, raw []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(raw, nil)
}

func gzipped(t *testing.T, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTokens(t *testing.T) {
	f := serve(t)
	revoked := f.token(t, store.TokenAPI, time.Time{})
	list, err := f.store.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.RevokeToken(t.Context(), list[0].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	enrolling := f.enrolToken(t, 1)
	expired := f.token(t, store.TokenAPI, time.Now().Add(-time.Second))
	const list1 = "/api/v1/incidents"
	for name, c := range map[string]struct {
		method, path string
		as           any
		want         int
	}{
		"none":              {"GET", list1, "", 401},
		"forged":            {"GET", list1, f.read[:len(f.read)-1] + "~", 401},
		"huge":              {"GET", list1, strings.Repeat("x", 5000), 401},
		"expired":           {"GET", list1, expired, 401},
		"revoked":           {"GET", list1, revoked, 401},
		"enrolling reads":   {"GET", list1, enrolling, 403},
		"reader reads":      {"GET", list1, f.read, 200},
		"machine reads":     {"GET", list1, f.agent, 401},
		"machine reads one": {"GET", list1 + "/x", f.agent, 401},
		"machine reads all": {"GET", "/api/v1/fleet", f.agent, 401},
		"reader sends":      {"POST", incident.IngestPath, f.read, 401},
		"reader beats":      {"POST", incident.HeartbeatPath, f.read, 401},
		"enrolling sends":   {"POST", incident.IngestPath, enrolling, 401},
		"machine sends":     {"POST", incident.IngestPath, f.agent, 200},
		"no such address":   {"GET", "/api/v1/secrets", f.read, 404},
		"no such incident":  {"GET", list1 + "/x", f.read, 404},
	} {
		t.Run(name, func(t *testing.T) {
			w := f.ask(c.method, c.path, c.as, "", nil)
			if w.Code != c.want {
				t.Errorf("answered %d, want %d: %s", w.Code, c.want, w.Body)
			}
			if w.Code == 401 && c.method == "GET" && w.Header().Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
			if !json.Valid(w.Body.Bytes()) || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("not JSON, or kept by caches: %s", w.Body)
			}
		})
	}
	if strings.Contains(f.log.String(), "tl_") {
		t.Error("a token is in the log")
	}
}

func TestBatchesRefused(t *testing.T) {
	f := serve(t)
	one := line(t, record(t, time.Now()))
	bomb := bytes.Repeat([]byte("\n"), 256<<20)
	for name, c := range map[string]struct {
		encoding string
		body     []byte
		want     int
	}{
		"too many lines":        {"", bytes.Repeat(one, incident.MaxBatch+1), 413},
		"too many empty lines":  {"", bytes.Repeat([]byte("\n"), 10*incident.MaxBatch), 413},
		"too many bytes":        {"", bytes.Repeat([]byte("x"), incident.MaxBatchBytes+1), 413},
		"too many within zstd":  {"zstd", zstded(t, bytes.Repeat([]byte("x"), incident.MaxBatchBytes+1)), 413},
		"too many within gzip":  {"gzip", gzipped(t, bytes.Repeat([]byte("x"), incident.MaxBatchBytes+1)), 413},
		"zstd bomb":             {"zstd", zstded(t, bomb), 413},
		"gzip garbage":          {"gzip", []byte("not gzip at all"), 400},
		"zstd garbage":          {"zstd", []byte("not zstd at all"), 400},
		"zstd cut short":        {"zstd", zstded(t, bytes.Repeat(one, 20))[:40], 400},
		"unknown encoding":      {"br", one, 415},
		"encoding upon another": {"gzip, zstd", one, 415},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			if w := f.ask("POST", incident.IngestPath, f.agent, c.encoding, c.body); w.Code != c.want {
				t.Errorf("answered %d, want %d: %s", w.Code, c.want, w.Body)
			}
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("took %v", took)
			}
		})
	}
	page, err := f.store.Incidents(t.Context(), store.Filter{}, 10, "")
	if err != nil || len(page.Incidents) != 0 {
		t.Errorf("something was kept of refused batches: %d, %v", len(page.Incidents), err)
	}
}

func TestBadLinesCostOnlyThemselves(t *testing.T) {
	f := serve(t)
	good, twice, future, forged, huge := record(t, time.Now()), record(t, time.Now()), record(t, time.Now()), record(t, time.Now()), record(t, time.Now())
	future.Schema, forged.ID, huge.Detail = incident.SchemaVersion+1, "../../etc", map[string]string{"x": strings.Repeat("y", incident.MaxSize)}
	body := bytes.Join([][]byte{line(t, good), []byte("{\"id\":\n"), line(t, future), line(t, forged), line(t, huge), []byte("\n"), line(t, twice), line(t, twice), []byte("[1]\n")}, nil)
	w := f.ask("POST", incident.IngestPath, f.agent, "zstd", zstded(t, body))
	var reply incident.IngestReply
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil || w.Code != 200 {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	if fmt.Sprint(reply.Accepted) != fmt.Sprint([]string{good.ID, twice.ID, twice.ID}) {
		t.Errorf("accepted %v", reply.Accepted)
	}
	want := []incident.Refusal{{Line: 2, Reason: "invalid"}, {ID: future.ID, Line: 3, Reason: "invalid"}, {ID: "../../etc", Line: 4, Reason: "invalid"}, {ID: huge.ID, Line: 5, Reason: "too-large"}, {Line: 9, Reason: "invalid"}}
	if fmt.Sprint(reply.Refused) != fmt.Sprint(want) {
		t.Errorf("refused %v, want %v", reply.Refused, want)
	}
	page, err := f.store.Incidents(t.Context(), store.Filter{}, 10, "")
	if err != nil || len(page.Incidents) != 2 {
		t.Errorf("kept %d, want 2 (%v)", len(page.Incidents), err)
	}
}

func TestBusyAsksToComeBack(t *testing.T) {
	f := serve(t)
	if !f.api.room.TryAcquire(maxRoom) {
		t.Fatal("the room is taken before anything was sent")
	}
	w := f.ask("POST", incident.IngestPath, f.agent, "", line(t, record(t, time.Now())))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("answered %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestBrokenDatabaseIsNotAcknowledged(t *testing.T) {
	f := serve(t)
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	if w := f.ask("POST", incident.IngestPath, f.agent, "", line(t, record(t, time.Now()))); w.Code != 500 || strings.Contains(w.Body.String(), "sql") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

func TestWrongQuestions(t *testing.T) {
	f := serve(t)
	for _, q := range []string{"limit=0", "limit=501", "limit=x", "since=yesterday", "until=2026", "cursor=%00", "cursor=AAAA", "cursor=" + strings.Repeat("A", 4000), "severity=hihg", "outcome=x", "kind=x", "machin=ws-1", "q=a&q=b"} {
		w := f.ask("GET", "/api/v1/incidents?"+q, f.read, "", nil)
		var e struct{ Error string }
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || w.Code != 400 || e.Error == "" {
			t.Errorf("%s: %d %s", q, w.Code, w.Body)
		}
	}
}

func TestPagesThroughEverything(t *testing.T) {
	f := serve(t)
	var body []byte
	start := time.Now()
	for n := range 25 {
		body = append(body, line(t, record(t, start.Add(-time.Duration(n)*time.Second)))...)
	}
	if w := f.ask("POST", incident.IngestPath, f.agent, "gzip", gzipped(t, body)); w.Code != 200 {
		t.Fatal(w.Body)
	}
	seen, cursor := map[string]bool{}, ""
	for page := 0; page < 4; page++ {
		w := f.ask("GET", "/api/v1/incidents?limit=10&cursor="+cursor, f.read, "", nil)
		var got struct {
			Incidents []incident.Incident
			Next      string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for _, i := range got.Incidents {
			seen[i.ID] = true
		}
		if cursor = got.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 25 || cursor != "" {
		t.Errorf("saw %d of 25, next %q", len(seen), cursor)
	}
}

func TestHeartbeats(t *testing.T) {
	f := serve(t)
	beat := func(body string) int { return f.ask("POST", incident.HeartbeatPath, f.agent, "", []byte(body)).Code }
	long := strings.Repeat("x", incident.MaxText+1)
	for body, want := range map[string]int{
		`{"schema":1,"machine":{"id":"` + machineID + `","name":"ws"}}`: 204, `{}`: 422, `nonsense`: 400, `{"machine":{"id":"m"},"waiting":-1}`: 422,
		`{"machine":{"id":"` + long + `"}}`: 422, `{"machine":{"id":"` + strings.Repeat("x", incident.MaxSize) + `"}}`: 413,
		`{"schema":1,"machine":{"id":"` + machineID + `"},"time":"2999-01-01T00:00:00Z"}`: 422,
		`{"machine":{"id":"m3"},"warnings":[{"code":"` + long + `"}]}`:                    422,
	} {
		if got := beat(body); got != want {
			t.Errorf("%.60s: %d, want %d", body, got, want)
		}
	}
	if w := f.ask("GET", "/api/v1/fleet", f.read, "", nil); strings.Count(w.Body.String(), "lastSeen") != 1 {
		t.Errorf("fleet: %s", w.Body)
	}
}

// FuzzReadBatch: whatever arrives, every line is accepted valid or refused.
func FuzzReadBatch(f *testing.F) {
	i := record(f, time.Now())
	f.Add(line(f, i))
	f.Add(append(append([]byte("{\n\n[]\nnull\n"), line(f, i)...), 0xff, '\n'))
	f.Add([]byte(`{"id":"` + strings.Repeat("名", 40) + `"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		batch, refused, err := readBatch(bytes.NewReader(raw))
		if err != nil {
			return
		}
		lines := 0
		for _, l := range bytes.Split(raw, []byte("\n")) {
			if len(bytes.TrimSpace(l)) > 0 {
				lines++
			}
		}
		if len(batch)+len(refused) != lines {
			t.Errorf("%d lines, %d accepted, %d refused", lines, len(batch), len(refused))
		}
		for _, i := range batch {
			if err := i.Validate(); err != nil {
				t.Error(err)
			}
		}
		for _, r := range refused {
			if len(r.ID) > 64 || r.Line < 1 || r.Reason == "" {
				t.Errorf("refusal %+v", r)
			}
		}
	})
}
