package api

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// TestSlowSendersHoldNobodyUp: more agents than are worked on at once start a
// batch and stop in the middle; one who is done sending is still served.
func TestSlowSendersHoldNobodyUp(t *testing.T) {
	f := serve(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{f.agent}}
		f.ServeHTTP(w, r)
	}))
	defer server.Close()
	for range 3 * maxWorking {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: console\r\nContent-Type: %s\r\nContent-Length: 100000\r\n\r\n{", incident.IngestPath, incident.IngestType)
	}
	client := &http.Client{Timeout: 30 * time.Second}
	for range 3 {
		time.Sleep(100 * time.Millisecond) // the slow ones are all inside by now
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+incident.IngestPath, bytes.NewReader(line(t, record(t, time.Now()))))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", incident.IngestType)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("answered %d", res.StatusCode)
		}
	}
}

// TestTheSameBatchAtOnce: an agent that heard no answer sends again, perhaps
// before the first try is done.
func TestTheSameBatchAtOnce(t *testing.T) {
	f := serve(t)
	var body []byte
	for range 50 {
		body = append(body, line(t, record(t, time.Now()))...)
	}
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			w := f.ask("POST", incident.IngestPath, f.agent, "", body)
			var reply incident.IngestReply
			if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil || w.Code != 200 || len(reply.Accepted) != 50 {
				t.Errorf("answered %d: %d accepted, %v", w.Code, len(reply.Accepted), err)
			}
		})
	}
	wg.Wait()
	w := f.ask("GET", "/api/v1/incidents?limit=500", f.read, "", nil)
	var got struct{ Incidents []incident.Incident }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Incidents) != 50 {
		t.Errorf("%d kept of 50 (%v)", len(got.Incidents), err)
	}
}
