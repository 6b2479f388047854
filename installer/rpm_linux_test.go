package installer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// byRPM is rpm as it is on a Debian, whose own packages it knows nothing of.
const byRPM = "rpm --force-debian --nodeps "

// lifeOfAnRPM: installed silently with a token, seen at the console, upgraded
// while somebody copies, erased without a trace; erased while incidents wait it
// leaves them to a service that comes back, unless somebody says purge.
func lifeOfAnRPM(t *testing.T) {
	c := installConsole(t, byRPM+"-i /packages/trustline-console-1.2.3-*.rpm < /dev/null")
	before := everything(t)
	stick(t)
	c.installs(t, byRPM+"-i /packages/trustline-1.2.3-*.rpm")
	ends := &ends{console: c}
	ends.are(t, "it was killed", "service-killed")
	papers(t)
	upgradeUnderACopy(t, byRPM+"-U /packages/trustline-1.3.0-*.rpm < /dev/null")
	eventually(t, "the console sees the new version", func() bool { return c.fleet()[0].Version == "1.3.0" })
	ends.are(t, "it is upgraded", "service-upgraded")

	sh(t, "systemctl stop trustline-console")
	if err := os.WriteFile("/opt/stick/unheard.csv", list(), 0o644); err == nil {
		t.Error("a list was copied")
	}
	eventually(t, "the incident waits", func() bool { return waiting() > 0 })
	if said := sh(t, byRPM+"-e trustline 2>&1"); !strings.Contains(said, "/var/lib/trustline") {
		t.Errorf("that incidents wait is not said: %s", said)
	}
	givenBack(t)
	sh(t, "systemctl start trustline-console; "+byRPM+"-i /packages/trustline-1.3.0-*.rpm")
	eventually(t, "the console has what it missed", func() bool { return c.heard("unheard.csv") == 1 })
	ends.are(t, "it is installed again", "service-removed")
	guarded(t)

	eventually(t, "everything is sent", func() bool { return waiting() == 0 })
	sh(t, byRPM+"-e trustline")
	ends.are(t, "it is erased", "service-removed")
	givenBack(t)
	sh(t, "umount /opt/stick; rm -f /opt/image")
	cleanAgain(t, before)

	// What is only here goes where somebody says so.
	sh(t, byRPM+"-i /packages/trustline-1.3.0-*.rpm; mkdir -p /var/lib/trustline/quarantine; touch /var/lib/trustline/quarantine/1.sealed")
	sh(t, byRPM+"-e trustline; test -e /var/lib/trustline/quarantine/1.sealed")
	sh(t, byRPM+"-i /packages/trustline-1.3.0-*.rpm; cp /usr/bin/trustline /opt; TRUSTLINE_DATA=purge "+byRPM+"-e trustline")
	cleanAgain(t, before)
	inAChroot(t)
	byHand(t, before)
}

// inAChroot: removed from an image that is being made, it leaves alone what the
// machine outside has closed off.
func inAChroot(t *testing.T) {
	t.Helper()
	sh(t, "mkdir /opt/image; mount -t tmpfs tmpfs /opt/image; cd /opt/image; mkdir upper work root; mount -t overlay -o lowerdir=/,upperdir=/opt/image/upper,workdir=/opt/image/work overlay root")
	sh(t, "nft add table inet trustline; chroot /opt/image/root "+byRPM+"-i /packages/trustline-1.3.0-*.rpm; test -e /opt/image/root/etc/trustline/agent.yaml; chroot /opt/image/root "+byRPM+"-e trustline")
	if tables := sh(t, "nft list tables; nft delete table inet trustline || true"); !strings.Contains(tables, "trustline") {
		t.Error("the machine outside was opened")
	}
	sh(t, "test ! -e /opt/image/root/etc/trustline; umount /opt/image/root /opt/image; rmdir /opt/image")
}

// byHand: what the service made goes with it; program and configuration are left
// to whoever has put them there.
func byHand(t *testing.T, before map[string]string) {
	t.Helper()
	const config = "/etc/trustline/agent.yaml"
	sh(t, "install -D /opt/trustline /usr/local/bin/trustline; install -m 644 -D /dev/null "+config)
	sh(t, "trustline install; trustline start")
	eventually(t, "the service runs", func() bool { return strings.Contains(sh(t, "trustline status --json || true"), "1.3.0") })
	sh(t, "test -e /var/lib/trustline/spool.key; test -e /var/cache/trustline; trustline uninstall; test -e "+config)
	sh(t, "rm -r /usr/local/bin/trustline /etc/trustline")
	cleanAgain(t, before)
}

// waiting answers how many incidents lie in the spool.
func waiting() int {
	files, _ := filepath.Glob("/var/lib/trustline/spool/[0-9]-*")
	return len(files)
}

// givenBack: the stick takes what its owner writes.
func givenBack(t *testing.T) {
	t.Helper()
	eventually(t, "the stick is given back", func() bool { return os.WriteFile("/opt/stick/given back", list(), 0o644) == nil })
}
