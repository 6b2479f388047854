package agent

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

const shareRule = `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: own-server-only
    title: {en: Customer lists lie on the company's own server, zh: 客户名单只存放在公司自己的服务器上}
    when: {class: list, channel: network-share}
    unless: {host: files.example}
    action: quarantine
  - id: tell
    when: {class: list, channel: [network-share, sync-folder]}
    action: report
`

// mountShare mounts a folder as a share for real: sshfs, with the server's
// program at the other end of a pipe instead of a network.
func mountShare(t *testing.T, host string) (near string) {
	t.Helper()
	dir := t.TempDir()
	far, near := filepath.Join(dir, "far"), filepath.Join(dir, "near")
	if err := errors.Join(os.Mkdir(far, 0o755), os.Mkdir(near, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sshfs", "-f", "-o", "ssh_command=sh -c /usr/lib/openssh/sftp-server", host+":"+far, near)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Unmount(near, syscall.MNT_DETACH)
		cmd.Wait()
	})
	probe := filepath.Join(far, "there")
	if err := os.WriteFile(probe, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for range 600 {
		if _, err := os.Stat(filepath.Join(near, "there")); err == nil {
			return near
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the share is not mounted")
	return ""
}

// A watched folder that lies on a share is a network share: the policy can tell
// whose server it is, and the record says so.
func TestListsOnShares(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: this test mounts a share and needs root")
	}
	dir := t.TempDir()
	local, policy := filepath.Join(dir, "local"), filepath.Join(dir, "policy.yaml")
	if err := errors.Join(os.Mkdir(local, 0o755), os.WriteFile(policy, []byte(shareRule), 0o600)); err != nil {
		t.Fatal(err)
	}
	theirs, ours := mountShare(t, "anna@NAS.example"), mountShare(t, "files.example")
	c := DefaultConfig()
	c.State, c.Socket, c.Policy, c.Watch = filepath.Join(dir, "state"), filepath.Join(dir, "socket"), policy, []string{theirs, ours, local}
	a, records, end := running(t, c)
	defer end()
	if got := a.enforcement(); got["network-share"] != "undone" || got["sync-folder"] != "undone" {
		t.Errorf("enforcement: %v", got)
	}
	var list bytes.Buffer
	if err := synthetic.CSV(&list, synthetic.New(3).People(50), "zh"); err != nil {
		t.Fatal(err)
	}
	arrives := func(folder string) (got incident.Incident) {
		t.Helper()
		path := filepath.Join(folder, "list.csv")
		watches(t, folder)
		for end := time.Now().Add(60 * time.Second); time.Now().Before(end); {
			if err := os.WriteFile(path, list.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			for again := time.After(30 * time.Second); again != nil; {
				select {
				case got = <-records:
					if got.Destination.Path == folder { // not a second one of the folder before
						return got
					}
				case <-again:
					again = nil
				}
			}
		}
		t.Fatal("the list was not found")
		return got
	}
	resting := func(folder string) activity.Activity {
		t.Helper()
		r, err := a.finder.examine(t.Context(), filepath.Join(folder, "list.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return r.activity
	}
	for _, want := range []struct {
		folder, channel, rule, host string
		outcome                     incident.Outcome
	}{
		{theirs, "network-share", "own-server-only", "nas.example", incident.Undone},
		{ours, "network-share", "tell", "files.example", incident.Reported},
		{local, "sync-folder", "tell", "", incident.Reported},
	} {
		got := arrives(want.folder)
		if got.Channel != want.channel || got.Decision.Rule != want.rule || got.Destination.Host != want.host || got.Decision.Outcome != want.outcome ||
			got.Destination.ShareProven != (want.host != "") {
			t.Errorf("%s: %s by %s, %s, to %+v", want.folder, got.Channel, got.Decision.Rule, got.Decision.Outcome, got.Destination)
		}
		gone := func() bool {
			_, err := os.Lstat(filepath.Join(want.folder, "list.csv"))
			return errors.Is(err, os.ErrNotExist)
		}
		for end := time.Now().Add(30 * time.Second); want.outcome == incident.Undone && !gone() && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		if gone() != (want.outcome == incident.Undone) {
			t.Errorf("%s: gone %v", want.folder, gone())
		}
	}
	// What lies there is found at rest on the same share.
	if got := resting(ours); got.Channel != activity.AtRest || got.Destination.Share.Host != "files.example" {
		t.Errorf("at rest on a share: %+v", got)
	}
	if got := resting(local); got.Destination.Share != (activity.Share{}) {
		t.Errorf("at rest on this computer: %+v", got)
	}
}
