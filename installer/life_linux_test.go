package installer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

// asConsole is who the console runs as.
const asConsole = "runuser -u trustline-console -- trustline-console "

// installConsole installs one by a line of shell.
func installConsole(t *testing.T, line string) *console {
	t.Helper()
	sh(t, line)
	c := &console{t: t, url: "https://127.0.0.1:8443"}
	eventually(t, "the console has its key", func() bool { _, err := os.Stat("/var/lib/trustline-console/console.db"); return err == nil })
	const data = " --data /var/lib/trustline-console"
	eventually(t, "the console tells its pin", func() bool {
		c.pin = strings.TrimSpace(sh(t, asConsole+"pin"+data+" || true"))
		return strings.HasPrefix(c.pin, "sha256//")
	})
	c.reader = strings.TrimSpace(sh(t, asConsole+"token create --kind api --name trial"+data))
	return c
}

// token answers one with which so many machines may be enrolled.
func (c *console) token(uses int) string {
	return strings.TrimSpace(sh(c.t, fmt.Sprintf(asConsole+"token create --kind enrol --uses %d --name rollout --data /var/lib/trustline-console", uses)))
}

// lifeOfADeb: installed silently with a token, seen at the console, upgraded
// while somebody copies, ended in every way there is, purged without a trace,
// and all of it once more by Ansible.
func lifeOfADeb(t *testing.T) {
	c := installConsole(t, "apt-get install -y /packages/trustline-console_1.2.3_*.deb < /dev/null")
	before := everything(t)
	stick(t)
	c.installs(t, "DEBIAN_FRONTEND=noninteractive dpkg -i /packages/trustline_1.2.3_*.deb")
	ends, reader := &ends{console: c}, c.administrator()
	ends.are(t, "it was killed", "service-killed")
	papers(t)
	sessionsStartTheHelper(t)

	upgradeUnderACopy(t, "DEBIAN_FRONTEND=noninteractive dpkg -i /packages/trustline_1.3.0_*.deb < /dev/null")
	eventually(t, "the console sees the new version", func() bool { return c.fleet()[0].Version == "1.3.0" })
	endsAreToldApart(t, reader, ends)
	eventually(t, "the stick is given back", func() bool { return os.WriteFile("/opt/stick/given back", list(), 0o644) == nil })
	sh(t, "umount /opt/stick; rm -f /opt/image")
	cleanAgain(t, before)
	byAnsible(t, reader, ends)
}

// stick plugs one in, so to say.
func stick(t *testing.T) {
	t.Helper()
	sh(t, "truncate -s 32M /opt/image; mkfs.ext4 -q -F /opt/image; mount -o loop /opt/image /opt/stick; chmod 777 /opt/stick")
}

// installs has a line of shell install version 1.2.3 silently with a token, and
// a stick guarded once it was killed.
func (c *console) installs(t *testing.T, line string) {
	t.Helper()
	start := time.Now()
	sh(t, fmt.Sprintf("TRUSTLINE_CONSOLE=%s TRUSTLINE_PIN='%s' TRUSTLINE_TOKEN='%s' %s < /dev/null", c.url, c.pin, c.token(1), line))
	eventually(t, "the console sees the machine", func() bool {
		f := c.fleet()
		return len(f) == 1 && f[0].Version == "1.2.3" && len(f[0].Capabilities) > 0
	})
	t.Logf("seen at the console %v after the installation began", time.Since(start).Round(10*time.Millisecond))
	if m := c.fleet()[0]; m.Capabilities["removable-media"] != "prevented" || m.Capabilities["network"] != "prevented" || len(m.Declined) > 0 {
		t.Errorf("the machine tells %+v", m)
	}
	if _, err := os.Stat("/etc/trustline/token"); err == nil {
		t.Error("the token is left although it was used")
	}
	sh(t, "printf 'removable: [/opt/stick]\n' >> /etc/trustline/agent.yaml; kill -9 $(systemctl show -p MainPID --value trustline)")
	guarded(t)
}

