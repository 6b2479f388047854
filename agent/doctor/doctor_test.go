package doctor

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/enrol"
	"github.com/trustline/trustline/uploader"
	"github.com/trustline/trustline/uploader/incident"
)

// examine runs all checks and answers them by id.
func examine(t *testing.T, s Setup) map[string]Result {
	t.Helper()
	report, err := Examine(t.Context(), s, "en")
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]Result{}
	for _, r := range report.Checks {
		byID[r.ID] = r
		if r.Title == "" || strings.Contains(r.Detail+r.Title+r.Remedy, "<no value>") || !strings.Contains(r.Detail, " ") {
			t.Errorf("a text is missing: %+v", r)
		}
		if wants := r.State == Warn || r.State == Fail; wants != (r.Remedy != "") {
			t.Errorf("%s is %s with the remedy %q", r.ID, r.State, r.Remedy)
		}
	}
	return byID
}

func setup(t *testing.T) Setup {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return Setup{State: dir, Socket: filepath.Join(t.TempDir(), "none.sock")}
}

// trialConsole is a console that takes one certificate and shows the time it
// is told.
func trialConsole(t *testing.T, ahead time.Duration) (*httptest.Server, *uploader.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		switch {
		case r.URL.Path != incident.IngestPath:
			w.WriteHeader(http.StatusNotFound)
		case len(r.TLS.PeerCertificates) != 1 || r.TLS.PeerCertificates[0].Subject.CommonName != "good":
			w.WriteHeader(http.StatusForbidden)
			code := enrol.Revoked
			if len(r.TLS.PeerCertificates) == 0 {
				code = enrol.NoCertificate
			}
			json.NewEncoder(w).Encode(enrol.Refusal{Code: code})
		default:
			w.Write([]byte("{}"))
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	sum := sha256.Sum256(s.Certificate().RawSubjectPublicKeyInfo)
	return s, &uploader.Config{URL: s.URL, Pin: "sha256//" + base64.StdEncoding.EncodeToString(sum[:]), Certificate: shows(t, "good")}
}

// shows answers a certificate of this name, as uploader.Config.Certificate does.
func shows(t *testing.T, name string) func() (*tls.Certificate, error) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return func() (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
	}
}

func TestConsoleAndClock(t *testing.T) {
	server, good := trialConsole(t, 0)
	_, early := trialConsole(t, -time.Hour)
	_, late := trialConsole(t, 10*24*time.Hour)
	with := func(change func(*uploader.Config)) *uploader.Config {
		c := *good
		change(&c)
		return &c
	}
	for _, c := range []struct {
		what    string
		console *uploader.Config
		state   State
		says    string
		clock   State
	}{
		{"as it should be", good, OK, "answers and knows", OK},
		{"none", nil, Warn, "none set up", OK},
		{"clock behind it", late, OK, "answers", Warn},
		{"clock ahead of it", early, OK, "answers", Warn},
		{"wrong pin", with(func(c *uploader.Config) { c.Pin = "sha256//" + base64.StdEncoding.EncodeToString(make([]byte, 32)) }), Fail, "another certificate", OK},
		{"no pin, unknown authority", with(func(c *uploader.Config) { c.Pin = "" }), Fail, "no authority", OK},
		{"pin that is none", with(func(c *uploader.Config) { c.Pin = "x" }), Fail, "console.pin", OK},
		{"revoked", with(func(c *uploader.Config) { c.Certificate = shows(t, "bad") }), Fail, "machine release", OK},
		{"not enrolled", with(func(c *uploader.Config) {
			c.Certificate = func() (*tls.Certificate, error) { return &tls.Certificate{}, nil }
		}), Fail, "not enrolled there yet", OK},
		{"damaged", with(func(c *uploader.Config) {
			c.Certificate = func() (*tls.Certificate, error) { return nil, errors.New("damaged") }
		}), Fail, "cannot be read: damaged", OK},
		{"wrong path", with(func(c *uploader.Config) { c.URL = server.URL + "/elsewhere" }), Fail, "404", OK},
		{"nobody there", with(func(c *uploader.Config) { c.URL = "https://127.0.0.1:1" }), Fail, "nothing listens", OK},
		{"unknown name", with(func(c *uploader.Config) { c.URL = "https://console.invalid" }), Fail, "console.invalid", OK},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := setup(t)
			s.Console = c.console
			byID := examine(t, s)
			if r := byID["console"]; r.State != c.state || !strings.Contains(r.Detail+r.Remedy, c.says) || strings.Contains(r.Detail, "good") {
				t.Errorf("console: %+v", r)
			}
			if r := byID["clock"]; r.State != c.clock {
				t.Errorf("clock: %+v", r)
			}
		})
	}
}

