//go:build linux || windows

package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/activity"
)

// underTest is an overlay over a folder, with what tests do to it.
type underTest struct {
	*overlay
	t   testing.TB
	dir string
}

var somebody = activity.Actor{UID: 1001, PID: 42, Program: `C:\copy.exe`}

func overlayAt(t testing.TB, dir string, j Judge) *underTest {
	t.Helper()
	v, err := openVolume(dir)
	if err != nil {
		t.Fatal(err)
	}
	medium := Medium{MountPoint: `E:\`, Channel: activity.RemovableMedia}
	o := newOverlay(context.Background(), medium, j, v, folder(t), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { o.Finish(); _ = v.root.Close() })
	return &underTest{o, t, dir}
}

func newOverlayUnderTest(t testing.TB) *underTest {
	t.Helper()
	return overlayAt(t, folder(t), markerJudge{})
}

func (o *underTest) create(name string) uint64 {
	o.t.Helper()
	fh, err := o.Create(somebody, "/"+name)
	if err != nil {
		o.t.Fatalf("create %s: %v", name, err)
	}
	return fh
}

func (o *underTest) open(name string, writes bool) uint64 {
	o.t.Helper()
	fh, err := o.Open(somebody, "/"+name, writes)
	if err != nil {
		o.t.Fatalf("open %s: %v", name, err)
	}
	return fh
}

// put writes a file from its beginning to its end.
func (o *underTest) put(name, content string) {
	o.t.Helper()
	fh := o.create(name)
	must(o.t, o.Write(fh, []byte(content), 0))
	o.Release(fh)
}

// scattered writes a text so that a judge cannot follow it.
func (o *underTest) scattered(fh uint64, text string) {
	o.t.Helper()
	must(o.t, o.Write(fh, []byte(text[3:]), 3))
	must(o.t, o.Write(fh, []byte(text[:3]), 0))
}

func (o *underTest) fill(fh uint64, size int) error {
	chunk := bytes.Repeat([]byte("harmless "), 1<<13)
	for off := 0; off < size; off += len(chunk) {
		if err := o.Write(fh, chunk, int64(off)); err != nil {
			return err
		}
	}
	return nil
}

func (o *underTest) read(name string) string {
	o.t.Helper()
	fh := o.open(name, false)
	defer o.Release(fh)
	var all []byte
	b := make([]byte, 1<<16)
	for {
		n, err := o.Read(fh, b, int64(len(all)))
		all = append(all, b[:n]...)
		if errors.Is(err, io.EOF) {
			return string(all)
		}
		must(o.t, err)
	}
}

// has fails the test unless these files and no others are on the medium, and
// the overlay says the same; those called not must not be seen either.
func (o *underTest) has(want map[string]string, not ...string) {
	o.t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(o.dir, path)
		got[filepath.ToSlash(name)] = string(content)
		if bytes.Contains(content, []byte(marker)) {
			o.t.Errorf("the marker is on the medium, in %s", name)
		}
		return err
	})
	must(o.t, err)
	if want == nil {
		want = map[string]string{}
	}
	if !maps.Equal(got, want) {
		o.t.Errorf("on the medium are %.300q, want %.300q", fmt.Sprint(got), fmt.Sprint(want))
	}
	for name, content := range want {
		if seen := o.read(name); seen != content {
			o.t.Errorf("%s reads %.100q, want %.100q", name, seen, content)
		}
	}
	for _, name := range not {
		if _, err := o.Stat("/" + name); !errors.Is(err, fs.ErrNotExist) {
			o.t.Errorf("%s is still there: %v", name, err)
		}
	}
}

// refused fails the test unless something was not permitted.
func (o *underTest) refused(what string, err error) {
	o.t.Helper()
	if !errors.Is(err, fs.ErrPermission) {
		o.t.Errorf("%s: %v, want that it is not permitted", what, err)
	}
}

const list = "name,phone\n" + marker + "\n"

// lastCalls are what programs call after they have written, and whether the
// answer tells them.
var lastCalls = map[string]func(o *underTest, fh uint64) error{
	"set times":      func(o *underTest, _ uint64) error { return o.SetTimes("/f", [2]time.Time{time.Now(), time.Now()}) },
	"set attributes": func(o *underTest, _ uint64) error { return o.SetAttributes("/F", 32) },
	"flush":          func(o *underTest, fh uint64) error { return o.Sync(fh) },
	"rename":         func(o *underTest, _ uint64) error { return o.Rename(somebody, "/f", "/g") },
	"rename over":    func(o *underTest, _ uint64) error { return o.Rename(somebody, "/f", "/old") },
}

// A list is refused at the first call that comes after it, at the write that
// completes its announced size, or at the write that shows it; and in every case
// when it is closed. Nothing of it is on the medium.
func TestOverlayRefuses(t *testing.T) {
	for name, last := range lastCalls {
		o := newOverlayUnderTest(t)
		o.put("old", "as it was")
		fh := o.create("f")
		o.scattered(fh, list)
		o.refused(name, last(o, fh))
		o.refused(name+", written once more", o.Write(fh, []byte("more"), 0))
		o.Release(fh)
		o.has(map[string]string{"old": "as it was"}, "f", "g")
	}
	o := newOverlayUnderTest(t)
	fh := o.create("seen")
	o.refused("shown", o.Write(fh, []byte(list), 0))
	o.Release(fh)
	fh = o.create("closed")
	o.scattered(fh, list)
	o.Release(fh)
	o.has(nil, "seen", "closed")
}

// whole is a judge that cannot tell before it has everything, as of documents.
type whole struct{ markerJudge }

func (whole) Open(activity.Activity) Judgement { return &wholeJudgement{markerJudgement{lost: true}} }

type wholeJudgement struct{ markerJudgement }

func (*wholeJudgement) Write(context.Context, []byte) Verdict { return Allow }

// Programs that copy set the size first: the write that completes it fails.
func TestOverlayRefusesAtTheAnnouncedEnd(t *testing.T) {
	o := overlayAt(t, folder(t), whole{})
	fh := o.create("f")
	must(t, o.Truncate(fh, int64(len(list))))
	must(t, o.Write(fh, []byte(list[:9]), 0))
	o.refused("the last write", o.Write(fh, []byte(list[9:]), 9))
	o.Release(fh)
	o.has(nil, "f")

	fh = o.create("g")
	must(t, o.Truncate(fh, 8))
	must(t, o.Write(fh, []byte("harmless"), 0))
	if content, err := os.ReadFile(filepath.Join(o.dir, "g")); string(content) != "harmless" {
		t.Errorf("allowed, on the medium is %q (%v)", content, err)
	}
	o.refused("more than was announced", errors.Join(o.Write(fh, []byte(list), 8), o.Sync(fh)))
	o.Release(fh)
	o.has(nil, "g")
}

// It need not come in order.
func TestOverlayRefusesAtTheAnnouncedEndInDisorder(t *testing.T) {
	o := newOverlayUnderTest(t)
	fh := o.create("f")
	must(t, o.Truncate(fh, int64(len(list))))
	must(t, o.Write(fh, []byte(list[15:]), 15))
	must(t, o.Write(fh, []byte(list[:9]), 0))
	o.refused("the write between", o.Write(fh, []byte(list[9:15]), 9))
	o.Release(fh)
	o.has(nil, "f")
}

// What is harmless arrives whichever way it is written, with its times.
func TestOverlayLetsThrough(t *testing.T) {
	when := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	o := newOverlayUnderTest(t)
	must(t, o.Mkdir(somebody, "/d"))
	fh := o.create("d/f")
	if seen, err := o.List("/d"); err != nil || len(seen) != 1 || seen[0].Name != "f" {
		t.Errorf("being written, the folder shows %+v (%v)", seen, err)
	}
	must(t, o.SetTimes("/d/f", [2]time.Time{when, when})) // of nothing yet
	o.scattered(fh, "plans for monday")
	if got := o.read("D/F"); got != "plans for monday" {
		t.Errorf("others read %q of what is being written", got)
	}
	must(t, o.SetTimes("/d/f", [2]time.Time{when, when}))
	o.Release(fh)
	if info, err := os.Stat(filepath.Join(o.dir, "d", "f")); err != nil || !info.ModTime().Equal(when) {
		t.Errorf("times are not kept: %v", err)
	}
	o.Release(o.create("empty"))
	fh = o.create("sparse")
	must(t, o.Write(fh, []byte("end"), 1<<20))
	must(t, o.Truncate(fh, 1<<20))
	must(t, o.Truncate(fh, 3))
	o.Release(fh)
	o.put("document.tmp", "second version")
	o.put("document", "first version")
	must(t, o.Rename(somebody, "/document.tmp", "/document"))
	o.has(map[string]string{"d/f": "plans for monday", "empty": "", "sparse": "\x00\x00\x00", "document": "second version"}, "document.tmp")
	if info, err := os.Stat(filepath.Join(o.dir, "document")); err != nil || !o.Wrote("DOCUMENT", info) {
		t.Errorf("it does not know its own: %v", err)
	}
	strange := filepath.Join(o.dir, temporaryName())
	must(t, os.WriteFile(strange, nil, 0o600))
	if info, err := os.Stat(strange); err != nil || o.Wrote(filepath.Base(strange), info) {
		t.Errorf("it takes for its own what is called so: %v", err)
	}
	must(t, os.Remove(strange))
	must(t, o.Remove("/d/f"))
	must(t, o.RemoveFolder("/d"))
	if o.Waits() {
		t.Error("something waits")
	}
}

// A file that was there holds what it held when what is written over it is refused.
func TestOverlayKeepsWhatWasThere(t *testing.T) {
	ways := map[string]func(o *underTest, fh uint64) error{
		"partly": func(o *underTest, fh uint64) error { return o.Write(fh, []byte(marker), 4) },
		"behind": func(o *underTest, fh uint64) error { return o.Write(fh, []byte(marker), 12) },
		"anew": func(o *underTest, fh uint64) error {
			must(o.t, o.Truncate(fh, 0))
			return o.Write(fh, []byte(marker), 0)
		},
		"completed": func(o *underTest, fh uint64) error { return o.Write(fh, []byte(marker[:len(marker)-2]), 0) },
	}
	for name, way := range ways {
		o := newOverlayUnderTest(t)
		was := "what was there" + strings.Repeat(".", 4) + marker[len(marker)-2:]
		if name == "completed" {
			was = strings.Repeat("-", len(marker)-2) + marker[len(marker)-2:] + "tail"
		}
		o.put("f", was)
		fh := o.open("f", true)
		err := way(o, fh)
		o.refused(name, errors.Join(err, o.Sync(fh)))
		o.Release(fh)
		o.has(map[string]string{"f": was})
	}
}

// What two write together is one content; what is written after it was allowed
// is judged again.
func TestOverlayJudgesTogetherAndAgain(t *testing.T) {
	o := newOverlayUnderTest(t)
	one := o.create("f")
	two := o.open("F", true)
	must(t, o.Write(one, []byte(marker[:10]), 0))
	o.Release(one)
	o.has(nil) // the other may still write
	o.refused("the rest", o.Write(two, []byte(marker[10:]), 10))
	o.Release(two)
	o.has(nil, "f")

	fh := o.create("again")
	must(t, o.Write(fh, []byte("harmless"), 0))
	must(t, o.Sync(fh))
	o.has(map[string]string{"again": "harmless"})
	must(t, o.Write(fh, []byte(marker[1:]), 9))
	must(t, o.Write(fh, []byte(marker[:1]), 8))
	o.Release(fh)
	o.has(nil, "again")

	o.put("theirs", "harmless")
	fh = o.open("theirs", true)
	must(t, o.Write(fh, []byte("Harmless"), 0))
	must(t, o.Sync(fh))
	o.scattered(fh, list)
	reader := o.open("theirs", false)
	o.refused("sync", o.Sync(fh))
	o.Release(fh)
	if b := make([]byte, 8); true {
		if n, err := o.Read(reader, b, 0); n != 8 || string(b) != "Harmless" {
			t.Errorf("a reader sees %q (%v)", b, err)
		}
	}
	o.Release(reader)
	o.has(map[string]string{"theirs": "Harmless"})
}

// When the guard ends, what is harmless so far is there and nothing else.
func TestOverlayFinishes(t *testing.T) {
	o := newOverlayUnderTest(t)
	must(t, o.Write(o.create("f"), []byte("harmless"), 0))
	o.scattered(o.create("g"), list)
	if !o.Waits() {
		t.Error("nothing waits")
	}
	o.Finish()
	if o.Waits() {
		t.Error("something waits")
	}
	o.has(map[string]string{"f": "harmless"}, "g")
}

// Whatever order things are done in, the file holds what was written.
func TestOverlayHoldsWhatWasWritten(t *testing.T) {
	r, rounds := rand.New(rand.NewPCG(5, 6)), 20
	if testing.Short() {
		rounds = 4 // Wine is slow
	}
	for round := range rounds {
		o := newOverlayUnderTest(t)
		fh, want := o.create("f"), []byte{}
		for range 40 {
			switch r.IntN(8) {
			case 0:
				size := r.IntN(2 * chunkSize)
				must(t, o.Truncate(fh, int64(size)))
				want = append(want[:min(size, len(want))], make([]byte, max(0, size-len(want)))...)
			case 1:
				must(t, o.Sync(fh))
			case 2:
				o.Release(fh)
				fh = o.open("f", true)
			case 3:
				must(t, o.Rename(somebody, "/f", "/g"))
				must(t, o.Rename(somebody, "/g", "/f"))
			default:
				p, off := random(r, r.IntN(chunkSize)), r.IntN(chunkSize)
				must(t, o.Write(fh, p, int64(off)))
				want = append(want, make([]byte, max(0, off+len(p)-len(want)))...)
				copy(want[off:], p)
			}
			if got := o.read("f"); got != string(want) {
				t.Fatalf("round %d: reads otherwise than was written", round)
			}
		}
		o.Release(fh)
		if got, err := os.ReadFile(filepath.Join(o.dir, "f")); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("round %d: the medium holds otherwise than was written (%v)", round, err)
		}
	}
}

// Many at once, on the same names, get nothing past it.
func TestOverlayManyAtOnce(t *testing.T) {
	o := newOverlayUnderTest(t)
	names := []string{"a", "B", "b", "c"}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(worker)))
			for range 200 {
				name := "/" + names[r.IntN(len(names))]
				switch r.IntN(5) {
				case 0:
					_ = o.Remove(name)
				case 1:
					_ = o.Rename(somebody, name, "/"+names[r.IntN(len(names))])
				case 2:
					_, _ = o.List("/")
				default:
					fh, err := o.Create(somebody, name)
					if err != nil {
						fh, err = o.Open(somebody, name, true)
					}
					if err != nil {
						continue
					}
					text := fmt.Sprintf("%d %s", worker, []string{"harmless", marker}[r.IntN(2)])
					_ = o.Write(fh, []byte(text[2:]), 2)
					_ = o.Write(fh, []byte(text[:2]), 0)
					_ = o.SetTimes(name, [2]time.Time{time.Now(), time.Now()})
					o.Release(fh)
				}
			}
		})
	}
	all.Wait()
	o.Finish()
	left, err := os.ReadDir(o.dir)
	must(t, err)
	for _, f := range left {
		content, _ := os.ReadFile(filepath.Join(o.dir, f.Name()))
		if bytes.Contains(content, []byte(marker)) || !slices.Contains(names, f.Name()) {
			t.Errorf("%s holds %q", f.Name(), content)
		}
	}
}
