package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// surroundings are a service in which everything is named after people: files,
// folders, the policy, its rules and texts, a stick, the console, the log.
type surroundings struct {
	*office
	people  []synthetic.Person
	cloud   string
	archive string
	policy  string
}

const namedPolicy = `version: "%[1]s 1"
classes: [{id: list, name: {zh: "%[1]s %[2]s"}, any: [{records: {at-least: 20}}]}]
rules:
  - id: not-in-the-cloud
    title: {en: "Ask %[3]s", zh: "请问%[1]s，电话%[2]s"}
    when: {class: list, channel: sync-folder}
    action: quarantine
  - id: not-on-sticks
    title: {en: "Ask %[3]s", zh: "请问%[1]s"}
    when: {class: list, channel: removable-media}
    action: block
  - id: not-in-folders
    when: {class: list, channel: at-rest}
    action: report
`

// surround starts a console and a service and puts people everywhere.
func surround(t *testing.T) *surroundings {
	t.Helper()
	s := &surroundings{office: startOffice(t), people: synthetic.New(77).People(40)}
	stop(t, s.service)
	p := s.people
	s.cloud, s.archive, s.policy = s.folder(p[0], "cloud"), s.folder(p[1], "archive"), filepath.Join(s.folder(p[2], ""), p[2].Name+".yaml")
	s.stick, s.image = s.folder(p[3], "stick"), filepath.Join(s.dir, "stick.img")
	sh(t, "truncate -s 32M '"+s.image+"' && mkfs.ext4 -qF -L "+p[3].Mobile+" '"+s.image+"' && mount -o loop '"+s.image+"' '"+s.stick+"' && chmod 777 '"+s.stick+"'")
	t.Cleanup(func() {
		for range 3 {
			_ = exec.Command("umount", "-l", s.stick).Run()
		}
	})
	config := filepath.Join(s.dir, "agent.yaml")
	text, err := os.ReadFile(config)
	before, _, _ := bytes.Cut(text, []byte("discovery:"))
	_, console, _ := bytes.Cut(text, []byte("console:"))
	said := fmt.Sprintf("%sdiscovery: {folders: ['%s']}\nwatch: ['%s']\nremovable: ['%s']\npolicy: '%s'\nconsole:%s", before, s.archive, s.cloud, s.stick, s.policy, console)
	if err := errors.Join(err, os.WriteFile(config, []byte(said), 0o600), os.WriteFile(s.policy, fmt.Appendf(nil, namedPolicy, p[2].Name, p[2].Mobile, p[2].Email), 0o600)); err != nil {
		t.Fatal(err)
	}
	s.list(s.archive, p[4])
	s.serve()
	return s
}

// folder makes one named after a person.
func (s *surroundings) folder(p synthetic.Person, what string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, p.Name+" "+p.Mobile, p.Email, what)
	if err := os.MkdirAll(path, 0o755); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// list writes a customer list that is named after one of them.
func (s *surroundings) list(folder string, p synthetic.Person) error {
	s.t.Helper()
	var list bytes.Buffer
	if err := synthetic.CSV(&list, s.people, "zh"); err != nil {
		s.t.Fatal(err)
	}
	return os.WriteFile(filepath.Join(folder, p.Name+" "+p.ResidentID+" "+p.BankCard+".csv"), list.Bytes(), 0o644)
}

