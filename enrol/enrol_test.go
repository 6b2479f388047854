package enrol

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"
)

const machine, other = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee", "0190aaaa-bbbb-7ccc-8ddd-ffffffffffff"

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func csrOf(t testing.TB, key crypto.Signer, id string) []byte {
	t.Helper()
	csr, err := NewCSR(key, id)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestRequestsAreReadStrictly(t *testing.T) {
	key := newKey(t, elliptic.P256())
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	forged := csrOf(t, key, machine)
	forged[len(forged)-1] ^= 1
	facts := Facts{ID: machine, Name: "王芳的电脑", OS: "linux", Version: "1"}
	ask := func(change func(*Request)) []byte {
		r := Request{Token: "tl_enrol_x", CSR: csrOf(t, key, machine), Machine: facts}
		change(&r)
		return encoded(t, r)
	}
	good := ask(func(*Request) {})
	for name, c := range map[string]struct {
		body []byte
		ok   bool
	}{
		"good":               {good, true},
		"Ed25519":            {ask(func(r *Request) { r.CSR = csrOf(t, edwards, machine) }), true},
		"RSA":                {ask(func(r *Request) { r.CSR = csrOf(t, old, machine) }), false},
		"another curve":      {ask(func(r *Request) { r.CSR = csrOf(t, newKey(t, elliptic.P384()), machine) }), false},
		"forged signature":   {ask(func(r *Request) { r.CSR = forged }), false},
		"another machine's":  {ask(func(r *Request) { r.CSR = csrOf(t, key, other) }), false},
		"no request":         {ask(func(r *Request) { r.CSR = nil }), false},
		"garbage":            {ask(func(r *Request) { r.CSR = []byte("garbage") }), false},
		"oversized request":  {ask(func(r *Request) { r.CSR = make([]byte, maxCSR+1) }), false},
		"no token":           {ask(func(r *Request) { r.Token = "" }), false},
		"oversized token":    {ask(func(r *Request) { r.Token = strings.Repeat("x", maxToken+1) }), false},
		"no name":            {ask(func(r *Request) { r.Machine.Name = "" }), false},
		"a name of lines":    {ask(func(r *Request) { r.Machine.Name = "a\nb" }), false},
		"an id in capitals":  {ask(func(r *Request) { r.Machine.ID = strings.ToUpper(machine) }), false},
		"an id in braces":    {ask(func(r *Request) { r.Machine.ID = "{" + machine + "}" }), false},
		"the empty id":       {ask(func(r *Request) { r.Machine.ID = "00000000-0000-0000-0000-000000000000" }), false},
		"a path for an id":   {ask(func(r *Request) { r.Machine.ID = "../../etc" }), false},
		"a field more":       {append([]byte(`{"admin":true,`), good[1:]...), false},
		"something after it": {append(good[:len(good):len(good)], " {}"...), false},
		"not JSON":           {[]byte("token"), false},
		"nothing":            {nil, false},
		"too long":           {make([]byte, MaxRequest+1), false},
	} {
		t.Run(name, func(t *testing.T) {
			r, csr, err := ParseRequest(c.body)
			if (err == nil) != c.ok {
				t.Fatalf("got %v", err)
			}
			if c.ok && (r.Machine != facts || csr == nil) {
				t.Errorf("read %+v", r)
			}
			if err != nil && (strings.Contains(err.Error(), "王芳") || strings.Contains(err.Error(), "tl_enrol")) {
				t.Errorf("the error quotes what was sent: %v", err)
			}
		})
	}
	if _, _, err := ParseRenewal(encoded(t, Renewal{CSR: csrOf(t, key, machine), Version: "1"}), machine); err != nil {
		t.Error(err)
	}
	if _, _, err := ParseRenewal(encoded(t, Renewal{CSR: csrOf(t, key, other), Version: "1"}), machine); err == nil {
		t.Error("renews for another machine")
	}
}

// issued is a certificate as a console would make it, changed as a test likes.
func issued(t testing.TB, key crypto.PublicKey, change func(*x509.Certificate)) Reply {
	t.Helper()
	root := newKey(t, elliptic.P256())
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1e4 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	authority, err := x509.CreateCertificate(rand.Reader, ca, ca, &root.PublicKey, root)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: machine}, URIs: []*url.URL{URI(machine)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	change(leaf)
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key, root)
	if err != nil {
		t.Fatal(err)
	}
	return Reply{Machine: machine, Chain: [][]byte{der}, Authority: authority}
}

