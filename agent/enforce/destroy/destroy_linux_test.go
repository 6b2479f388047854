package destroy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const content = "13812345678\n13912345678\n"

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// place makes a folder with the file in it.
func place(t *testing.T) (dir, path string, o Order) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "share")
	path = filepath.Join(dir, "numbers.txt")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		t.Fatal(err)
	}
	return dir, path, Order{Path: path, SHA256: sum(content), Tag: "0190aaaa"}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left in the folder: %v %v", left, err)
	}
}

func TestAFileIsOverwrittenAndGone(t *testing.T) {
	dir, path, o := place(t)
	// Whoever holds it open sees what becomes of the content.
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	marks := 0
	o.Moved = func(mark string) error { marks++; return nil }
	n, err := Do(t.Context(), o)
	if err != nil || n != int64(len(content)) || marks != 1 {
		t.Fatalf("%d bytes, %d marks: %v", n, marks, err)
	}
	empty(t, dir)
	left := make([]byte, len(content))
	if _, err := f.ReadAt(left, 0); err != nil || bytes.Contains(left, []byte("138123")) {
		t.Errorf("the content is there: %q %v", left, err)
	}
	if _, err := Do(t.Context(), o); !errors.Is(err, ErrGone) {
		t.Errorf("once more: %v", err)
	}
}

