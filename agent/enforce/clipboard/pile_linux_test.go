package clipboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gofs "github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/control"
	sensor "github.com/trustline/trustline/agent/sensor/clipboard"
)

// service stands in the service's place and keeps what it was handed.
type service struct {
	socket string
	mu     sync.Mutex
	files  map[string]string // name of each file, its content
	why    map[string]string
	bytes  int64
}

func serve(t *testing.T) *service {
	t.Helper()
	s := &service{socket: filepath.Join(t.TempDir(), "control.sock"), files: map[string]string{}, why: map[string]string{}}
	l, err := control.Listen(s.socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &control.Server{ClipFile: s.judge, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()
	t.Cleanup(func() { cancel(); <-ended })
	return s
}

func (s *service) judge(_ context.Context, _ control.Caller, f control.ClipFile) (control.Verdict, error) {
	var head strings.Builder
	n, err := io.CopyN(&head, f.Content, 100)
	if err == nil {
		var rest int64
		rest, err = io.Copy(io.Discard, f.Content)
		n += rest
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return control.Verdict{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := filepath.Base(f.Path)
	s.files[name], s.why[name] = head.String(), f.Content.Incomplete()
	s.bytes += n
	return control.Verdict{Action: "allow"}, nil
}

// lookAt has files looked at and answers the names the service was told.
func (s *service) lookAt(t *testing.T, paths ...string) []string {
	t.Helper()
	s.files, s.why, s.bytes = map[string]string{}, map[string]string{}, 0
	log := slog.New(slog.DiscardHandler)
	c := &Clipboard{Socket: s.socket, Environment: func(string) string { return "" }, Log: log}
	l := lookup{sensor: sensor.New(c.Environment, log), copied: sensor.Copy{Time: time.Now(), Files: paths}}
	if err := c.lookAt(t.Context(), l, make(chan struct{}, maxStuck)); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var told []string
	for name := range s.files {
		told = append(told, name)
	}
	slices.Sort(told)
	return told
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFilesAndFoldersAreHandedOver(t *testing.T) {
	s, dir := serve(t), t.TempDir()
	a, folder := write(t, filepath.Join(dir, "a.csv"), "one"), filepath.Join(dir, "folder")
	write(t, filepath.Join(folder, "b.csv"), "two")
	write(t, filepath.Join(folder, "deep", "er", "c.csv"), "three")
	write(t, filepath.Join(folder, "empty"), "")
	linked := filepath.Join(dir, "link.csv")
	loop := filepath.Join(folder, "loop")
	fifo, sock := filepath.Join(folder, "fifo"), filepath.Join(dir, "fifo")
	if err := errors.Join(os.Symlink(a, linked), os.Symlink(folder, loop), unix.Mkfifo(fifo, 0o666), unix.Mkfifo(sock, 0o666)); err != nil {
		t.Fatal(err)
	}
	got := s.lookAt(t, a, folder, linked, sock, "/dev/zero", "/dev/tty", filepath.Join(dir, "gone"), "/proc/kmsg", "\x00", "")
	if want := []string{"a.csv", "b.csv", "c.csv", "link.csv"}; !slices.Equal(got, want) {
		t.Errorf("told of %q, want %q", got, want)
	}
	if s.files["a.csv"] != "one" || s.files["link.csv"] != "one" || s.files["c.csv"] != "three" || s.why["a.csv"] != "" {
		t.Errorf("judged %q", s.files)
	}
}

func TestWhatIsBeyondTheBoundsIsTold(t *testing.T) {
	s, dir := serve(t), t.TempDir()
	var many []string
	for n := range maxFiles + 30 {
		many = append(many, write(t, filepath.Join(dir, "many", fmt.Sprintf("%03d", n)), "x"))
	}
	for n := range maxEntries {
		write(t, filepath.Join(dir, "crowd", "sub", fmt.Sprint(n)), "")
	}
	for depth, at := 0, filepath.Join(dir, "deep"); depth < 60; depth++ {
		at = filepath.Join(at, "d")
		write(t, filepath.Join(at, fmt.Sprintf("f%02d", depth)), "x")
	}
	big := write(t, filepath.Join(dir, "big.bin"), "the beginning")
	sparse := write(t, filepath.Join(dir, "sparse"), "")
	if err := errors.Join(os.Truncate(big, maxBytes+1), os.Truncate(sparse, 1<<40)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what  string
		paths []string
		files int
		left  string // one record about what was left
	}{
		{"many files", many, maxFiles, "100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, … (+10)"},
		{"a folder of many", []string{filepath.Join(dir, "many")}, maxFiles, "many"},
		{"a crowded folder", []string{filepath.Join(dir, "crowd"), many[0]}, 1, "crowd"},
		{"a deep folder", []string{filepath.Join(dir, "deep")}, 60, ""},
	} {
		got := s.lookAt(t, c.paths...)
		told := slices.Contains(got, c.left)
		if told != (c.left != "") || len(got) != c.files && !told || told && (len(got) != c.files+1 || s.why[c.left] != "too-large" || s.files[c.left] != "") {
			t.Errorf("%s: told of %d files, left %v: %q %q", c.what, len(got), told, got, s.why[c.left])
		}
	}
	if got := s.lookAt(t, sparse, big, many[0]); len(got) != 3 || s.why["000"] != "" || s.why["big.bin"] != "too-large" || s.why["sparse"] != "too-large" ||
		!strings.HasPrefix(s.files["big.bin"], "the beginning") || s.bytes != 1+2*maxHead {
		t.Errorf("of big files %d bytes were judged: %q %q", s.bytes, got, s.why)
	}
	var halves []string
	for n := range 5 {
		halves = append(halves, write(t, filepath.Join(dir, fmt.Sprintf("half%d", n)), ""))
		if err := os.Truncate(halves[n], maxBytes/2); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.lookAt(t, halves...); s.bytes != maxBytes || !slices.Equal(got, []string{"half0", "half1", "half2, half3, half4"}) {
		t.Errorf("of big files %d bytes were judged: %q %q", s.bytes, got, s.why)
	}
}

// What grows while it is read has an end all the same.
func TestFileThatGrowsHasAnEnd(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "log"), "x")
	if err := os.Truncate(path, 1<<40); err != nil { // it had one byte when it was found
		t.Fatal(err)
	}
	p := &pile{pieces: make(chan piece), done: make(chan struct{})}
	defer p.close()
	room := int64(10*chunk + 5)
	go p.read(0, found{path, 1}, &room)
	if begin := <-p.pieces; !begin.begin {
		t.Fatalf("it begins with %+v", begin)
	}
	c := &content{ctx: t.Context(), pile: p}
	if n, err := io.Copy(io.Discard, c); n != 10*chunk+5 || err != nil || c.Incomplete() != sensor.TooLarge {
		t.Errorf("%d bytes were read, incomplete %q: %v", n, c.Incomplete(), err)
	}
}

// stuck is a file system whose files never answer.
type stuck struct {
	gofs.Inode
	on      string // what does not
	release chan struct{}
}

func (s *stuck) OnAdd(ctx context.Context) {
	s.AddChild("file.csv", s.NewPersistentInode(ctx, &stuckFile{on: s.on, release: s.release}, gofs.StableAttr{Mode: syscall.S_IFREG}), false)
}

type stuckFile struct {
	gofs.Inode
	on      string
	release chan struct{}
}

func (f *stuckFile) wait(on string) {
	if f.on == on {
		<-f.release
	}
}

func (f *stuckFile) Getattr(_ context.Context, _ gofs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	f.wait("stat")
	out.Mode, out.Size = syscall.S_IFREG|0o644, 1<<20
	return 0
}

func (f *stuckFile) Open(context.Context, uint32) (gofs.FileHandle, uint32, syscall.Errno) {
	f.wait("open")
	return nil, fuse.FOPEN_DIRECT_IO, 0
}

func (f *stuckFile) Read(_ context.Context, _ gofs.FileHandle, b []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	if off > 0 {
		f.wait("read")
	}
	return fuse.ReadResultData(b), 0
}

func (f *stuckFile) Flush(context.Context, gofs.FileHandle) syscall.Errno {
	f.wait("close")
	return 0
}

// A file system of somebody's own that never answers costs the one copy, and
// holds up neither the helper nor the service.
func TestFileSystemThatHangsIsLeftBehind(t *testing.T) {
	if _, err := os.Stat("/dev/fuse"); os.Geteuid() != 0 || err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("this test mounts a file system and needs root and /dev/fuse")
		}
		t.Skip("SKIPPED: mounts a file system, which needs root and /dev/fuse")
	}
	after := write(t, filepath.Join(t.TempDir(), "after.csv"), "after")
	for on, want := range map[string][]string{
		"stat":  {"file.csv, after.csv"},
		"open":  {"after.csv", "file.csv"},
		"read":  {"after.csv", "file.csv"},
		"close": {"after.csv", "file.csv"},
	} {
		t.Run(on, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			at := filepath.Join(t.TempDir(), "mount")
			if err := os.Mkdir(at, 0o755); err != nil {
				t.Fatal(err)
			}
			release := make(chan struct{})
			mounted, err := gofs.Mount(at, &stuck{on: on, release: release}, &gofs.Options{MountOptions: fuse.MountOptions{DirectMount: true}})
			if err != nil {
				t.Fatal(err)
			}
			defer mounted.Unmount()
			defer close(release)
			got := s.lookAt(t, filepath.Join(at, "file.csv"), after)
			if on == "stat" { // the mounting itself may have looked
				if len(got) == 0 {
					t.Error("nothing was told")
				}
			} else if !slices.Equal(got, want) {
				t.Errorf("told of %q, want %q", got, want)
			}
			if on != "close" && s.why["file.csv"] != "timed-out" && s.why["file.csv, after.csv"] != "timed-out" {
				t.Errorf("told of %q", s.why)
			}
		})
	}
}

// Readers left behind are bounded: then nothing is read, and that is told.
func TestNothingIsReadWhileReadersAreStuck(t *testing.T) {
	s := serve(t)
	path := write(t, filepath.Join(t.TempDir(), "a.csv"), "one")
	log := slog.New(slog.DiscardHandler)
	c := &Clipboard{Socket: s.socket, Environment: func(string) string { return "" }, Log: log}
	stuck := make(chan struct{}, maxStuck)
	for range maxStuck {
		stuck <- struct{}{}
	}
	if err := c.lookAt(t.Context(), lookup{sensor: sensor.New(c.Environment, log), copied: sensor.Copy{Files: []string{path}}}, stuck); err != nil {
		t.Fatal(err)
	}
	if s.files["a.csv"] != "" || s.why["a.csv"] != "timed-out" {
		t.Errorf("told of %q: %q", s.files, s.why)
	}
}

func TestPersonsOwnRightsDecide(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything; TestClipboardOfFiles looks as an employee")
	}
	s := serve(t)
	path := write(t, filepath.Join(t.TempDir(), "a.csv"), "one")
	if err := os.Chmod(path, fs.FileMode(0)); err != nil {
		t.Fatal(err)
	}
	if got := s.lookAt(t, path); len(got) != 0 {
		t.Errorf("told of %q", got)
	}
}
