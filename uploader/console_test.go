package uploader

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader/incident"
)

// machineName is what the machines of these tests show.
const machineName = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"

// trialConsole is a console over real TLS that stores by id, and misbehaves as
// told.
type trialConsole struct {
	*httptest.Server
	t testing.TB

	mu     sync.Mutex
	stored map[string]incident.Incident
	asked  int // ingests
	again  int // incidents received that were stored already
	beats  []incident.Heartbeat
	// before runs before an ingest is looked at; answering true ends it there.
	before func(w http.ResponseWriter, r *http.Request, nth int) bool
	// after runs once the batch is stored, instead of the answer.
	after func(w http.ResponseWriter, r *http.Request, nth int) bool
	// alien is a machine id that records must not have.
	alien string
	// refuse answers why an incident is refused, "" when it is not.
	refuse func(incident.Incident) string
}

func startConsole(t testing.TB) *trialConsole {
	t.Helper()
	c := &trialConsole{t: t, stored: map[string]incident.Incident{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+incident.IngestPath, c.ingest)
	mux.HandleFunc("POST "+incident.HeartbeatPath, c.heartbeat)
	c.Server = httptest.NewUnstartedServer(mux)
	c.Config.ErrorLog = nil
	c.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	c.StartTLS()
	t.Cleanup(c.Close)
	return c
}

func (c *trialConsole) pin() string { return pinOf(c.Server) }

func pinOf(s *httptest.Server) string {
	sum := sha256.Sum256(s.Certificate().RawSubjectPublicKeyInfo)
	return pinPrefix + base64.StdEncoding.EncodeToString(sum[:])
}

func (c *trialConsole) authorised(w http.ResponseWriter, r *http.Request) bool {
	if r.TLS.Version == tls.VersionTLS13 && len(r.TLS.PeerCertificates) == 1 && r.TLS.PeerCertificates[0].Subject.CommonName == machineName {
		return true
	}
	w.WriteHeader(http.StatusUnauthorized)
	json.NewEncoder(w).Encode(enrol.Refusal{Error: "none shown", Code: enrol.NoCertificate})
	return false
}

func (c *trialConsole) ingest(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if c.before != nil && c.before(w, r, c.asked) || !c.authorised(w, r) {
		return
	}
	if r.Header.Get("Content-Encoding") != "zstd" || r.Header.Get("Content-Type") != incident.IngestType {
		c.t.Errorf("headers %v", r.Header)
	}
	body, err := zstd.NewReader(r.Body)
	if err != nil {
		c.t.Error(err)
		return
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil {
		return // the connection was cut on the way in
	}
	if len(raw) > incident.MaxBatchBytes {
		c.t.Errorf("a batch of %d bytes", len(raw))
	}
	reply := incident.IngestReply{}
	line := 0
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, incident.MaxSize+1)
	for lines.Scan() {
		line++
		var i incident.Incident
		if err := json.Unmarshal(lines.Bytes(), &i); err != nil {
			c.t.Errorf("a line is no incident: %v", err)
		}
		if err := i.Validate(); err != nil {
			c.t.Error(err)
		}
		if c.alien != "" && i.Machine.ID == c.alien {
			w.WriteHeader(http.StatusForbidden)
			json.NewEncoder(w).Encode(enrol.Refusal{Code: enrol.AnotherMachine})
			return
		}
		if c.refuse != nil {
			if why := c.refuse(i); why != "" {
				refusal := incident.Refusal{ID: i.ID, Line: line, Reason: why}
				if why == "unreadable" {
					refusal.ID = ""
				}
				reply.Refused = append(reply.Refused, refusal)
				continue
			}
		}
		if _, had := c.stored[i.ID]; had {
			c.again++
		} else {
			c.stored[i.ID] = i
		}
		reply.Accepted = append(reply.Accepted, i.ID)
	}
	if n := len(reply.Accepted) + len(reply.Refused); n > incident.MaxBatch {
		c.t.Errorf("a batch of %d incidents", n)
	}
	if c.after != nil && c.after(w, r, c.asked) {
		return
	}
	json.NewEncoder(w).Encode(reply)
}

func (c *trialConsole) heartbeat(w http.ResponseWriter, r *http.Request) {
	if !c.authorised(w, r) {
		return
	}
	var h incident.Heartbeat
	if err := json.NewDecoder(r.Body).Decode(&h); err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beats = append(c.beats, h)
	w.WriteHeader(http.StatusNoContent)
}

func (c *trialConsole) count() (stored, asked, again, beats int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.stored), c.asked, c.again, len(c.beats)
}

// cut ends the connection in the middle of an answer that promised more.
func cut(w http.ResponseWriter, _ *http.Request, _ int) bool {
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, `{"accepted":["`)
	if err := http.NewResponseController(w).Flush(); err != nil {
		return true
	}
	panic(http.ErrAbortHandler)
}

// within waits for something to come true.
func within(t testing.TB, patience time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// proxy passes connections on to the console and ends each after some bytes,
// counted both ways.
type proxy struct {
	net.Listener
	to string

	mu   sync.Mutex
	left func() int64 // bytes the next connection lives for
}

func startProxy(t testing.TB, to string, left func() int64) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, to: to, left: left}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.pass(conn)
		}
	}()
	return p
}

func (p *proxy) pass(client net.Conn) {
	defer client.Close()
	p.mu.Lock()
	left := p.left()
	p.mu.Unlock()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	both := make(chan struct{}, 2)
	go func() { io.Copy(server, client); both <- struct{}{} }()
	go func() { io.CopyN(client, server, left); both <- struct{}{} }()
	<-both
}
