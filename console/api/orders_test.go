package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/signed"
)

var author = store.Account{ID: "0193559a-0000-7000-8000-00000000000a", Name: "li.na"}

func (f *fixture) publish(t testing.TB, after int64) string {
	t.Helper()
	text := string(rules.DefaultPolicySource()) + strings.Repeat("#\n", int(after)+1)
	if _, err := f.store.Publish(t.Context(), author, text, "because", after, time.Now()); err != nil {
		t.Fatal(err)
	}
	f.api.Notify()
	return text
}

// orders asks as a machine that has the orders of a tag.
func (f *fixture) orders(ctx context.Context, as *x509.Certificate, tag string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, "GET", orders.Path, nil)
	r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{as}}
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// soon asks in the background, and returns once the request waits.
func (f *fixture) soon(t *testing.T, as *x509.Certificate, machine, tag string) <-chan *httptest.ResponseRecorder {
	t.Helper()
	answer := make(chan *httptest.ResponseRecorder, 1)
	before := f.waiting(machine)
	go func() { answer <- f.orders(t.Context(), as, tag) }()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if f.waiting(machine) > before {
			return answer
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the request does not wait")
	return nil
}

func (f *fixture) waiting(machine string) int {
	f.api.waits.mu.Lock()
	defer f.api.waits.mu.Unlock()
	return f.api.waits.machines[machine]
}

func within(t *testing.T, answer <-chan *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	t.Helper()
	select {
	case w := <-answer:
		return w
	case <-time.After(time.Minute):
		t.Fatal("no answer")
		return nil
	}
}

func parsed(t *testing.T, w *httptest.ResponseRecorder) orders.Orders {
	t.Helper()
	o, err := orders.Parse(w.Body.Bytes())
	if err != nil || w.Code != 200 || w.Header().Get("ETag") == "" {
		t.Fatalf("%d %v: %s", w.Code, err, w.Body)
	}
	return o
}

func TestOrdersAreToldWhenTheyChange(t *testing.T) {
	f := serve(t)
	var grants atomic.Pointer[[]signed.Envelope]
	grants.Store(new([]signed.Envelope))
	f.api.Grants = func(_ context.Context, machine string) ([]signed.Envelope, error) {
		if machine != machineID {
			t.Errorf("the grants of %s", machine)
		}
		return *grants.Load(), nil
	}
	w := f.orders(t.Context(), f.agent, "")
	if o := parsed(t, w); o.Policy != nil || len(o.Grants) != 0 || string(o.Secret) != string(f.api.Signer.Secret(machineID)) {
		t.Fatalf("before anything was published: %+v", o)
	}
	answer := f.soon(t, f.agent, machineID, w.Header().Get("ETag"))
	f.api.Notify() // of something that is another machine's
	select {
	case w := <-answer:
		t.Fatalf("told although nothing is new: %d", w.Code)
	case <-time.After(100 * time.Millisecond):
	}
	text := f.publish(t, 0)
	w = within(t, answer)
	o := parsed(t, w)
	p, err := orders.OpenPolicy(*o.Policy, f.api.Signer.Public())
	if err != nil || p.Text != text || p.Serial != 1 || p.Author != "li.na" {
		t.Fatalf("%+v %v", p, err)
	}
	answer = f.soon(t, f.agent, machineID, w.Header().Get("ETag"))
	grants.Store(&[]signed.Envelope{signed.Sign(f.api.Signer.Key(), "grant", []byte("{}"))})
	f.api.Notify()
	if o := parsed(t, within(t, answer)); len(o.Grants) != 1 {
		t.Errorf("grants %+v", o.Grants)
	}
	// A tag of long ago, or made up, is answered at once.
	if o := parsed(t, f.orders(t.Context(), f.agent, `"made up"`)); o.Policy == nil {
		t.Error("no policy")
	}
}

// TestRevokedWhileWaiting: who lost its voice hears nothing more either.
func TestRevokedWhileWaiting(t *testing.T) {
	f := serve(t)
	answer := f.soon(t, f.agent, machineID, f.orders(t.Context(), f.agent, "").Header().Get("ETag"))
	if err := f.store.RevokeMachine(t.Context(), author, machineID, time.Now()); err != nil {
		t.Fatal(err)
	}
	f.publish(t, 0)
	if w := within(t, answer); w.Code != 403 || codeOf(t, w) != enrol.Revoked {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWhoIsToldNoOrders(t *testing.T) {
	f := serve(t)
	if w := f.ask("GET", orders.Path, f.read, "", nil); w.Code != 401 {
		t.Errorf("a token: %d", w.Code)
	}
	if w := f.ask("GET", orders.Path, "", "", nil); w.Code != 401 {
		t.Errorf("nobody: %d", w.Code)
	}
	other := newID(t)
	mine, theirs := parsed(t, f.orders(t.Context(), f.agent, "")), parsed(t, f.orders(t.Context(), f.enrolled(t, other), ""))
	if string(mine.Secret) == string(theirs.Secret) {
		t.Error("two machines share a secret")
	}
}

// TestOneMachineCannotTakeAllPlaces: requests beyond a few are sent away, and
// those broken off make room.
func TestOneMachineCannotTakeAllPlaces(t *testing.T) {
	f := serve(t)
	tag := f.orders(t.Context(), f.agent, "").Header().Get("ETag")
	ctx, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range maxWaits {
		all.Go(func() { f.orders(ctx, f.agent, tag) })
	}
	for f.waiting(machineID) < maxWaits {
		time.Sleep(time.Millisecond)
	}
	if w := f.orders(t.Context(), f.agent, tag); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many: %d", w.Code)
	}
	leave()
	all.Wait()
	if w := f.orders(t.Context(), f.agent, ""); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
	if len(f.api.waits.machines) != 0 {
		t.Errorf("left behind: %v", f.api.waits.machines)
	}
}

func TestOrdersEndWithTheConsole(t *testing.T) {
	f := serve(t)
	tag := f.orders(t.Context(), f.agent, "").Header().Get("ETag")
	answer := f.soon(t, f.agent, machineID, tag)
	f.api.Close()
	if w := within(t, answer); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("while waiting: %d", w.Code)
	}
	if w := f.orders(t.Context(), f.agent, ""); w.Code != 503 {
		t.Errorf("afterwards: %d", w.Code)
	}
}

func TestGrantsThatCannotBeReadAreNotNone(t *testing.T) {
	f := serve(t)
	f.api.Grants = func(context.Context, string) ([]signed.Envelope, error) { return nil, errors.New("the disk is gone") }
	if w := f.orders(t.Context(), f.agent, ""); w.Code != 500 || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.api.Grants = func(context.Context, string) ([]signed.Envelope, error) {
		return make([]signed.Envelope, orders.MaxGrants+1), nil
	}
	if w := f.orders(t.Context(), f.agent, ""); w.Code != 500 {
		t.Errorf("too many: %d", w.Code)
	}
}

// TestAFleetIsTold: ten thousand machines that wait are all told.
func TestAFleetIsTold(t *testing.T) {
	f := serve(t)
	const fleet = 10_000
	secretOnly := func(machine string) string { return tagOf(orders.Orders{Secret: f.api.Signer.Secret(machine)}) }
	var all sync.WaitGroup
	codes := make([]int, fleet)
	for n := range fleet {
		id := "machine-" + strconv.Itoa(n)
		all.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), "GET", orders.Path, nil)
			r.Header.Set("If-None-Match", secretOnly(id))
			w := httptest.NewRecorder()
			f.api.await(w, r, speaker{id: id}, func() error { return nil })
			codes[n] = w.Code
		})
	}
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		f.api.waits.mu.Lock()
		n := len(f.api.waits.machines)
		f.api.waits.mu.Unlock()
		if n == fleet {
			break
		}
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("%d of %d wait", n, fleet)
		}
	}
	begin := time.Now()
	f.publish(t, 0)
	all.Wait()
	t.Logf("%d machines told within %v", fleet, time.Since(begin).Round(time.Millisecond))
	for n, code := range codes {
		if code != 200 {
			t.Fatalf("machine %d was answered %d", n, code)
		}
	}
}