// papers: manual, completion, licences, the default policy.
func papers(t *testing.T) {
	t.Helper()
	sh(t, "trustline status; trustline doctor || test $? -le 1")
	sh(t, "zcat /usr/share/man/man1/trustline-scan.1.gz | grep -q trustline; bash -n /usr/share/bash-completion/completions/trustline; trustline policy check /usr/share/trustline/policy.yaml; test -s /usr/share/doc/trustline/licences.txt")
	if v := sh(t, "trustline --version"); !strings.Contains(v, "1.2.3") {
		t.Errorf("version: %s", v)
	}
	var bom struct{ Components []struct{ Name string } }
	raw, err := os.ReadFile("/usr/share/doc/trustline/sbom.cdx.json")
	if err != nil || json.Unmarshal(raw, &bom) != nil || len(bom.Components) < 30 {
		t.Errorf("the list of what the program is made of has %d components (%v)", len(bom.Components), err)
	}
}

// sessionsStartTheHelper: where systemd looks after a person's session, a desktop
// starts the helper by the unit. Here is no desktop, so that it ends and is
// started again.
func sessionsStartTheHelper(t *testing.T) {
	t.Helper()
	sh(t, `mkdir -p -m 700 /run/user/0/systemd/user
printf '[Unit]\nBindsTo=graphical-session.target\n' > /run/user/0/systemd/user/trial-session.target
systemd-run --quiet --unit=trial-user -p Delegate=yes -p Type=notify -E XDG_RUNTIME_DIR=/run/user/0 /lib/systemd/systemd --user --log-target=console`)
	ask := func(line string) string {
		return sh(t, "XDG_RUNTIME_DIR=/run/user/0 systemctl --user "+line+" 2>&1 || true")
	}
	eventually(t, "there is a session", func() bool {
		ask("start trial-session.target")
		return strings.TrimSpace(ask("is-active trial-session.target")) == "active"
	})
	eventually(t, "the session has started the helper", func() bool {
		began, err := strconv.Atoi(strings.TrimSpace(ask("show --property ExecMainStartTimestampMonotonic --value trustline-session")))
		return err == nil && began > 0
	})
	ask("stop trial-session.target trustline-session")
	sh(t, "systemctl stop trial-user")
}

// endsAreToldApart: the console hears which way the service ended.
func endsAreToldApart(t *testing.T, reader *administrator, ends *ends) {
	t.Helper()
	ends.are(t, "it is upgraded", "service-upgraded")
	stopsWithACode(t, reader, ends)
	sh(t, "systemctl stop trustline")
	ends.are(t, "it is stopped", "service-stopped")
	sh(t, "systemctl start trustline")
	guarded(t)
	sh(t, "dpkg -P trustline")
	ends.are(t, "it is removed", "service-removed")
}

