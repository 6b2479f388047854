package installer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

// insidePackages marks the test program that runs on the machine on which
// packages are tried.
const insidePackages = "TRUSTLINE_TEST_PACKAGES"

// machine makes a machine of its own out of namespaces: this one's files, to
// which whatever is changed is gone afterwards, and a systemd that starts
// nothing but what is needed.
const machine = `set -e
mount --make-rprivate /
work=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs $work
mkdir $work/upper $work/work $work/root
mount -t overlay -o lowerdir=/,upperdir=$work/upper,workdir=$work/work overlay $work/root
root=$work/root
mount -t proc proc $root/proc
mount --rbind /dev $root/dev
mount --rbind /sys $root/sys
umount -R $root/sys/fs/cgroup
mount -t cgroup2 cgroup2 $root/sys/fs/cgroup
mount -t tmpfs tmpfs $root/run
mount -t tmpfs -o mode=1777 tmpfs $root/tmp
mkdir -p $root/packages
cp "$TRIAL_PACKAGES"/* "$TRIAL_TEST" $root/packages/
mount -t tmpfs tmpfs $root/etc/systemd/system
cd $root/etc/systemd/system
for unit in sysinit basic shutdown umount final multi-user; do
  printf '[Unit]\nDefaultDependencies=no\n' > $unit.target
done
ln -s multi-user.target default.target
mkdir -p $root/opt/stick
cd $root
export container=trial SYSTEMD_UNIT_PATH=/etc/systemd/system:/lib/systemd/system:/usr/lib/systemd/system
exec chroot $root /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=0
`

// packages builds them all, and answers the folder.
func packages(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("../scripts/package", dir)
	build.Env = append(os.Environ(), "VERSION="+version)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func needPackaging(t *testing.T) {
	t.Helper()
	_, systemd := os.Stat("/lib/systemd/systemd")
	var missing []string
	for _, program := range []string{"dpkg", "rpm", "git", "wixl", "msibuild", "wine", "jq", "chroot"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if os.Geteuid() == 0 && systemd == nil && len(missing) == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("root, systemd and %v must be there in CI", missing)
	}
	t.Skipf("SKIPPED: packages are tried as root, under systemd, with %v", missing)
}

func TestPackages(t *testing.T) {
	if os.Getenv(insidePackages) != "" {
		lifeOfAPackage(t)
		return
	}
	needPackaging(t)
	first, again := packages(t, "1.2.3"), packages(t, "1.2.3")
	later := packages(t, "1.3.0")
	t.Run("two builds are identical", func(t *testing.T) { identical(t, first, again) })
	t.Run("rpm", func(t *testing.T) { looksRight(t, filepath.Join(first, "trustline-1.2.3-1.x86_64.rpm")) })
	t.Run("MSI under Wine", func(t *testing.T) { onWindows(t, first, later) })
	t.Run("deb under systemd", func(t *testing.T) { onAMachine(t, first, later) })
}

func identical(t *testing.T, a, b string) {
	files, err := os.ReadDir(a)
	if err != nil || len(files) != 5 {
		t.Fatalf("%d packages, %v", len(files), err)
	}
	for _, f := range files {
		one, err := os.ReadFile(filepath.Join(a, f.Name()))
		two, err2 := os.ReadFile(filepath.Join(b, f.Name()))
		if err := errors.Join(err, err2); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(one, two) {
			t.Errorf("%s differs from one build to the next", f.Name())
		}
	}
}

// looksRight asks rpm itself about a package.
func looksRight(t *testing.T, path string) {
	ask := func(args ...string) string {
		out, err := exec.Command("rpm", append(args, path)...).CombinedOutput()
		if err != nil {
			t.Errorf("rpm %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	files := ask("-qpl", "--nosignature")
	for _, want := range []string{
		"/usr/bin/trustline", "/usr/lib/systemd/system/trustline.service", "/usr/share/man/man1/trustline.1.gz", "/etc/xdg/autostart/trustline-session.desktop",
		"/usr/share/bash-completion/completions/trustline", "/usr/share/trustline/policy.yaml", "/usr/share/doc/trustline/licences.txt", "/usr/share/doc/trustline/sbom.cdx.json",
	} {
		if !strings.Contains(files, want+"\n") {
			t.Errorf("%s is missing", want)
		}
	}
	ask("-K", "--nosignature")
	if scripts := ask("-qp", "--nosignature", "--scripts"); !strings.Contains(scripts, "systemctl daemon-reload") {
		t.Error("no scripts")
	}
}

func onAMachine(t *testing.T, first, later string) {
	all := t.TempDir()
	for _, dir := range []string{first, later} {
		debs, _ := filepath.Glob(filepath.Join(dir, "*.deb"))
		for _, deb := range debs {
			if err := os.Link(deb, filepath.Join(all, filepath.Base(deb))); err != nil {
				t.Fatal(err)
			}
		}
	}
	group := controlGroup(t)
	init := exec.Command("unshare", "--fork", "--kill-child=KILL", "--pid", "--mount", "--cgroup", "--uts", "--ipc", "--mount-proc", "sh", "-c", machine)
	init.Env = append(os.Environ(), "TRIAL_PACKAGES="+all, "TRIAL_TEST="+os.Args[0])
	var said strings.Builder
	init.Stdout, init.Stderr = &said, &said
	init.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, UseCgroupFD: true, CgroupFD: int(group.Fd())}
	if err := init.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		init.Process.Kill()
		init.Wait()
	})
	pid := childOf(t, init.Process.Pid)
	enter := []string{"--target", pid, "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--root=/proc/" + pid + "/root", "--wd=/proc/" + pid + "/root/packages", "--"}
	up := false
	for end := time.Now().Add(60 * time.Second); !up && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		out, _ := exec.Command("nsenter", append(enter, "systemctl", "is-active", "multi-user.target")...).CombinedOutput()
		up = strings.TrimSpace(string(out)) == "active"
	}
	if !up {
		t.Fatalf("systemd did not start: %s", said.String())
	}
	inside := exec.Command("nsenter", append(enter, "/packages/"+filepath.Base(os.Args[0]), "-test.run=^TestPackages$", "-test.v")...)
	inside.Env = append(os.Environ(), insidePackages+"=1")
	out, err := inside.CombinedOutput()
	if err != nil {
		t.Errorf("%v\nsystemd said:\n%s", err, said.String())
	}
	t.Logf("%s", out)
}

