package guard

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/rules/activity"
)

const daemonVariable = "TRUSTLINE_TEST_GUARD"

// TestMain turns this program into a guard of its own process when asked to.
func TestMain(m *testing.M) {
	if path := os.Getenv(daemonVariable); path != "" {
		os.Exit(guardProcess(path, os.Getenv(daemonVariable+"_SCRATCH")))
	}
	os.Exit(m.Run())
}

func guardProcess(path, scratch string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	g, err := Start(ctx, Medium{MountPoint: path, Channel: activity.RemovableMedia}, markerJudge{}, Options{
		Scratch: scratch, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		os.Stderr.WriteString(err.Error())
		return 1
	}
	// A child that outlives the guard must not keep it half alive.
	if err := exec.Command("/bin/sleep", "30").Start(); err != nil {
		return 1
	}
	os.Stdout.WriteString(string(g.State()) + "\n")
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := g.Stop(end); err != nil {
		os.Stderr.WriteString(err.Error())
		return 1
	}
	return 0
}

// process guards the stick from another process.
func (s *stick) process() *exec.Cmd {
	s.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), daemonVariable+"="+s.path, daemonVariable+"_SCRATCH="+s.scratch)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(s.t, err)
	must(s.t, cmd.Start())
	line := make([]byte, 64)
	n, _ := out.Read(line)
	if got := strings.TrimSpace(string(line[:n])); got != string(Guarding) {
		s.t.Fatalf("the guard says %q", got)
	}
	s.t.Cleanup(func() { cmd.Process.Kill() })
	return cmd
}

// options answers the mount options of what is visible at the stick's place,
// and the type.
func (s *stick) mounted() (fsType, options string) {
	top, err := topMount(s.path)
	if err != nil {
		return "", ""
	}
	return top.FSType, top.Options
}

func TestKillLeavesTheMediumClosed(t *testing.T) {
	s := newStick(t, 128<<20)
	source := filepath.Join(t.TempDir(), "list")
	must(t, os.WriteFile(source, append(content(30<<20, false), marker...), 0o644))
	for _, after := range []time.Duration{0, 10, 40, 90, 200} {
		cmd := s.process()
		copying := exec.Command("cp", source, filepath.Join(s.path, "list"))
		must(t, copying.Start())
		time.Sleep(after * time.Millisecond)
		must(t, cmd.Process.Kill())
		cmd.Wait()
		if err := copying.Wait(); err == nil {
			t.Error("the copy succeeded")
		}
		if _, err := os.ReadDir(s.path); !errors.Is(err, unix.ENOTCONN) {
			t.Errorf("a killed guard answers %v", err)
		}
		must(t, unix.Unmount(s.path, unix.MNT_DETACH))
		if err := os.WriteFile(filepath.Join(s.path, "x"), nil, 0o644); !errors.Is(err, unix.EROFS) {
			t.Errorf("under a killed guard: %v", err)
		}
		if s.holds(marker) {
			t.Error("the marker is on the raw medium")
		}
	}
	// The note of the take-over, not only the dead mount, brings it back.
	g := s.guard()
	if g.State() != Guarding {
		t.Errorf("after a restart: %s", g.State())
	}
	must(t, os.WriteFile(filepath.Join(s.path, "x"), []byte("x"), 0o644))
	s.holdsNothing(g, "x")
}

func TestRestartOverADeadGuard(t *testing.T) {
	s := newStick(t, 32<<20)
	cmd := s.process()
	must(t, cmd.Process.Kill())
	cmd.Wait()
	g := s.guard()
	must(t, os.WriteFile(filepath.Join(s.path, "x"), []byte("x"), 0o644))
	denied(t, os.WriteFile(filepath.Join(s.path, "y"), []byte(marker), 0o644), "write")
	s.holdsNothing(g, "x")
	must(t, g.Stop(t.Context()))
	if fsType, options := s.mounted(); fsType != "ext4" || !strings.HasPrefix(options, "rw") {
		t.Errorf("given back as %s %s", fsType, options)
	}
}