// byAnsible runs what docs/install.md shows.
func byAnsible(t *testing.T, reader *administrator, ends *ends) {
	t.Helper()
	c := reader.console
	sh(t, "cp /packages/trustline_1.3.0_*.deb /packages/trustline_VERSION_amd64.deb")
	book := strings.ReplaceAll(string(documented(t, "/packages/install.md", "```yaml\n- hosts")), "https://console.example:8443", c.url)
	if err := os.WriteFile("/packages/rollout.yaml", []byte("- hosts"+book), 0o600); err != nil {
		t.Fatal(err)
	}
	play := fmt.Sprintf("cd /packages; LC_ALL=C.UTF-8 ansible-playbook -i hosts -e trustline_pin='%s' -e trustline_token='%s' rollout.yaml < /dev/null", c.pin, c.token(1))
	if err := os.WriteFile("/packages/hosts", []byte("[workstations]\nlocalhost ansible_connection=local ansible_become_method=su ansible_python_interpreter=/usr/bin/python3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", sh(t, play))
	eventually(t, "the console sees the machine that Ansible installed", func() bool {
		for _, m := range c.fleet() {
			if m.Version == "1.3.0" && m.Media == 0 && len(c.fleet()) == 2 {
				return true
			}
		}
		return false
	})
	defer killedAndRemoved(t)
	defer sh(t, "systemctl start trustline")
	defer removedWithACode(t, reader, ends)
	if again := sh(t, play); !strings.Contains(again, "changed=0") {
		t.Errorf("a second time Ansible changes something: %s", again)
	}
}

// killedAndRemoved: what a service that ended badly has left, removing clears away,
// and what goes with it that is nowhere else is said.
func killedAndRemoved(t *testing.T) {
	t.Helper()
	sh(t, "systemctl mask --runtime trustline; kill -9 $(systemctl show -p MainPID --value trustline); nft add table inet trustline; systemctl unmask --runtime trustline; systemctl stop trustline")
	sh(t, "mkdir -p /var/lib/trustline/quarantine; touch /var/lib/trustline/quarantine/1.sealed")
	if said := sh(t, "dpkg -P trustline 2>&1"); !strings.Contains(said, " and 1 file(s) in quarantine") {
		t.Errorf("what is lost is not said: %s", said)
	}
	if left := sh(t, "nft list tables"); strings.Contains(left, "trustline") {
		t.Errorf("left behind: %s", left)
	}
}

// documented answers a block of code from a document, from its beginning on.
func documented(t *testing.T, path, begin string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := bytes.Cut(text, []byte(begin))
	block, _, closed := bytes.Cut(block, []byte("```"))
	if !found || !closed {
		t.Fatalf("%s has no %q", filepath.Base(path), begin)
	}
	return block
}

func list() []byte {
	var b strings.Builder
	b.WriteString("姓名,手机\n")
	for _, p := range synthetic.New(7).People(30) {
		fmt.Fprintf(&b, "%s,%s\n", p.Name, p.Mobile)
	}
	return []byte(b.String())
}

// guarded waits until a list is refused and something harmless is not. It tries
// none before the guard is there: what is deleted stays on the device.
func guarded(t *testing.T) {
	t.Helper()
	eventually(t, "the stick is under guard", func() bool {
		mounts, err := os.ReadFile("/proc/mounts")
		return err == nil && bytes.Contains(mounts, []byte(" /opt/stick fuse.trustline"))
	})
	var refused, harmless error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		harmless = os.WriteFile("/opt/stick/harmless", []byte("harmless"), 0o644)
		if refused = os.WriteFile("/opt/stick/list.csv", list(), 0o644); errors.Is(refused, syscall.EACCES) && harmless == nil {
			return
		}
	}
	t.Fatalf("not guarded: list %v, harmless %v", refused, harmless)
}

// upgradeUnderACopy: while a line of shell upgrades the package, one program tries all the
// time to get a list onto the stick, and another has a file open there and goes
// on writing; not once does that work, and not a byte of the list is on the
// device.
func upgradeUnderACopy(t *testing.T, line string) {
	t.Helper()
	stop, leaked := make(chan struct{}), make(chan [2]int, 1)
	held, err := os.Create("/opt/stick/held.csv")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		tries, n := 0, 0
		for {
			select {
			case <-stop:
				leaked <- [2]int{tries, n}
				return
			default:
			}
			// Under a name of its own: guarded tries list.csv meanwhile, and whose file
			// somebody else's refusal takes away has nothing left to be told of.
			if tries++; os.WriteFile("/opt/stick/copied.csv", list(), 0o644) == nil {
				n++
			}
			_, _ = held.Write(list())
		}
	}()
	sh(t, line)
	eventually(t, "the new version runs", func() bool { return strings.Contains(sh(t, "trustline status --json || true"), "1.3.0") })
	guarded(t)
	close(stop)
	n := <-leaked
	held.Close()
	if n[1] > 0 || n[0] < 10 {
		t.Errorf("the list reached the stick %d times of %d during the upgrade", n[1], n[0])
	}
	if on := onDevice(t); on != 0 {
		t.Errorf("%d numbers of the list are on the device", on)
	}
	t.Logf("%d copies refused during the upgrade", n[0])
}

// onDevice counts the list's numbers on the device itself.
func onDevice(t *testing.T) (n int) {
	t.Helper()
	sh(t, "sync")
	image, err := os.ReadFile("/opt/image")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range synthetic.New(7).People(30) {
		n += bytes.Count(image, []byte(p.Mobile))
	}
	return n
}
