package repair

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/enforce/isolate"
	"github.com/trustline/trustline/agent/guard"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("repairs need root")
		}
		t.Skip("SKIPPED: repairs need root")
	}
}

func nobody(context.Context, string) bool { return false }

// ownNetwork gives the test's thread a network of its own.
func ownNetwork(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
}

func nft(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("nft", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("nft %v: %v: %s", args, err, out)
	}
	return string(out)
}

func outcomes(t *testing.T, s Setup) map[string]Outcome {
	t.Helper()
	steps, err := Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Outcome{}
	for _, step := range steps {
		if all[step.ID] = step.Outcome; step.Error != "" {
			t.Errorf("%s: %s", step.ID, step.Error)
		}
	}
	return all
}

func TestLeftRulesAreRemovedAndNobodyElses(t *testing.T) {
	needRoot(t)
	ownNetwork(t)
	s := Setup{Socket: filepath.Join(t.TempDir(), "socket"), Running: nobody}
	if got := outcomes(t, s)["isolation"]; got != Nothing {
		t.Errorf("without rules: %s", got)
	}
	nft(t, "add", "table", "inet", "trustline")
	nft(t, "add", "table", "inet", "trustline2")
	nft(t, "add", "table", "ip", "trustline")
	s.Enrolled = true
	if got := outcomes(t, s)["isolation"]; got != Left || !strings.Contains(nft(t, "list", "tables"), "inet trustline\n") {
		t.Errorf("on a machine of a fleet: %s", got)
	}
	s.Enrolled = false
	if got := outcomes(t, s)["isolation"]; got != Repaired {
		t.Errorf("with rules: %s", got)
	}
	s.Enrolled = true
	for _, policy := range []struct {
		crash isolate.Crash
		want  Outcome
	}{{isolate.Keep, Left}, {isolate.Clear, Repaired}} {
		closed(t, policy.crash)
		if got := outcomes(t, s)["isolation"]; got != policy.want {
			t.Errorf("on a machine of a fleet whose policy says %s: %s", policy.crash, got)
		}
	}
	if left := nft(t, "list", "tables"); strings.Contains(left, "inet trustline\n") || !strings.Contains(left, "inet trustline2") || !strings.Contains(left, "ip trustline") {
		t.Errorf("left:\n%s", left)
	}
}

// closed closes something off, as a service that is killed afterwards.
func closed(t *testing.T, c isolate.Crash) {
	t.Helper()
	i, err := isolate.New(isolate.Config{}, slog.New(slog.DiscardHandler))
	if err == nil {
		err = i.Apply(t.Context(), isolate.Plan{Mode: isolate.Internal, Internal: []string{"192.0.2.0/24"}, AfterCrash: c})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// mounted mounts a file system of FUSE, whose server is gone once the answer is
// closed.
func mounted(t *testing.T, name string) (path string, server *os.File) {
	t.Helper()
	path = t.TempDir()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(name, path, name, 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
	return path, os.NewFile(uintptr(fd), "fuse")
}

func isDead(path string) bool {
	var st unix.Statfs_t
	return errors.Is(unix.Statfs(path, &st), unix.ENOTCONN)
}

func TestDeadGuardsAreTakenOffAndNobodyElses(t *testing.T) {
	needRoot(t)
	ownNetwork(t)
	ours, server := mounted(t, guard.FileSystem)
	others, theirs := mounted(t, "fuse.sshfs")
	server.Close()
	theirs.Close()
	if !isDead(ours) || !isDead(others) {
		t.Fatal("the mounts are not dead")
	}
	s := Setup{Socket: filepath.Join(t.TempDir(), "socket"), Running: nobody}
	if got := outcomes(t, s)["mounts"]; got != Repaired {
		t.Errorf("%s", got)
	}
	if isDead(ours) || !isDead(others) {
		t.Errorf("ours is dead: %v, somebody else's: %v", isDead(ours), isDead(others))
	}
	if got := outcomes(t, s)["mounts"]; got != Nothing {
		t.Errorf("a second time: %s", got)
	}
}

func TestSocketAndRunningService(t *testing.T) {
	needRoot(t)
	ownNetwork(t)
	path := filepath.Join(t.TempDir(), "socket")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	s := Setup{Socket: path, Running: func(context.Context, string) bool { return true }}
	if _, err := Run(t.Context(), s); !errors.Is(err, ErrRunning) {
		t.Errorf("beside a running service: %v", err)
	}
	l.Close()
	s.Running = nobody
	if got := outcomes(t, s)["socket"]; got != Repaired {
		t.Errorf("%s", got)
	}
	if err := os.WriteFile(path, []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(t, s)["socket"]; got != Nothing {
		t.Errorf("a file that is no socket: %s", got)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("a file that is no socket was removed")
	}
}
