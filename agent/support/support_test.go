package support

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/doctor"
	"github.com/trustline/trustline/rules/synthetic"
)

// unpack answers all that a bundle holds.
func unpack(t *testing.T, bundle []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(text)
	}
	return parts
}

// secrets are everything about a person that must not be in a bundle.
func secrets(p synthetic.Person) []string {
	return []string{p.Name, p.Mobile, p.Landline, p.ResidentID, p.BankCard, p.Email, p.Address}
}

// People are put everywhere the service could come across them; none is in
// the bundle.
func TestNobodyIsInABundle(t *testing.T) {
	people := synthetic.New(99).People(200)
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	f := Facts{Version: "1.2.3", Time: time.Now().UTC(), Status: &control.Status{Version: "1.2.3", Mode: "enforce"}, Doctor: &doctor.Report{}}
	for _, p := range people {
		path := "/media/" + p.Name + "/" + p.Name + " " + p.Mobile + ".csv"
		for _, s := range secrets(p) {
			logger.Error("medium is not guarded", "mount", "/media/"+s, "error", fmt.Errorf("open %s: %w", path, errors.New(s)))
			logger.Info("policy in force", "policy", s, "version", s+" 1+0fae1c7f")
			logger.Info("network", "trust", "public", "reason", s, "ssid", s)
			logger.Warn("folder is not watched", "folder", s+"/"+s, "error", errors.New(`"`+s+`": no such file`), s, s)
			fmt.Fprintf(&log, "panic: %s\n\t%s\n", s, path)
			f.Data = append(f.Data, File{Name: "spool/" + s})
		}
		f.Status.Guards = append(f.Status.Guards, control.Guard{MountPoint: path, Name: p.Name, Device: p.Mobile, State: control.GuardActive})
		f.Status.Warnings = append(f.Status.Warnings, control.Warning{Code: "guard-lost", About: path})
		f.Doctor.Checks = append(f.Doctor.Checks, doctor.Result{ID: "fuse", State: doctor.Fail, Detail: path, Remedy: p.Email})
	}
	p := people[0]
	f.Status.Policy.Version = p.Email + "+0fae1c7f"
	f.Status.Machine.Name, f.Status.Policy.Name, f.Status.Policy.Broken = p.Name, p.Name, "line 12: \""+p.Name+"\" "+p.Mobile
	f.Status.Console = control.Console{URL: "https://" + p.Email, LastError: "dial " + p.Email + " " + p.BankCard}
	f.Log = &log
	var out bytes.Buffer
	if err := Write(&out, f); err != nil {
		t.Fatal(err)
	}
	for name, text := range unpack(t, out.Bytes()) {
		for _, p := range people {
			for _, s := range secrets(p) {
				if strings.Contains(text, s) {
					t.Fatalf("%s holds something of a person", name)
				}
			}
		}
	}
}

// What support needs is there.
func TestBundleTellsWhatIsWrong(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Error("cannot close internal systems off as the policy asks", "action", "isolate", "error", errors.New("open /var/lib/trustline/spool: permission denied"))
	logger.Info(strings.Repeat("long ", 3000))
	logger.Info("service started", "version", "1.2.3", "policy", "1+0fae1c7f")
	logger.Info("policy in force", "version", "our policy 7+0fae1c70")
	var out bytes.Buffer
	err := Write(&out, Facts{
		Version: "1.2.3", Time: time.Now().UTC(), Log: &log, System: System{OS: "linux", Kernel: "6.18"},
		Doctor:      &doctor.Report{Checks: []doctor.Result{{ID: "fuse", State: doctor.Fail}}},
		Unreachable: errors.New("dial /run/trustline/control.sock: connection refused"),
		Data:        []File{{Name: "spool", Bytes: 12}},
	})
	if err != nil {
		t.Fatal(err)
	}
	parts := unpack(t, out.Bytes())
	for name, want := range map[string][]string{
		"about.json":  {"1.2.3", "6.18"},
		"doctor.json": {`"id": "fuse"`, `"state": "fail"`},
		"status.json": {"dial /run/trustline/control.sock: connection refused"},
		"files.json":  {`"spool"`, "12"},
		"log.txt":     {"cannot close internal systems off as the policy asks", "action=isolate", "/var/lib/trustline/spool: permission denied", "service started", "version=1.2.3 policy=1+0fae1c7f", "version=…+0fae1c70"},
		"README.txt":  {"support"},
	} {
		for _, w := range want {
			if !strings.Contains(parts[name], w) {
				t.Errorf("%s has no %q:\n%s", name, w, parts[name])
			}
		}
	}
}

func FuzzHarmless(f *testing.F) {
	f.Add("time=2026-01-02T03:04:05Z level=INFO msg=\"medium taken over\" mount=\"/media/a b\" state=guarding")
	f.Add("Jan 02 host trustline[1]: time=x level=y msg=z error=\"open /a\\\"b: no\"")
	f.Fuzz(func(t *testing.T, line string) {
		if out := harmless(line); strings.ContainsFunc(out, func(r rune) bool { return r > '~' && r != '…' && r != '\uFFFD' }) && !strings.Contains(out, "time=") {
			t.Errorf("kept: %q", out)
		}
	})
}
