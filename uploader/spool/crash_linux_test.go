package spool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// childFolder makes the test program a service that fills and empties the
// spool in this folder until it is killed, saying each step.
const childFolder = "TRUSTLINE_TEST_SPOOL"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}

// child says "start ID" before a Put, "kept ID" after it, "acking ID" before
// its acknowledgement.
func child(dir string) int {
	key, err := LoadKey(filepath.Join(dir, "key"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	s, err := Open(filepath.Join(dir, "spool"), key, machine, childLimits(), slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	var say sync.Mutex
	line := func(word, id string) {
		say.Lock()
		defer say.Unlock()
		os.Stdout.WriteString(word + " " + id + "\n")
	}
	ctx := context.Background()
	for w := range 6 {
		go func() {
			for n := 0; ; n++ {
				i, err := incident.New(incident.Activity, time.Now())
				if err != nil {
					line("failed", "new")
					return
				}
				i.Severity, i.Machine, i.Channel = []incident.Severity{incident.Low, incident.High}[n%2], machine, "removable-media"
				i.File.Name = strconv.Itoa(n)
				i.Decision = incident.Decision{Action: "block", Rule: strconv.Itoa(w), Outcome: incident.Prevented}
				line("start", i.ID)
				if err := s.Put(ctx, i); err != nil {
					line("failed", i.ID)
					return
				}
				line("kept", i.ID)
			}
		}()
	}
	for {
		list, err := s.Peek(ctx, 20)
		if err != nil {
			line("failed", "peek")
			return 2
		}
		for _, i := range list {
			line("acking", i.ID)
		}
		if err := s.Ack(ids(list)); err != nil {
			line("failed", "ack")
			return 2
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// childLimits are never reached, so that every record keeps its own id.
func childLimits() Limits { return Limits{Records: 1 << 20, Bytes: 1 << 30} }

// story is what the child said before it ended.
type story struct {
	started, kept, acking map[string]bool
	failed                []string
}

// tell runs the child until stop says so and reads everything it said.
func tell(t *testing.T, dir string, stop func(*os.Process)) story {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	st := story{map[string]bool{}, map[string]bool{}, map[string]bool{}, nil}
	lines := bufio.NewScanner(out)
	first := true
	for lines.Scan() {
		if first {
			first = false
			go stop(cmd.Process)
		}
		word, id, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "start":
			st.started[id] = true
		case "kept":
			st.kept[id] = true
		case "acking":
			st.acking[id] = true
		case "failed":
			st.failed = append(st.failed, id)
		}
	}
	cmd.Wait()
	return st
}

// check opens the spool as a restarted service would and holds it against what
// was said.
func (st story) check(t *testing.T, dir string) (found int) {
	t.Helper()
	if len(st.failed) > 0 {
		t.Fatalf("the child failed: %v", st.failed)
	}
	s := open(t, dir, childLimits())
	defer s.Close()
	seen := map[string]bool{}
	for _, i := range drain(t, s) {
		if i.Kind == incident.Agent {
			t.Errorf("an incident says %s %v", i.Code, i.Detail)
			continue
		}
		if seen[i.ID] {
			t.Errorf("%s is there twice", i.ID)
		}
		seen[i.ID] = true
		if !st.started[i.ID] {
			t.Errorf("%s was never put", i.ID)
		}
		if i.Count != 1 {
			t.Errorf("%s counts %d", i.ID, i.Count)
		}
	}
	for id := range st.kept {
		if !seen[id] && !st.acking[id] {
			t.Errorf("%s was kept and is lost", id)
		}
	}
	return len(seen)
}

func TestKill9LosesNothingThatWasKept(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	kept, left := 0, 0
	for range rounds {
		dir := t.TempDir()
		st := tell(t, dir, func(p *os.Process) {
			time.Sleep(time.Duration(rand.IntN(60_000)) * time.Microsecond)
			p.Kill()
		})
		kept += len(st.kept)
		left += st.check(t, dir)
	}
	if kept < rounds || left == 0 {
		t.Fatalf("only %d records were kept over %d kills, %d of them waiting: this tested nothing", kept, rounds, left)
	}
	t.Logf("%d kills, %d records kept, %d waiting at the end", rounds, kept, left)
}

// TestPowerCutLosesNothingThatWasKept takes the disk away: the spool is on an
// ext4 image behind a loop device, and what the image holds at a moment, without
// what the kernel still has in memory, is what a power cut would leave.
func TestPowerCutLosesNothingThatWasKept(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("this test needs root and must run in CI")
		}
		t.Skip("SKIPPED: this test mounts an image and needs root")
	}
	kept := 0
	for range 4 {
		work := t.TempDir()
		image, cut, disk := filepath.Join(work, "disk.img"), filepath.Join(work, "cut.img"), filepath.Join(work, "disk")
		run(t, "truncate", "-s", "32M", image)
		run(t, "mkfs.ext4", "-q", "-F", image)
		unmount := mount(t, image, disk)
		st := tell(t, disk, func(p *os.Process) {
			time.Sleep(time.Duration(50+rand.IntN(150)) * time.Millisecond)
			if err := p.Signal(syscall.SIGSTOP); err != nil {
				t.Error(err)
			}
			time.Sleep(20 * time.Millisecond)
			run(t, "cp", image, cut)
			p.Kill()
		})
		unmount()
		unmount = mount(t, cut, disk) // replays the journal
		kept += len(st.kept)
		st.check(t, disk)
		unmount()
	}
	if kept < 20 {
		t.Fatalf("only %d records were kept: this tested nothing", kept)
	}
	t.Logf("%d records kept before the cuts", kept)
}

func TestDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("this test needs root and must run in CI")
		}
		t.Skip("SKIPPED: this test mounts a small file system and needs root")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	s := open(t, disk, Limits{Records: 100_000, Bytes: 1 << 30})
	// Somebody fills the disk to the last block.
	filler, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = filler.Write(make([]byte, 4096))
	}
	filler.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	// The reserve still takes some; then Put says what is wrong.
	kept := map[string]bool{}
	for err = nil; err == nil && len(kept) < 5000; {
		i := newIncident(t, incident.High, strconv.Itoa(len(kept)))
		if err = s.Put(t.Context(), i); err == nil {
			kept[i.ID] = true
		}
	}
	if !errors.Is(err, syscall.ENOSPC) || len(kept) < 500 {
		t.Fatalf("%d kept in the reserve, then %v", len(kept), err)
	}
	if left, _ := filepath.Glob(filepath.Join(disk, "spool", temporary+"*")); len(left) > 0 {
		t.Errorf("left %d half-written files", len(left))
	}
	// Everything kept is there, a restart on the full disk included, and room
	// made is used.
	s.Close()
	s = open(t, disk, Limits{Records: 100_000, Bytes: 1 << 30})
	for _, i := range drain(t, s) {
		delete(kept, i.ID)
	}
	if len(kept) > 0 {
		t.Errorf("%d kept records are lost", len(kept))
	}
	put(t, s, newIncident(t, incident.High, "after"))
	if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
		t.Fatal(err)
	}
	drain(t, s)
	if info, err := os.Stat(filepath.Join(disk, "spool", reserveFile)); err != nil || info.Size() != reserveSize {
		t.Errorf("the reserve was not restored: %v", err)
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", name, err, out)
	}
}

func mount(t *testing.T, image, at string) (unmount func()) {
	t.Helper()
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, "mount", "-o", "loop", image, at)
	mounted := true
	unmount = func() {
		if mounted {
			mounted = false
			run(t, "umount", at)
		}
	}
	t.Cleanup(unmount)
	return unmount
}