func TestRepliesForSomebodyElseAreRefused(t *testing.T) {
	key := newKey(t, elliptic.P256())
	good := issued(t, &key.PublicKey, func(*x509.Certificate) {})
	reply := func(change func(*Reply)) Reply { r := good; change(&r); return r }
	for name, c := range map[string]struct {
		reply Reply
		ok    bool
	}{
		"good":                 {good, true},
		"ran out":              {issued(t, &key.PublicKey, func(l *x509.Certificate) { l.NotAfter = time.Now().Add(-time.Minute) }), true},
		"of a clock ahead":     {issued(t, &key.PublicKey, func(l *x509.Certificate) { l.NotBefore = time.Now().Add(time.Minute) }), true},
		"another machine":      {reply(func(r *Reply) { r.Machine = other }), false},
		"another name in it":   {issued(t, &key.PublicKey, func(l *x509.Certificate) { l.Subject.CommonName = other }), false},
		"no URI":               {issued(t, &key.PublicKey, func(l *x509.Certificate) { l.URIs = nil }), false},
		"two URIs":             {issued(t, &key.PublicKey, func(l *x509.Certificate) { l.URIs = append(l.URIs, URI(other)) }), false},
		"another key":          {issued(t, &newKey(t, elliptic.P256()).PublicKey, func(*x509.Certificate) {}), false},
		"for servers":          {issued(t, &key.PublicKey, func(l *x509.Certificate) { l.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), false},
		"another authority":    {reply(func(r *Reply) { r.Authority = issued(t, &key.PublicKey, func(*x509.Certificate) {}).Authority }), false},
		"no authority":         {reply(func(r *Reply) { r.Authority = nil }), false},
		"no certificate":       {reply(func(r *Reply) { r.Chain = nil }), false},
		"endless chain":        {reply(func(r *Reply) { r.Chain = [][]byte{good.Chain[0], {}, {}, {}, {}} }), false},
		"garbage in the chain": {reply(func(r *Reply) { r.Chain = [][]byte{good.Chain[0], []byte("x")} }), false},
		"a short policy key":   {reply(func(r *Reply) { r.PolicyKeys = [][]byte{{1}} }), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, leaf, err := ParseReply(encoded(t, c.reply), machine, &key.PublicKey, time.Now())
			if (err == nil) != c.ok || c.ok && leaf == nil || !c.ok && !errors.Is(err, ErrReply) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// FuzzParseRequest: what is taken is what an agent makes, and nothing panics.
func FuzzParseRequest(f *testing.F) {
	key := newKey(f, elliptic.P256())
	f.Add(encoded(f, Request{Token: "t", CSR: csrOf(f, key, machine), Machine: Facts{ID: machine, Name: "n", OS: "linux", Version: "1"}}))
	f.Add([]byte(`{"token":"t","csr":"AAAA","machine":{"id":"` + machine + `"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, csr, err := ParseRequest(body)
		if err != nil {
			return
		}
		if csr.CheckSignature() != nil || csr.Subject.CommonName != r.Machine.ID || r.Token == "" || len(body) > MaxRequest {
			t.Errorf("took %q", body)
		}
	})
}

// FuzzParseReply: a machine takes only what is bound to its id and key.
func FuzzParseReply(f *testing.F) {
	key := newKey(f, elliptic.P256())
	f.Add(encoded(f, issued(f, &key.PublicKey, func(*x509.Certificate) {})))
	f.Add([]byte(`{"machine":"` + machine + `","chain":["AAAA"],"authority":"AAAA"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, leaf, err := ParseReply(body, machine, &key.PublicKey, time.Now())
		if err == nil && !leaf.PublicKey.(*ecdsa.PublicKey).Equal(&key.PublicKey) {
			t.Errorf("took %q", body)
		}
	})
}
