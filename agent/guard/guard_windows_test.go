package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/winfsp/cgofuse/fuse"
	"golang.org/x/sys/windows"

	"github.com/trustline/trustline/agent/guard/letters"
	"github.com/trustline/trustline/rules/activity"
)

// Without WinFsp the answer is that, and nothing is done.
func TestWindowsWithoutLibrary(t *testing.T) {
	if _, err := libraryPath(); err == nil {
		t.Skip("SKIPPED: WinFsp is registered here")
	}
	if err := Possible(); !errors.Is(err, ErrNoLibrary) {
		t.Errorf("possible: %v", err)
	}
	if _, err := loadLibrary(filepath.Join(folder(t), libraryName)); !errors.Is(err, ErrNoLibrary) {
		t.Errorf("a library that is not there: %v", err)
	}
	m := Medium{MountPoint: `E:\`, Device: activity.Device{Node: "E:", FileSystem: "exfat"}}
	if _, err := Start(t.Context(), m, markerJudge{}, Options{Scratch: folder(t), Log: slog.New(slog.DiscardHandler)}); !errors.Is(err, ErrNoLibrary) {
		t.Errorf("a guard without it: %v", err)
	}
}

func TestWindowsMediaThatAreNotGuarded(t *testing.T) {
	for _, system := range []string{"ntfs", "refs", "udf", "", "FAT32 "} {
		m := Medium{MountPoint: `E:\`, Device: activity.Device{Node: "E:", FileSystem: system}}
		if err := CanGuard(m); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%q: %v", system, err)
		}
	}
	if err := CanGuard(Medium{MountPoint: `\\server\share`, Device: activity.Device{FileSystem: "fat32"}}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a share: %v", err)
	}
}

// Every call as WinFsp makes it, without it.
func TestWindowsFace(t *testing.T) {
	o := newOverlayUnderTest(t)
	f := &face{o: o.overlay, actor: func() activity.Actor { return process(os.Getpid()) }, size: func() (int64, int64, error) { return room(o.dir) }, started: make(chan struct{})}
	f.Init()
	f.Init()
	var room fuse.Statfs_t
	if f.Statfs("/", &room) != 0 || room.Blocks == 0 || room.Bfree > room.Blocks {
		t.Errorf("statfs: %+v", room)
	}
	code, fh := f.Create("/f.txt", 0, 0o777)
	if code != 0 {
		t.Fatalf("create: %d", code)
	}
	if again, _ := f.Create("/f.txt", 0, 0o777); again != -fuse.EEXIST {
		t.Errorf("created again: %d", again)
	}
	if n := f.Write("/f.txt", []byte("harmless"), 0, fh); n != 8 {
		t.Errorf("write: %d", n)
	}
	when := fuse.NewTimespec(time.Date(2020, 1, 2, 3, 4, 6, 0, time.UTC)) // FAT counts in two seconds
	if code := f.Chflags("/f.txt", fuse.UF_HIDDEN|fuse.UF_ARCHIVE); code != 0 {
		t.Errorf("attributes: %d", code)
	}
	if code := f.Utimens("/f.txt", []fuse.Timespec{when, when}); code != 0 {
		t.Errorf("times: %d", code)
	}
	f.Release("/f.txt", fh)
	var st fuse.Stat_t
	if f.Getattr("/F.TXT", &st, ^uint64(0)) != 0 || st.Size != 8 || st.Mtim != when || st.Mode&fuse.S_IFMT != fuse.S_IFREG {
		t.Errorf("stat: %+v", st)
	}
	for what, code := range map[string]int{
		"link": f.Link("/f.txt", "/g"), "symlink": f.Symlink("/f.txt", "/g"), "mknod": f.Mknod("/g", 0, 0),
		"xattr": f.Setxattr("/f.txt", "a", []byte(marker), 0), "owner": f.Chown("/f.txt", 1, 1),
	} {
		if code != -fuse.ENOSYS {
			t.Errorf("%s: %d", what, code)
		}
	}
	if f.Mkdir("/d", 0) != 0 || f.Rename("/f.txt", "/d/g") != 0 || f.Unlink("/d") != -fuse.EISDIR || f.Rmdir("/d") != -fuse.ENOTEMPTY {
		t.Error("folders")
	}
	if f.Unlink("/d/g") != 0 || f.Rmdir("/d") != 0 || f.Getattr("/d", &st, ^uint64(0)) != -fuse.ENOENT {
		t.Error("removing")
	}
	o.has(nil)
	if !strings.HasSuffix(f.actor().Program, ".exe") || f.actor().User == "" {
		t.Errorf("who asks is %+v", f.actor())
	}
}

func TestWindowsAnswers(t *testing.T) {
	for err, want := range map[error]int{
		fs.ErrNotExist: fuse.ENOENT, syscall.EACCES: fuse.EACCES, windows.ERROR_ACCESS_DENIED: fuse.EACCES, windows.ERROR_DISK_FULL: fuse.ENOSPC,
		wrapScratch(windows.ERROR_DISK_FULL): fuse.ENOSPC, windows.ERROR_NOT_READY: fuse.EIO, windows.ERROR_DEVICE_NOT_CONNECTED: fuse.EIO,
		errors.New("anything"): fuse.EIO, windows.ERROR_WRITE_PROTECT: fuse.EROFS, &os.PathError{Err: windows.ERROR_FILE_NOT_FOUND}: fuse.ENOENT,
	} {
		if got := answer(err); got != -want {
			t.Errorf("%v is answered %d, want %d", err, got, -want)
		}
	}
}

// standIn is WinFsp's, as testdata/winfsp.c plays it.
type standIn struct {
	t      *testing.T
	do     *syscall.Proc
	refuse *syscall.Proc
	late   *syscall.Proc
}

func needStandIn(t *testing.T) *standIn {
	t.Helper()
	path, err := libraryPath()
	if err != nil {
		t.Skip("SKIPPED: no stand-in for WinFsp is registered here")
	}
	version, err := Library()
	if err != nil || version != "2.1" {
		t.Fatalf("version %q, %v", version, err)
	}
	dll, err := syscall.LoadDLL(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &standIn{t: t}
	for name, proc := range map[string]**syscall.Proc{"standin_do": &s.do, "standin_refuse": &s.refuse, "standin_late": &s.late} {
		if *proc, err = dll.FindProc(name); err != nil {
			t.Skipf("SKIPPED: this is no stand-in: %v", err)
		}
	}
	return s
}

// call has a thread of the stand-in's own call back, and answers what came of it.
func (s *standIn) call(parts ...string) string {
	s.t.Helper()
	command, answer := append([]byte(strings.Join(parts, "|")), 0), make([]byte, 4096)
	if r, _, err := s.do.Call(uintptr(unsafe.Pointer(&command[0])), uintptr(unsafe.Pointer(&answer[0]))); r != 0 {
		s.t.Fatalf("stand-in: %v", err)
	}
	text, _, _ := bytes.Cut(answer, []byte{0})
	return string(text)
}

func (s *standIn) expect(want string, parts ...string) {
	s.t.Helper()
	if got := s.call(parts...); got != want {
		s.t.Errorf("%.60q answers %q, want %q", parts, got, want)
	}
}

// handle is for create and open.
func (s *standIn) handle(parts ...string) string {
	s.t.Helper()
	code, fh, _ := strings.Cut(s.call(parts...), " ")
	if code != "0" {
		s.t.Fatalf("%q: %s", parts, code)
	}
	return fh
}

const quiet = "Q:"

func servedAt(t *testing.T, dir string, j Judge) (*Guard, error) {
	t.Helper()
	return servedWithin(t.Context(), t, dir, j)
}

// servedWithin gives up when the context ends.
func servedWithin(ctx context.Context, t *testing.T, dir string, j Judge) (*Guard, error) {
	t.Helper()
	v, err := openVolume(dir)
	must(t, err)
	k, err := letters.New(filepath.Join(folder(t), letters.FileName), slog.New(slog.DiscardHandler))
	must(t, err)
	g := &Guard{
		medium: Medium{MountPoint: quiet + `\`, Channel: activity.RemovableMedia, Device: activity.Device{Node: quiet, FileSystem: "exfat"}},
		log:    slog.New(slog.DiscardHandler), ended: make(chan struct{}), letters: k, taken: letters.Taken{Letter: quiet, Volume: `\\?\Volume{0b1946c2-72f1-11f0-a7c2-000000000000}\`},
	}
	return g, g.serve(ctx, j, v, options("exfat", "STICK", 0x1234abcd), folder(t))
}

// noting is a judge that notes who writes.
type noting struct {
	markerJudge
	who chan activity.Actor
}

func (n noting) Open(a activity.Activity) Judgement {
	select {
	case n.who <- a.Actor:
	default:
	}
	return n.markerJudge.Open(a)
}

// The guard is started, called by threads of another language in the order in
// which WinFsp's layer calls, and taken away again.
func TestWindowsGuardServesTheStandIn(t *testing.T) {
	s, dir, judge := needStandIn(t), folder(t), noting{who: make(chan activity.Actor, 1)}
	g, err := servedAt(t, dir, judge)
	must(t, err)
	if g.State() != Guarding {
		t.Fatalf("it is %s", g.State())
	}
	onMedium := func() (names []string) {
		list, err := os.ReadDir(dir)
		must(t, err)
		for _, e := range list {
			content, _ := os.ReadFile(filepath.Join(dir, e.Name()))
			if bytes.Contains(content, []byte(marker)) {
				t.Errorf("the marker is in %s", e.Name())
			}
			names = append(names, e.Name())
		}
		return names
	}
	denied := fmt.Sprint(-fuse.EACCES)
	// As CopyFile does: a harmless file arrives, with its time; a list does not,
	// and the program is told in the call that writes it.
	long := strings.Repeat("harmless words ", 1000)
	s.expect("done 0", "copy", "/plan.txt", long)
	if content, err := os.ReadFile(filepath.Join(dir, "plan.txt")); string(content) != long {
		t.Errorf("copied: %d bytes (%v)", len(content), err)
	}
	if got := s.call("stat", "/PLAN.TXT"); !strings.HasPrefix(got, fmt.Sprintf("0 %d 1577934245 100777", len(long))) {
		t.Errorf("its description: %s", got)
	}
	s.expect("write "+denied, "copy", "/list.csv", long[:9000]+marker+long[:3000])
	if who := <-judge.who; who.PID != os.Getpid() || !strings.HasSuffix(who.Program, ".exe") {
		t.Errorf("it was written by %+v", who)
	}
	// In disorder: told when times are set, attributes are, it is flushed, or renamed.
	for what, last := range map[string]func(fh string) []string{
		"times":      func(string) []string { return []string{"utimens", "/x"} },
		"attributes": func(string) []string { return []string{"chflags", "/x", "800"} },
		"flush":      func(fh string) []string { return []string{"sync", fh} },
		"rename":     func(string) []string { return []string{"rename", "/x", "/y"} },
	} {
		fh := s.handle("create", "/x")
		s.expect(strconv.Itoa(len(marker)-3), "write", fh, "3", marker[3:])
		s.expect("3", "write", fh, "0", marker[:3])
		if got := s.call(last(fh)...); got != denied {
			t.Errorf("%s: %s", what, got)
		}
		s.expect("0", "release", fh)
	}
	// Only closed: nobody can be told, and nothing is there.
	fh := s.handle("create", "/x")
	s.call("write", fh, "3", marker[3:])
	s.call("write", fh, "0", marker[:3])
	s.expect("0", "release", fh)
	// What Windows' private characters can spell of names is refused.
	for _, name := range []string{"/plan.txt:stream", `/a\b`} {
		if got := s.call("create", name); !strings.HasPrefix(got, denied+" ") {
			t.Errorf("%s: %s", name, got)
		}
	}
	s.expect(fmt.Sprint(-fuse.ENOSYS), "link", "/plan.txt", "/l")
	s.expect(fmt.Sprint(-fuse.ENOSYS), "setxattr", "/plan.txt", "user.a", marker)
	s.expect("./../plan.txt/", "list", "/")
	fh = s.handle("open", "/plan.txt", "0")
	if got := s.call("read", fh, "9"); !strings.HasPrefix(got, long[9:100]) {
		t.Errorf("read: %.100s", got)
	}
	// Pages that a writer has mapped come by a reader's handle, too.
	s.expect(strconv.Itoa(len(marker)), "write", fh, "0", marker)
	s.expect(denied, "sync", fh)
	s.expect("0", "release", fh)
	if got := onMedium(); len(got) != 1 {
		t.Errorf("on the medium are %q", got)
	}
	if !reachable(quiet) {
		t.Error("people do not find it")
	}

	// Stopped while a list and a harmless file are open.
	s.call("write", s.handle("create", "/open.txt"), "0", "harmless")
	fh = s.handle("create", "/open.csv")
	s.call("write", fh, "3", marker[3:])
	s.call("write", fh, "0", marker[:3])
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	must(t, g.Stop(ctx))
	if got := onMedium(); g.State() != Released || len(got) != 2 || got[0] != "open.txt" {
		t.Errorf("it is %s, on the medium are %q", g.State(), got)
	}
	if reachable(quiet) {
		t.Error("the letter leads to the guard still")
	}
}

// What does not come to stand says so and leaves nothing.
func TestWindowsGuardRefusedByTheStandIn(t *testing.T) {
	s, dir := needStandIn(t), folder(t)
	_, _, _ = s.refuse.Call(1)
	if g, err := servedAt(t, dir, markerJudge{}); err == nil || g.State() == Guarding || reachable(quiet) {
		t.Errorf("refused: %v", err)
	}
	g, err := servedAt(t, dir, markerJudge{}) // the next time
	must(t, err)
	must(t, g.Stop(t.Context()))
}

// What comes to stand after it was given up is taken away again, and does not keep
// the next one from standing.
func TestWindowsGuardThatComesLate(t *testing.T) {
	s, dir := needStandIn(t), folder(t)
	const late = mounting + 2*time.Second // Start has given up all waiting by then
	_, _, _ = s.late.Call(uintptr(late.Milliseconds()))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	g, err := servedWithin(ctx, t, dir, markerJudge{})
	if err == nil || g.State() == Guarding || reachable(quiet) {
		t.Fatalf("it is %s, %v", g.State(), err)
	}
	select {
	case <-g.Ended():
	case <-time.After(time.Minute):
		t.Fatal("it stands at the letter although it was given up")
	}
	if g.State() != Released || reachable(quiet) {
		t.Errorf("it is %s", g.State())
	}
	g, err = servedAt(t, dir, markerJudge{})
	must(t, err)
	must(t, g.Stop(t.Context()))
}

// Times that a program sets once it has closed a file are kept, and the file stays
// the guard's own.
func TestWindowsGuardTimesAfterClosing(t *testing.T) {
	s, dir := needStandIn(t), folder(t)
	g, err := servedAt(t, dir, markerJudge{})
	must(t, err)
	fh := s.handle("create", "/f.txt")
	s.expect("8", "write", fh, "0", "harmless")
	s.expect("0", "release", fh)
	reader := s.handle("open", "/f.txt", "0")
	s.expect("0", "utimens", "/f.txt")
	const shown = "0 8 1577934245 "
	if got := s.call("stat", "/f.txt"); !strings.HasPrefix(got, shown) {
		t.Errorf("while somebody reads: %s", got)
	}
	s.expect("0", "release", reader)
	info, err := os.Stat(filepath.Join(dir, "f.txt"))
	must(t, err)
	if got := s.call("stat", "/f.txt"); !strings.HasPrefix(got, shown) || info.ModTime().Unix() != 1577934245 || !g.Wrote("f.txt", info) {
		t.Errorf("%s; on the medium %v, own: %v", got, info.ModTime(), g.Wrote("f.txt", info))
	}
	must(t, g.Stop(t.Context()))
}

// A volume that is pulled out ends its guard.
func TestWindowsGuardOfAVolumeThatGoes(t *testing.T) {
	needStandIn(t)
	g, err := servedAt(t, folder(t), markerJudge{})
	must(t, err)
	go g.watch() // its volume was never there
	select {
	case <-g.Ended():
	case <-time.After(time.Minute):
		t.Fatal("it goes on")
	}
	if g.State() != Gone || reachable(quiet) {
		t.Errorf("it is %s", g.State())
	}
}