func TestTermGivesTheMediumBack(t *testing.T) {
	s := newStick(t, 32<<20)
	_, before := s.mounted()
	cmd := s.process()
	must(t, os.WriteFile(filepath.Join(s.path, "x"), []byte("x"), 0o644))
	must(t, os.WriteFile(filepath.Join(s.path, "empty"), nil, 0o644))
	// Somebody stays in the folder: the guard goes all the same.
	squatter := exec.Command("sleep", "600")
	squatter.Dir = s.path
	must(t, squatter.Start())
	defer func() { squatter.Process.Kill(); squatter.Wait() }()
	must(t, cmd.Process.Signal(syscall.SIGTERM))
	must(t, cmd.Wait())
	if fsType, options := s.mounted(); fsType != "ext4" || options != before {
		t.Errorf("given back as %s %q, was %q", fsType, options, before)
	}
	expect(t, filepath.Join(s.path, "x"), "x")
	expect(t, filepath.Join(s.path, "empty"), "")
	if notes, _ := filepath.Glob(filepath.Join(s.scratch, "*")); len(notes) > 0 {
		t.Errorf("left behind: %v", notes)
	}
	must(t, os.WriteFile(filepath.Join(s.path, "free"), []byte("x"), 0o644))
}

func TestUnmountBySomebodyElseReleasesTheDevice(t *testing.T) {
	s := newStick(t, 32<<20)
	g := s.guard()
	must(t, os.WriteFile(filepath.Join(s.path, "x"), content(3<<20, false), 0o644))
	s.run("umount", s.path)
	select {
	case <-g.Ended():
	case <-time.After(60 * time.Second):
		t.Fatal("the guard does not notice")
	}
	if g.State() != Gone {
		t.Errorf("state %s", g.State())
	}
	if fsType, _ := s.mounted(); fsType != "" {
		t.Errorf("%s is still mounted", fsType)
	}
	waitFor(t, "the loop device to be free", func() bool {
		out, _ := exec.Command("losetup", "-j", s.image).Output()
		return len(bytes.TrimSpace(out)) == 0
	})
	s.run("mount", "-o", "loop", s.image, s.path)
	if info, err := os.Stat(filepath.Join(s.path, "x")); err != nil || info.Size() != 3<<20 {
		t.Errorf("%v %v", info, err)
	}
}

func TestEveryMountOfTheMediumIsTakenOver(t *testing.T) {
	s := newStick(t, 32<<20)
	other := filepath.Join(filepath.Dir(s.path), "other")
	must(t, os.Mkdir(other, 0o755))
	s.run("mount", "--bind", s.path, other)
	defer unix.Unmount(other, unix.MNT_DETACH)
	g := s.guard()
	if err := os.WriteFile(filepath.Join(other, "x"), []byte(marker), 0o644); !errors.Is(err, unix.EROFS) {
		t.Errorf("through another mount: %v", err)
	}
	s.holdsNothing(g)
	must(t, g.Stop(t.Context()))
	must(t, os.WriteFile(filepath.Join(other, "x"), []byte("x"), 0o644))
}

func TestProgramsThatWriteDuringTakeOver(t *testing.T) {
	s := newStick(t, 32<<20)
	writer := exec.Command("/usr/bin/python3", "-c", "import sys,time; f=open(sys.argv[1],'w'); print('open', flush=True); time.sleep(60)", filepath.Join(s.path, "log"))
	out, err := writer.StdoutPipe()
	must(t, err)
	must(t, writer.Start())
	defer func() { writer.Process.Kill(); writer.Wait() }()
	out.Read(make([]byte, 8))
	g := s.guard()
	if h := g.Holdouts(); len(h) != 1 || h[0].PID != writer.Process.Pid || !strings.Contains(h[0].Program, "python") {
		t.Errorf("holdouts: %+v", h)
	}
	denied(t, os.WriteFile(filepath.Join(s.path, "x"), []byte(marker), 0o644), "write")
	writer.Process.Kill()
	writer.Wait()
	waitFor(t, "the mount to become read-only", func() bool { return len(g.Holdouts()) == 0 })
	if s.holds(marker) {
		t.Error("the marker is on the raw medium")
	}
}

func TestReadOnlyMediumIsLeftAlone(t *testing.T) {
	s := newStick(t, 32<<20)
	s.run("mount", "-o", "remount,ro", s.path)
	g := s.guard()
	if g.State() != ReadOnly {
		t.Errorf("state %s", g.State())
	}
	must(t, g.Stop(t.Context()))
	if _, options := s.mounted(); !strings.HasPrefix(options, "ro") {
		t.Errorf("given back as %s", options)
	}
}

func TestSecondGuardIsRefused(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	_, err := Start(t.Context(), Medium{MountPoint: s.path}, markerJudge{}, Options{Scratch: s.scratch, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "guarded already") {
		t.Errorf("a second guard: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(s.path, "x"), []byte("x"), 0o644))
}
