package installer

import (
	"regexp"
	"strings"
	"testing"
)

// others are the places of the trial machine that change without the agent, each
// with its reason. Everything else is looked at.
var others = regexp.MustCompile(`^(` + strings.Join([]string{
	`/packages(/.*)?`,                  // what is tried, and this test's own files
	`/opt(/.*)?`,                       // the stick
	`/var/lib/trustline-console(/.*)?`, // the console, which runs meanwhile
	`(/var)?/tmp/systemd-private-[0-9a-f]+-trustline-console\.service.*`, `/run/systemd/units/invocation:trustline-console\.service`, `/run/systemd/journal/streams/.*`, // the same
	`/run/systemd/transient`, `/run/user/0(/.*)?`, // the session that the test has started
	`/var/lib/dpkg/status-old`, `/var/log/dpkg\.log`, // dpkg's own books
	`/root/\.rpmdb/rpmdb\.sqlite`, // rpm's, on a Debian
}, "|") + `)$`)

// everything answers all files of the trial machine but those of others, with
// what they are: kind, mode, length, and where a link leads.
func everything(t *testing.T) map[string]string {
	t.Helper()
	list := sh(t, `find / /run /tmp /etc/systemd/system -xdev \( -type f -printf '%p\t%y %m %s\n' -o -printf '%p\t%y %m %l\n' \)`)
	files := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(list), "\n") {
		path, what, _ := strings.Cut(line, "\t")
		if !others.MatchString(path) {
			files[path] = what
		}
	}
	if len(files) < 5000 {
		t.Fatalf("the machine has %d files", len(files))
	}
	return files
}

// cleanAgain: not a file, unit, mount, rule or process is left, and none is gone
// or another.
func cleanAgain(t *testing.T, before map[string]string) {
	t.Helper()
	sh(t, "systemctl daemon-reload")
	now := everything(t)
	for f, what := range now {
		if was, known := before[f]; !known {
			t.Errorf("left behind: %s (%s)", f, what)
		} else if was != what {
			t.Errorf("changed: %s was %s, is %s", f, was, what)
		}
	}
	for f := range before {
		if _, there := now[f]; !there {
			t.Errorf("gone: %s", f)
		}
	}
	if left := sh(t, "nft list tables | grep -i trustline || true; grep -i fuse.trustline /proc/mounts || true; systemctl list-units --all --no-legend 'trustline.*' 'trustline-session*'; for p in /proc/[0-9]*/exe; do readlink $p; done | grep -x '/usr/bin/trustline.*' | grep -v console || true"); strings.TrimSpace(left) != "" {
		t.Errorf("left behind: %s", left)
	}
}
