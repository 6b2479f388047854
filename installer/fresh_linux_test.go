package installer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// freshRoot is a Debian in which nothing of ours was ever installed; see
// scripts/fresh-root.
const freshRoot = "/var/cache/trustline-tests/debian"

// machine makes a machine of its own out of namespaces: a fresh system, to which
// whatever is changed is gone afterwards, a network of its own, and a systemd
// that starts nothing but what is needed.
const machine = `set -e
mount --make-rprivate /
ip link set lo up
work=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs $work
mkdir $work/upper $work/work $work/root
mount -t overlay -o lowerdir=` + freshRoot + `,upperdir=$work/upper,workdir=$work/work overlay $work/root
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

// onAFreshMachine lets this test program try the packages of a folder there.
func onAFreshMachine(t *testing.T, kind, packages string) {
	group := controlGroup(t)
	init := exec.Command("unshare", "--fork", "--kill-child=KILL", "--pid", "--mount", "--net", "--cgroup", "--uts", "--ipc", "--mount-proc", "sh", "-c", machine)
	init.Env = append(os.Environ(), "TRIAL_PACKAGES="+packages, "TRIAL_TEST="+os.Args[0])
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
	enter := []string{"--target", pid, "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--root=/proc/" + pid + "/root", "--wd=/proc/" + pid + "/root/packages", "--"}
	up := false
	for end := time.Now().Add(90 * time.Second); !up && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		out, _ := exec.Command("nsenter", append(enter, "systemctl", "is-active", "multi-user.target")...).CombinedOutput()
		up = strings.TrimSpace(string(out)) == "active"
	}
	if !up {
		t.Fatalf("systemd did not start: %s", said.String())
	}
	inside := exec.Command("nsenter", append(enter, "/packages/"+filepath.Base(os.Args[0]), "-test.run=^TestPackages$", "-test.v")...)
	inside.Env = append(os.Environ(), insidePackages+"="+kind)
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
		status, _ := exec.Command("sh", "-c", "systemctl status trustline --no-pager").CombinedOutput()
		t.Fatalf("%s: %v\n%s\n%s", line, err, out, status)
	}
	return string(out)
}

// eventually waits until something holds on the trial machine.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	await(t, what, holds, func() string { return sh(t, "systemctl status trustline trustline-console --no-pager || true") })
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool, said ...func() string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().Before(end) {
			continue
		}
		for _, more := range said {
			t.Log(more())
		}
		t.Fatalf("waited in vain until %s", what)
	}
}