// Whatever is not the file that was meant stays as it is.
func TestAnotherFileStays(t *testing.T) {
	for name, c := range map[string]struct {
		swap func(t *testing.T, dir, path string)
		want error
	}{
		"another content":   {func(t *testing.T, _, p string) { must(t, os.WriteFile(p, []byte("something else"), 0o644)) }, ErrChanged},
		"more content":      {func(t *testing.T, _, p string) { must(t, os.WriteFile(p, []byte(content+"x"), 0o644)) }, ErrChanged},
		"a symbolic link":   {func(t *testing.T, d, p string) { must(t, os.Rename(p, d+"/other"), os.Symlink(d+"/other", p)) }, ErrNotFile},
		"a second name":     {func(t *testing.T, d, p string) { must(t, os.Link(p, d+"/other")) }, ErrLinked},
		"a folder":          {func(t *testing.T, _, p string) { must(t, os.Remove(p), os.Mkdir(p, 0o755)) }, ErrNotFile},
		"a pipe":            {func(t *testing.T, _, p string) { must(t, os.Remove(p), syscall.Mkfifo(p, 0o644)) }, ErrNotFile},
		"a linked folder":   {func(t *testing.T, d, _ string) { must(t, os.Rename(d, d+".real"), os.Symlink(d+".real", d)) }, ErrNotFile},
		"a folder swapped":  {func(t *testing.T, d, _ string) { must(t, os.Rename(d, d+".real"), os.Mkdir(d, 0o755)) }, ErrGone},
		"a file as folder":  {func(t *testing.T, d, _ string) { must(t, os.Rename(d, d+".real"), os.WriteFile(d, nil, 0o644)) }, ErrNotFile},
		"nothing there":     {func(t *testing.T, _, p string) { must(t, os.Remove(p)) }, ErrGone},
		"the name is taken": {func(t *testing.T, d, _ string) { must(t, os.WriteFile(d+"/.trustline-0190aaaa", nil, 0o644)) }, os.ErrExist},
	} {
		dir, path, o := place(t)
		c.swap(t, dir, path)
		if _, err := Do(t.Context(), o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		for _, p := range []string{dir + "/other", dir + ".real/numbers.txt"} {
			if raw, err := os.ReadFile(p); err == nil && string(raw) != content {
				t.Errorf("%s: %s was written to", name, p)
			}
		}
	}
	dir, _, o := place(t)
	for _, p := range []string{"numbers.txt", dir + "/../share/numbers.txt", dir + "//numbers.txt"} {
		o.Path = p
		if _, err := Do(t.Context(), o); !errors.Is(err, ErrNotFile) {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// Somebody puts another file under the name, again and again, while it is
// destroyed: only ever the content that was meant is overwritten.
func TestASwapInTheMiddle(t *testing.T) {
	const innocent = "meeting at ten\n"
	for range 300 {
		dir, path, o := place(t)
		other := dir + ".other"
		must(t, os.WriteFile(other, []byte(innocent), 0o644))
		var stop atomic.Bool
		done := make(chan struct{})
		go func() {
			defer close(done)
			for !stop.Load() {
				_ = syscall.Rename(other, path) // may come too late
			}
		}()
		_, err := Do(t.Context(), o)
		stop.Store(true)
		<-done
		raw, readErr := os.ReadFile(path)
		if readErr != nil {
			raw, readErr = os.ReadFile(other)
		}
		if readErr != nil || string(raw) != innocent {
			t.Fatalf("the other file: %q %v; destroying: %v", raw, readErr, err)
		}
	}
}

var errCrash = errors.New("crash")

// A crash at any point is finished at the next start, or told.
func TestGoesOnAfterACrash(t *testing.T) {
	aside := func(dir string) string { return filepath.Join(dir, ".trustline-0190aaaa") }
	for name, c := range map[string]struct {
		crash func(dir, path string) (moved string)
		want  error
	}{
		"before anything": {func(string, string) string { return "" }, nil},
		"moved":           {func(d, p string) string { must(t, os.Rename(p, aside(d))); return "" }, nil},
		"moved and noted": {func(d, p string) string {
			must(t, os.Rename(p, aside(d)))
			return mark(t, aside(d))
		}, nil},
		"half overwritten": {func(d, p string) string {
			must(t, os.Rename(p, aside(d)))
			f, err := os.OpenFile(aside(d), os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteAt([]byte("xxxxxxxx"), 0)
			must(t, err, f.Close())
			return mark(t, aside(d))
		}, nil},
		"all but noted":      {func(_, p string) string { m := mark(t, p); must(t, os.Remove(p)); return m }, nil},
		"the folder as well": {func(d, p string) string { m := mark(t, p); must(t, os.RemoveAll(d), os.Mkdir(d, 0o755)); return m }, nil},
		"another in its place": {func(d, p string) string {
			m := mark(t, p)
			must(t, os.WriteFile(aside(d), []byte("other"), 0o644))
			return m
		}, ErrHalf},
		"another in its place, not noted": {func(d, p string) string {
			must(t, os.Remove(p), os.WriteFile(aside(d), []byte("other"), 0o644))
			return ""
		}, ErrChanged},
		"a link in its place": {func(d, p string) string { m := mark(t, p); must(t, os.Symlink(p, aside(d))); return m }, ErrHalf},
	} {
		dir, path, o := place(t)
		moved := c.crash(dir, path)
		_, err := Resume(t.Context(), o, moved)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil {
			empty(t, dir)
		}
	}
}

func mark(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	return markOf(info)
}

// The process is killed at any moment, for real: what it began is finished.
func TestKilledAtAnyPoint(t *testing.T) {
	if path := os.Getenv("DESTROY"); path != "" {
		o := Order{Path: path, SHA256: os.Getenv("DESTROY_SUM"), Tag: "0190aaaa", Moved: func(mark string) error {
			tmp := os.Getenv("DESTROY_MARK")
			return errors.Join(os.WriteFile(tmp+".new", []byte(mark), 0o600), os.Rename(tmp+".new", tmp))
		}}
		if _, err := Do(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return
	}
	big := bytes.Repeat([]byte(content), 1<<18) // 6 MiB
	finished := 0
	for n := range 25 {
		dir, path, o := place(t)
		must(t, os.WriteFile(path, big, 0o644))
		o.SHA256 = sum(string(big))
		note := dir + ".mark"
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledAtAnyPoint$")
		cmd.Env = append(os.Environ(), "DESTROY="+path, "DESTROY_SUM="+o.SHA256, "DESTROY_MARK="+note)
		must(t, cmd.Start())
		time.Sleep(time.Duration(n) * 2 * time.Millisecond)
		_ = cmd.Process.Kill() // unless it has ended
		if cmd.Wait() == nil {
			finished++
		}
		mark, err := os.ReadFile(note)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if _, err := Resume(t.Context(), o, string(mark)); err != nil {
			t.Fatalf("killed after %d ms, mark %q: %v", 2*n, mark, err)
		}
		empty(t, dir)
	}
	t.Logf("%d of 25 had ended before they were killed", finished)
}

// What cannot be noted is put back.
func TestWhatCannotBeNotedStays(t *testing.T) {
	_, path, o := place(t)
	o.Moved = func(string) error { return errCrash }
	if _, err := Do(t.Context(), o); !errors.Is(err, errCrash) {
		t.Errorf("%v", err)
	}
	if raw, err := os.ReadFile(path); err != nil || string(raw) != content {
		t.Errorf("%q %v", raw, err)
	}
}