// sh runs a line of shell on the trial machine.
func sh(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", line).CombinedOutput()
	if err != nil {
		journal, _ := exec.Command("sh", "-c", "systemctl status trustline --no-pager").CombinedOutput()
		t.Fatalf("%s: %v\n%s\n%s", line, err, out, journal)
	}
	return string(out)
}

func lifeOfAPackage(t *testing.T) {
	before := sh(t, "find /etc /usr /var/lib /lib/systemd -xdev -path /var/lib/dpkg -prune -o -newer /packages -print | sort")
	sh(t, "mkdir -p /etc/trustline; printf 'removable: [/opt/stick]\n' > /etc/trustline/agent.yaml")
	sh(t, "truncate -s 32M /opt/image; mkfs.ext4 -q -F /opt/image; mount -o loop /opt/image /opt/stick; chmod 777 /opt/stick")
	start := time.Now()
	sh(t, "DEBIAN_FRONTEND=noninteractive dpkg -i /packages/trustline_1.2.3_*.deb < /dev/null")
	guarded(t)
	t.Logf("installed and guarding after %v", time.Since(start).Round(10*time.Millisecond))
	if v := sh(t, "trustline --version"); !strings.Contains(v, "1.2.3") {
		t.Errorf("version: %s", v)
	}
	sh(t, "trustline status; trustline doctor || test $? -le 1; man -P cat trustline-scan > /dev/null 2>&1 || ls /usr/share/man/man1/trustline-scan.1.gz")

	upgradeUnderACopy(t)

	sh(t, "dpkg -P trustline")
	if err := os.WriteFile("/opt/stick/given back", list(), 0o644); err != nil {
		t.Errorf("the stick was not given back: %v", err)
	}
	sh(t, "umount /opt/stick; rm -f /opt/image")
	after := sh(t, "systemctl daemon-reload; find /etc /usr /var/lib /lib/systemd -xdev -path /var/lib/dpkg -prune -o -newer /packages -print | sort")
	for _, left := range strings.Fields(after) {
		if strings.Contains(left, "trustline") && !strings.Contains(before, left) {
			t.Errorf("left behind: %s", left)
		}
	}
	if left := sh(t, "nft list tables 2>/dev/null | grep -i trustline || true; pgrep -x trustline || true"); strings.TrimSpace(left) != "" {
		t.Errorf("left behind: %s", left)
	}
}

func list() []byte {
	var b strings.Builder
	b.WriteString("姓名,手机\n")
	for _, p := range synthetic.New(7).People(30) {
		fmt.Fprintf(&b, "%s,%s\n", p.Name, p.Mobile)
	}
	return []byte(b.String())
}

// guarded waits until a list is refused and something harmless is not.
func guarded(t *testing.T) {
	t.Helper()
	var list1, harmless error
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		harmless = os.WriteFile("/opt/stick/harmless", []byte("harmless"), 0o644)
		if list1 = os.WriteFile("/opt/stick/list.csv", list(), 0o644); errors.Is(list1, syscall.EACCES) && harmless == nil {
			return
		}
		os.Remove("/opt/stick/list.csv")
	}
	t.Fatalf("not guarded: list %v, harmless %v", list1, harmless)
}

// upgradeUnderACopy: while the package is upgraded, somebody tries to get a
// list onto the stick all the time; not once does that work.
func upgradeUnderACopy(t *testing.T) {
	t.Helper()
	stop, leaked := make(chan struct{}), make(chan int, 1)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				leaked <- n
				return
			default:
			}
			if err := os.WriteFile("/opt/stick/list.csv", list(), 0o644); err == nil {
				n++
			}
		}
	}()
	sh(t, "DEBIAN_FRONTEND=noninteractive dpkg -i /packages/trustline_1.3.0_*.deb < /dev/null")
	for end := time.Now().Add(60 * time.Second); !strings.Contains(sh(t, "trustline status --json || true"), "1.3.0"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the new version does not run")
		}
	}
	time.Sleep(time.Second)
	close(stop)
	if n := <-leaked; n > 0 {
		t.Errorf("the list reached the stick %d times during the upgrade", n)
	}
	guarded(t)
}
