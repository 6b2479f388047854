package installer

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kardianos/service"

	"github.com/trustline/trustline/rules/synthetic"
)

// insideSystemd tells the test program that it runs where the systemd that
// TestUnderARealSystemd has started is the init.
const insideSystemd = "TRUSTLINE_TEST_SYSTEMD"

const (
	trialProgram = "/opt/trustline-test/trustline"
	trialConfig  = "/opt/trustline-test/agent.yaml"
)

// boot makes a machine of its own out of namespaces, with empty folders where
// anything would be left behind and no units but those needed to start.
const boot = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/systemd/system
mount -t tmpfs -o mode=755 tmpfs /opt
mount -t tmpfs -o mode=755 tmpfs /var/lib
if mountpoint -q /sys/fs/cgroup; then umount -R /sys/fs/cgroup; fi
mount -t cgroup2 cgroup2 /sys/fs/cgroup
cd /etc/systemd/system
for unit in sysinit basic shutdown umount final multi-user; do
  printf '[Unit]\nDefaultDependencies=no\n' > $unit.target
done
ln -s multi-user.target default.target
mkdir /opt/trustline-test
mkdir -p /opt/stick
cp "$TRIAL_PROGRAM" ` + trialProgram + `
chmod 755 ` + trialProgram + `
printf 'removable: [/opt/stick]\n' > ` + trialConfig + `
export container=trial SYSTEMD_UNIT_PATH=/etc/systemd/system
exec /lib/systemd/systemd --system --log-target=console --show-status=0
`

// TestUnderARealSystemd installs, starts, kills, stops and removes the service
// under a systemd that is started for it.
func TestUnderARealSystemd(t *testing.T) {
	if os.Getenv(insideSystemd) != "" {
		lifeUnderSystemd(t)
		return
	}
	_, err := os.Stat("/lib/systemd/systemd")
	if missing := os.Geteuid() != 0 || err != nil; missing {
		if os.Getenv("CI") != "" {
			t.Fatal("root and the package systemd must be there in CI")
		}
		t.Skip("SKIPPED: this test starts a systemd of its own and needs root and the package systemd")
	}
	// A control group of its own, so that nothing is left in anybody else's.
	group := controlGroup(t)
	init := exec.Command("unshare", "--fork", "--kill-child=KILL", "--pid", "--mount", "--cgroup", "--uts", "--ipc", "--mount-proc", "sh", "-c", boot)
	init.Env = append(os.Environ(), "TRIAL_PROGRAM="+program(t))
	var said strings.Builder
	init.Stdout, init.Stderr = &said, &said
	init.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, UseCgroupFD: true, CgroupFD: int(group.Fd())}
	if err := init.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		init.Process.Kill() // and with it every process of its namespace
		init.Wait()
	})
	pid := childOf(t, init.Process.Pid)
	enter := []string{"--target", pid, "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--"}
	up := false
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		out, _ := exec.Command("nsenter", append(enter, "systemctl", "is-active", "multi-user.target")...).CombinedOutput()
		if up = strings.TrimSpace(string(out)) == "active"; up {
			break
		}
	}
	if !up {
		t.Fatalf("systemd did not start: %s", said.String())
	}
	inside := exec.Command("nsenter", append(enter, os.Args[0], "-test.run=^TestUnderARealSystemd$", "-test.v")...)
	inside.Env = append(os.Environ(), insideSystemd+"=1")
	if out, err := inside.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nsystemd said:\n%s", err, out, said.String())
	}
}

// program builds the real thing.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trustline")
	build := exec.Command("go", "build", "-o", path, "../cmd/trustline")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// controlGroup makes one and removes it, with all systemd made in it.
func controlGroup(t *testing.T) *os.File {
	t.Helper()
	root := "/sys/fs/cgroup"
	if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err != nil {
		root = filepath.Join(root, "unified")
	}
	path, err := os.MkdirTemp(root, "trustline-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		var groups []string
		filepath.WalkDir(path, func(p string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				groups = append([]string{p}, groups...)
			}
			return nil
		})
		for _, g := range groups {
			// The kernel takes a moment to bury the dead.
			for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
				if err = syscall.Rmdir(g); err == nil || time.Now().After(end) {
					break
				}
			}
			if err != nil {
				t.Errorf("remove control group: %v", err)
			}
		}
	})
	dir, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}

// childOf waits for the one child of a process.
func childOf(t *testing.T, pid int) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		if children := strings.Fields(string(data)); err == nil && len(children) > 0 {
			return children[0]
		}
	}
	t.Fatal("unshare started nothing")
	return ""
}

// property asks systemd about the service.
func property(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("systemctl", "show", "--property", name, "--value", Name+".service").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// comesBackAfter sends the service a signal and waits until another one runs.
func comesBackAfter(t *testing.T, signal syscall.Signal) {
	t.Helper()
	was, err := strconv.Atoi(property(t, "MainPID"))
	if err != nil || was == 0 {
		t.Fatalf("the service does not run: %v", err)
	}
	if err := syscall.Kill(was, signal); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		now, err := strconv.Atoi(property(t, "MainPID"))
		if err != nil {
			t.Fatal(err)
		}
		if now != was && now != 0 && property(t, "ActiveState") == "active" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not started again after %v", signal)
		}
	}
}

// becomesStuck: a service that no longer answers is ended and started anew.
func becomesStuck(t *testing.T) {
	t.Helper()
	drop := "/etc/systemd/system/" + Name + ".service.d"
	if err := os.Mkdir(drop, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(drop, "soon.conf"), []byte("[Service]\nWatchdogSec=8\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"daemon-reload"}, {"restart", Name}} {
		if out, err := exec.Command("systemctl", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	first := property(t, "MainPID")
	time.Sleep(10 * time.Second)
	if now := property(t, "MainPID"); now != first {
		t.Error("a service that is well was taken for stuck")
	}
	comesBackAfter(t, syscall.SIGSTOP)
	if err := os.RemoveAll(drop); err != nil {
		t.Fatal(err)
	}
}

// guardsAStick: with the rights the unit leaves it, the service guards a stick
// for whoever writes to it.
func guardsAStick(t *testing.T) {
	t.Helper()
	const script = `set -e
