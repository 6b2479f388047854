package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/orders"
	"github.com/trustline/trustline/signed"
)

// shelf holds one list.
type shelf struct{ path string }

var listSum = strings.Repeat("ab", 32)

func (s shelf) Orders(context.Context) ([]signed.Envelope, error) {
	return []signed.Envelope{{Key: "k", Signature: []byte("s")}}, nil
}

func (s shelf) Open(sum string) (*os.File, error) {
	if sum != listSum {
		return nil, store.ErrNotFound
	}
	return os.Open(s.path)
}

func (f *fixture) list(as *x509.Certificate, sum, part string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", orders.ListPath+sum, nil)
	r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13}
	if as != nil {
		r.TLS.PeerCertificates = []*x509.Certificate{as}
	}
	r.Header.Set("Range", part)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func TestListsGoToMachinesAlone(t *testing.T) {
	f := serve(t)
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := f.list(f.agent, listSum, ""); w.Code != 404 {
		t.Errorf("from a console without lists: %d", w.Code)
	}
	f.api.Lists = shelf{path}
	if o := parsed(t, f.orders(t.Context(), f.agent, "")); len(o.Lists) != 1 {
		t.Errorf("told of %d lists", len(o.Lists))
	}
	if w := f.list(f.agent, listSum, ""); w.Code != 200 || w.Body.String() != "0123456789" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.list(f.agent, listSum, "bytes=7-"); w.Code != 206 || w.Body.String() != "789" {
		t.Errorf("the rest: %d %s", w.Code, w.Body)
	}
	for what, code := range map[string]int{strings.Repeat("cd", 32): 404, "x": 404, "..%2fconsole.db": 404} {
		if w := f.list(f.agent, what, ""); w.Code != code {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	if w := f.list(nil, listSum, ""); w.Code != 401 || strings.Contains(w.Body.String(), "0123") {
		t.Errorf("without a certificate: %d %s", w.Code, w.Body)
	}
	if w := f.ask("GET", orders.ListPath+listSum, f.read, "", nil); w.Code != 401 {
		t.Errorf("with a token for scripts: %d", w.Code)
	}
	if !f.api.sending.TryAcquire(maxSending) {
		t.Fatal("somebody is still being sent to")
	}
	if w := f.list(f.agent, listSum, ""); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("one more than fit: %d", w.Code)
	}
}