func TestStateFolder(t *testing.T) {
	s := setup(t)
	if r := examine(t, s)["state"]; r.State != OK || !strings.Contains(r.Detail, "iB free") {
		t.Errorf("%+v", r)
	}
	if left, _ := os.ReadDir(s.State); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if err := os.Chmod(s.State, 0o755); err != nil {
		t.Fatal(err)
	}
	if r := examine(t, s)["state"]; r.State != Fail || r.Remedy != "sudo chmod 700 "+s.State {
		t.Errorf("open to others: %+v", r)
	}
	s.State = filepath.Join(s.State, "not", "yet")
	if r := examine(t, s)["state"]; r.State != Warn || !strings.Contains(r.Detail, "not exist yet") {
		t.Errorf("missing: %+v", r)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.State = file
	if r := examine(t, s)["state"]; r.State != Fail || !strings.Contains(r.Detail, "not a folder") {
		t.Errorf("file: %+v", r)
	}
}

func TestSpool(t *testing.T) {
	s := setup(t)
	if r := examine(t, s)["spool"]; r.State != OK {
		t.Errorf("none: %+v", r)
	}
	folder := filepath.Join(s.State, SpoolFolder)
	for _, d := range []string{"damaged", "refused"} {
		if err := os.MkdirAll(filepath.Join(folder, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if r := examine(t, s)["spool"]; r.State != OK {
		t.Errorf("empty: %+v", r)
	}
	// A record of two hours ago (UUIDv7 carries its time).
	old, err := incident.New(incident.Agent, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ms := time.Now().Add(-2 * time.Hour).UnixMilli()
	id := strings.Join([]string{hex12(ms)[:8], hex12(ms)[8:], old.ID[14:]}, "-")
	if err := os.WriteFile(filepath.Join(folder, "2-"+id), []byte("sealed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := examine(t, s)["spool"]; r.State != OK || !strings.Contains(r.Detail, "1 waiting") {
		t.Errorf("waiting, without a console: %+v", r)
	}
	_, s.Console = trialConsole(t, 0)
	if r := examine(t, s)["spool"]; r.State != Warn || !strings.Contains(r.Detail, "oldest since") {
		t.Errorf("stuck: %+v", r)
	}
	for _, aside := range []string{"refused", "damaged"} {
		if err := os.WriteFile(filepath.Join(folder, aside, "2-"+id), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := examine(t, s)["spool"]; r.State != Warn || !strings.Contains(r.Detail, folder+"/"+aside) {
			t.Errorf("%s: %+v", aside, r)
		}
	}
}

func hex12(n int64) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 12)
	for i := range b {
		b[11-i] = digits[n>>(4*i)&15]
	}
	return string(b)
}

func TestPolicy(t *testing.T) {
	s := setup(t)
	if r := examine(t, s)["policy"]; r.State != OK || !strings.Contains(r.Detail, "built-in") {
		t.Errorf("built-in: %+v", r)
	}
	s.Policy = filepath.Join(t.TempDir(), "policy.yaml")
	if r := examine(t, s)["policy"]; r.State != Fail || !strings.Contains(r.Detail, s.Policy) {
		t.Errorf("missing: %+v", r)
	}
	if err := os.WriteFile(s.Policy, []byte("version: 1\nrules: []\nclases: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := examine(t, s)["policy"]; r.State != Fail || !strings.Contains(r.Detail, "policy.yaml:") {
		t.Errorf("broken: %+v", r)
	}
}

// TestEveryAnswerHasItsTexts reads the answers out of the source: each is said
// in words, with a remedy where something is missing.
func TestEveryAnswerHasItsTexts(t *testing.T) {
	texts, err := os.ReadFile("messages/en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	answers := regexp.MustCompile(`\b(warn|fail|found\((?:OK|Warn), ?)\(?"([a-z-]+)"`)
	seen := 0
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") || name == "doctor.go" {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		check := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, ".go"), "_linux"), "_windows")
		if check == "fileevents" {
			check = "file-events"
		}
		for _, m := range answers.FindAllSubmatch(source, -1) {
			seen++
			for _, suffix := range []string{"", ".remedy"} {
				if suffix != "" && bytes.HasPrefix(m[1], []byte("found(OK")) {
					continue
				}
				want := check + "." + string(m[2]) + suffix + ":"
				if !bytes.Contains(texts, []byte("\n"+want)) {
					t.Errorf("%s: no text %s", name, want)
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d answers found in the source", seen)
	}
}

// What is missing comes with the command that mends it, in every language, unless
// no command does.
func TestRemediesNameACommand(t *testing.T) {
	command := regexp.MustCompile(`\b(sudo|trustline(-console)?|winget|sc|docker|journalctl|resolvectl|timedatectl) [a-z-]`)
	none := map[string]string{
		"system.offline":      "somebody plugs it in",
		"system.unknown":      "for support",
		"mounts.no-effect":    "for support",
		"drives.refused":      "for support",
		"console.unreachable": "a network, or somebody's firewall",
		"others.found":        "the other product's own settings",
	}
	texts := regexp.MustCompile(`(?m)^([a-z-]+\.[a-z-]+)\.remedy: (.*)$`)
	for _, language := range []string{"en", "zh"} {
		raw, err := os.ReadFile("messages/" + language + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		all := texts.FindAllSubmatch(raw, -1)
		if len(all) < 60 {
			t.Errorf("%s has %d remedies", language, len(all))
		}
		for _, m := range all {
			if id := string(m[1]); command.Match(m[2]) == (none[id] != "") {
				t.Errorf("%s, %s: a command, or a reason for none: %s", language, id, m[2])
			}
		}
	}
}

func TestExaminationEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Examine(ctx, setup(t), "en"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestOtherGuards runs a program under a rival's name.
func TestOtherGuards(t *testing.T) {
	if r := examine(t, setup(t))["others"]; r.State != OK {
		t.Skipf("SKIPPED: this machine runs a rival: %s", r.Detail)
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "usbguard-daemon")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if r := examine(t, setup(t))["others"]; r.State != Warn || !strings.Contains(r.Detail, "USBGuard") {
		t.Errorf("%+v", r)
	}
}