truncate -s 32M /opt/image; mkfs.ext4 -q -F /opt/image; mount -o loop /opt/image /opt/stick
for i in $(seq 600); do grep -q ' /opt/stick fuse.trustline' /proc/mounts && break; sleep 0.1; done
chmod 777 /opt/stick; cd /opt/stick
setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'echo harmless > harmless; test $(stat -c %u harmless) = 65534'
`
	if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
		log, _ := exec.Command(trialProgram, "status").CombinedOutput()
		t.Fatalf("a harmless file: %v: %s\n%s", err, out, log)
	}
	var list strings.Builder
	list.WriteString("姓名,手机\n")
	for _, p := range synthetic.New(7).People(30) {
		fmt.Fprintf(&list, "%s,%s\n", p.Name, p.Mobile)
	}
	if err := os.WriteFile("/opt/stick/list.csv", []byte(list.String()), 0o644); !errors.Is(err, syscall.EACCES) {
		t.Errorf("a customer list: %v", err)
	}
}

func lifeUnderSystemd(t *testing.T) {
	if service.Platform() != "linux-systemd" {
		t.Fatalf("the service manager is %q", service.Platform())
	}
	s, err := Service(Config{Program: trialProgram, File: trialConfig}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Status(); !errors.Is(err, service.ErrNotInstalled) {
		t.Errorf("before installing: %v", err)
	}
	if err := s.Install(); err != nil {
		t.Fatal(err)
	}
	if state := property(t, "UnitFileState"); state != "enabled" {
		t.Errorf("not started at boot: %s", state)
	}
	if status, err := s.Status(); err != nil || status != service.StatusStopped {
		t.Errorf("installed: %v, %v", status, err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if status, err := s.Status(); err != nil || status != service.StatusRunning {
		t.Errorf("started: %v, %v", status, err)
	}
	pid := property(t, "MainPID")
	own, err := os.Readlink("/proc/1/ns/mnt")
	if err != nil {
		t.Fatal(err)
	}
	if its, err := os.Readlink("/proc/" + pid + "/ns/mnt"); err != nil || its != own {
		t.Errorf("the service has a mount namespace of its own: nobody would see the guard (%v)", err)
	}
	for folder, mode := range map[string]os.FileMode{"/var/lib/trustline": 0o700, "/run/trustline": 0o755} {
		if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v", folder, err)
		}
	}
	guardsAStick(t)
	for range 7 { // more often than systemd would put up with by default
		comesBackAfter(t, syscall.SIGKILL)
	}
	becomesStuck(t)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if status, err := s.Status(); err != nil || status != service.StatusStopped {
		t.Errorf("stopped: %v, %v", status, err)
	}
	if err := s.Uninstall(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Status(); !errors.Is(err, service.ErrNotInstalled) {
		t.Errorf("removed: %v", err)
	}
	if left, _ := filepath.Glob("/etc/systemd/system/*/trustline*"); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}