func stop(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

func sh(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("sh", "-ec", line).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// bundle has the program pack one, and answers all that is in it, archives in it
// included.
func (s *surroundings) bundle(name string) map[string][]byte {
	s.t.Helper()
	// As on Windows, where the service writes its log to a file of its own. What a
	// Go program says when it dies is no line of a log.
	log, err := os.ReadFile(filepath.Join(s.dir, "agent.log"))
	for _, p := range s.people {
		log = fmt.Appendf(log, "panic: open %s/%s.csv: %s\n\t%s %s\n", s.cloud, p.Name, p.Email, p.Address, p.BankCard)
		log = fmt.Appendf(log, "time=2026-01-02T03:04:05Z level=ERROR msg=%q error=%q mount=%q\n", "medium is not guarded", "open /media/"+p.Name+": "+p.Mobile, "/media/"+p.Name)
	}
	path := filepath.Join(s.dir, name)
	if err := errors.Join(err, os.WriteFile(filepath.Join(s.dir, "state", "trustline.log"), log, 0o600)); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(programs, "trustline"), "support-bundle", "--config", filepath.Join(s.dir, "agent.yaml"), "--out", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	parts := map[string][]byte{}
	unpack(s.t, name, raw, parts)
	return parts
}

// unpack adds all that is in an archive, and in archives in it.
func unpack(t *testing.T, name string, raw []byte, parts map[string][]byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		parts[name] = raw
		return
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[name+"/"+f.Name+" (name)"] = []byte(f.Name + f.Comment + string(f.Extra))
		unpack(t, name+"/"+f.Name, text, parts)
	}
	parts[name+" (comment)"] = []byte(z.Comment)
}

// forbidden is all that tells of a person, or opens what is sealed: as it is, as
// it is masked at the console, and every name somebody chose.
func (s *surroundings) forbidden(incidents []incident.Incident) (all []string) {
	s.t.Helper()
	for _, p := range s.people {
		mailbox, _, _ := strings.Cut(p.Email, "@")
		all = append(all, p.Name, p.Mobile, p.Landline, p.ResidentID, p.BankCard, p.Email, mailbox, p.Address,
			p.Mobile[:3]+"****"+p.Mobile[7:], p.ResidentID[:6]+"********", p.Mobile[7:]+".csv")
	}
	masked := 0
	for _, i := range incidents {
		all = append(all, i.File.Name, i.File.SHA256, i.Destination.Path, i.Destination.Serial, i.Destination.Label)
		for _, m := range i.Content.Matches {
			all = append(all, m.Masked)
			masked++
		}
	}
	if masked == 0 {
		s.t.Error("the console has nothing masked")
	}
	keys, err := filepath.Glob(filepath.Join(s.dir, "state", "*.key"))
	if err != nil || len(keys) < 3 {
		s.t.Fatalf("the service has %d keys, %v", len(keys), err)
	}
	for _, path := range append(keys, filepath.Join(s.dir, "state", "identity.json")) {
		key, err := os.ReadFile(path)
		if err != nil {
			s.t.Fatal(err)
		}
		key = bytes.TrimSpace(key)
		all = append(all, string(key), hex.EncodeToString(key), base64.StdEncoding.EncodeToString(key))
	}
	return append(all, s.dir, strings.TrimPrefix(s.url, "https://"))
}

// harmless: none of what is forbidden is in a bundle, nor anything else in another
// script than the product's own words.
func harmless(t *testing.T, parts map[string][]byte, forbidden []string) {
	t.Helper()
	for name, text := range parts {
		for n, f := range forbidden {
			if len(f) > 2 && bytes.Contains(text, []byte(f)) {
				t.Errorf("%s holds number %d of what must not be in it", name, n)
			}
		}
		if i := bytes.IndexFunc(bytes.ReplaceAll(text, []byte("…"), nil), func(r rune) bool { return r > '~' }); i >= 0 && !strings.HasSuffix(name, "(name)") {
			t.Errorf("%s holds something in another script at %d", name, i)
		}
	}
}

// With people in everything that a service comes across, a bundle of it holds
// none of them, while it runs, while the console is away and when it was killed.
func TestNobodyIsInASupportBundle(t *testing.T) {
	s := surround(t)
	p := s.people
	s.until("the stick is guarded", func() bool {
		mounts, _ := os.ReadFile("/proc/self/mounts")
		return bytes.Contains(mounts, []byte("fuse.trustline")) && strings.Contains(s.status(), "protected since")
	})
	if err := s.list(s.stick, p[5]); err == nil {
		t.Error("a list was copied to the stick")
	}
	tries := 0
	s.until("the list in the cloud is taken back", func() bool {
		if tries++; tries%50 == 1 { // the watch may begin after it
			_ = s.list(s.cloud, p[6])
		}
		left, err := filepath.Glob(filepath.Join(s.cloud, "*.csv"))
		return err == nil && len(left) == 0
	})
	for _, channel := range []string{"removable-media", "sync-folder", "at-rest"} {
		s.awaitIncident("something on "+channel, func(i incident.Incident) bool { return i.Channel == channel })
	}
	incidents, _ := s.incidents()
	forbidden := s.forbidden(incidents)
	harmless(t, s.bundle("running.zip"), forbidden)

	// The console is away, the next policy is broken, incidents wait.
	if err := os.WriteFile(s.policy, fmt.Appendf(nil, "version: \"2\"\nclasses: [{id: \"%s\", any: [{\"%s\": %s}]}]\n", p[7].Name, p[7].Email, p[7].ResidentID), 0o600); err != nil {
		t.Fatal(err)
	}
	s.until("the policy is broken", func() bool { return strings.Contains(s.status(), "policy") && strings.Contains(s.agentLog(), "policy") })
	s.killConsole()
	if err := s.list(s.stick, p[8]); err == nil {
		t.Error("a list was copied to the stick")
	}
	s.until("an incident waits", func() bool {
		waiting, _ := filepath.Glob(filepath.Join(s.dir, "state", "spool", "[0-9]-*"))
		return len(waiting) > 0
	})
	parts := s.bundle("away.zip")
	harmless(t, parts, forbidden)
	for part, tells := range map[string]string{"files.json": "spool/", "status.json": "\"depth\"", "log.txt": "service started", "doctor.json": "spool"} {
		if !bytes.Contains(parts["away.zip/"+part], []byte(tells)) {
			t.Errorf("%s does not tell %q: %s", part, tells, parts["away.zip/"+part])
		}
	}

	if err := s.service.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.service.Wait()
	harmless(t, s.bundle("killed.zip"), forbidden)
}

func (s *surroundings) agentLog() string {
	log, _ := os.ReadFile(filepath.Join(s.dir, "agent.log"))
	return string(log)
}

func (s *surroundings) killConsole() {
	s.t.Helper()
	console := s.process("trustline-console", filepath.Join(s.dir, "console.ready"))
	p, err := os.FindProcess(console)
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
