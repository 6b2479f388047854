//go:build linux || windows

package guard

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Names are judged, and those that mean more than a file are refused.
func TestOverlayNames(t *testing.T) {
	o := newOverlayUnderTest(t)
	o.put("f", "harmless")
	for _, name := range []string{
		marker, "f:stream", "f::$DATA", ":x", "x.", "x ", "..", "a/../f", `a\b`, "a*", "a?", "a\x01", "a<b", "a|b", "a\xff",
		temporaryName(), strings.ToUpper(temporaryName()), strings.Repeat("a", 5000),
	} {
		if _, err := o.Create(somebody, "/"+name); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("created %q: %v", name, err)
		}
		o.refused("folder "+name, o.Mkdir(somebody, "/"+name))
		o.refused("renamed to "+name, o.Rename(somebody, "/f", "/"+name))
	}
	for _, name := range []string{"f:stream", "f::$DATA", "..", "../f", temporaryName()} {
		if _, err := o.Stat("/" + name); err == nil {
			t.Errorf("%q is there", name)
		}
		if _, err := o.Open(somebody, "/"+name, true); err == nil {
			t.Errorf("%q was opened", name)
		}
	}
	if _, err := o.Create(somebody, "/f"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("what is there was made again: %v", err)
	}
	o.has(map[string]string{"f": "harmless"})
}

// A short name is a second way to a file; what only looks like one is a name.
func TestOverlayShortNames(t *testing.T) {
	o := newOverlayUnderTest(t)
	o.put("report~1.txt", "harmless")
	o.has(map[string]string{"report~1.txt": "harmless"})
	fh := o.create("new~2")
	if _, err := o.Stat("/NEW~2"); err != nil {
		t.Error(err)
	}
	o.Release(fh)
	if _, err := o.Open(somebody, "/REPORT~9.TXT", true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a name that is nowhere: %v", err)
	}
}

// Renaming does not get anything past the judge, nor away from it.
func TestOverlayRenames(t *testing.T) {
	o := newOverlayUnderTest(t)
	must(t, o.Mkdir(somebody, "/d"))
	o.put("old", "as it was")
	fh := o.create("d/f")
	o.scattered(fh, list)
	if err := o.Rename(somebody, "/d", "/e"); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("the folder of a file that is open: %v", err)
	}
	other := o.create("other")
	if err := o.Rename(somebody, "/d/f", "/other"); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("over a file that is open: %v", err)
	}
	o.Release(other)
	o.refused("out of its folder", o.Rename(somebody, "/d/f", "/x"))
	o.Release(fh)
	if err := o.Rename(somebody, "/old", "/d"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file over a folder: %v", err)
	}

	fh = o.create("tmp")
	must(t, o.Write(fh, []byte("harmless"), 0))
	must(t, o.Rename(somebody, "/tmp", "/d/now"))
	o.has(map[string]string{"old": "as it was", "other": "", "d/now": "harmless"}, "tmp")
	o.scattered(fh, list)
	o.Release(fh)
	o.has(map[string]string{"old": "as it was", "other": ""}, "tmp", "d/now")

	fh = o.create("gone")
	o.scattered(fh, list)
	must(t, o.Remove("/gone"))
	if err := o.Write(fh, []byte("x"), 0); err == nil {
		t.Error("written to what has no name any more")
	}
	o.Release(fh)
	o.has(map[string]string{"old": "as it was", "other": ""}, "gone")
}

// Somebody who tries to open what is not there makes it neither there for others
// nor impossible to make.
func TestWhatIsTriedInVainIsNotThere(t *testing.T) {
	o := newOverlayUnderTest(t)
	done := make(chan struct{})
	var trying sync.WaitGroup
	for range 4 {
		trying.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if fh, err := o.Open(somebody, "/new", false); err == nil {
					o.Release(fh)
				}
			}
		})
	}
	for range 2000 {
		if e, err := o.Stat("/new"); err == nil {
			t.Fatalf("what is not there is %+v", e)
		}
		if list, err := o.List("/"); err != nil || len(list) > 0 {
			t.Fatalf("what is not there is listed: %+v, %v", list, err)
		}
	}
	for range 500 {
		fh, err := o.Create(somebody, "/new")
		if err != nil {
			t.Fatalf("what is not there cannot be made: %v", err)
		}
		o.Release(fh)
		for err = o.Remove("/new"); errors.Is(err, syscall.EBUSY); err = o.Remove("/new") {
		}
		must(t, err)
	}
	close(done)
	trying.Wait()
}
