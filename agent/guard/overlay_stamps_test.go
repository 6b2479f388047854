//go:build linux || windows

package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// own tells whether the guard takes a file for its own.
func (o *underTest) own(name string) bool {
	o.t.Helper()
	info, err := os.Stat(filepath.Join(o.dir, filepath.FromSlash(name)))
	must(o.t, err)
	return o.Wrote(name, info)
}

// What somebody writes past the guard just before it sets a time is not its own.
func TestOverlayDoesNotStampWhatCamePast(t *testing.T) {
	o := newOverlayUnderTest(t)
	o.put("f", "harmless")
	now := [2]time.Time{time.Now(), time.Now()}
	must(t, o.SetTimes("/f", now))
	if !o.own("f") {
		t.Error("it does not know its own once the time is set")
	}
	set := o.volume.setTimes
	o.volume.setTimes = func(name string, at [2]time.Time) error {
		must(t, os.WriteFile(filepath.Join(o.dir, "f"), []byte(list+list), 0o600))
		return set(name, at)
	}
	must(t, o.SetTimes("/f", now))
	if o.own("f") {
		t.Error("a list that came past the guard counts as its own")
	}
	fh := o.create("g")
	must(t, o.SetTimes("/g", now))
	must(t, o.Write(fh, []byte("harmless"), 0))
	o.volume.setTimes = func(name string, at [2]time.Time) error {
		must(t, os.WriteFile(filepath.Join(o.dir, "g"), []byte(list+list), 0o600))
		return set(name, at)
	}
	must(t, o.SetTimes("/g", now))
	o.Release(fh)
	if o.own("g") {
		t.Error("a list in the place of what was written counts as the guard's own")
	}
}

// What is remembered of files follows them when their folder is renamed.
func TestOverlayStampsFollow(t *testing.T) {
	o := newOverlayUnderTest(t)
	must(t, o.Mkdir(somebody, "/d"))
	must(t, o.Mkdir(somebody, "/d2"))
	o.put("d/f", "harmless")
	o.put("d2/f", "harmless, too")
	must(t, o.Rename(somebody, "/d", "/longer"))
	if !o.own("longer/f") || !o.own("d2/f") {
		t.Error("own files are not known after a folder was renamed")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.written) != 2 {
		t.Errorf("remembered: %v", o.written)
	}
}

// When there is too much to remember, what was written last is.
func TestOverlayForgetsTheOldest(t *testing.T) {
	o := newOverlayUnderTest(t)
	o.put("first", "x")
	o.mu.Lock()
	for n := range maxStamps - 1 {
		o.stamps++
		o.written[fmt.Sprint("OTHER", n)] = stamp{number: o.stamps}
	}
	o.mu.Unlock()
	o.put("last", "x")
	o.mu.Lock()
	held := len(o.written)
	_, late := o.written[fmt.Sprint("OTHER", maxStamps-2)]
	o.mu.Unlock()
	if held < maxStamps/2 || held > maxStamps || !late || o.own("first") || !o.own("last") {
		t.Errorf("%d remembered; the last before: %v, the first: %v, the last: %v", held, late, o.own("first"), o.own("last"))
	}
}

// Files that only begin as those of the guard are a person's own.
func TestOverlaySweepsItsOwnOnly(t *testing.T) {
	dir := folder(t)
	theirs := []string{hidden + "notes", hidden + "0123456789abcdef0", hidden + "0123456789abcdef01.bak"}
	for _, name := range append(theirs, temporaryName()) {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	overlayAt(t, dir, markerJudge{})
	left, err := os.ReadDir(dir)
	must(t, err)
	if len(left) != len(theirs) {
		t.Errorf("left: %v", left)
	}
}

// A file that is made read-only while it is written is so once that has ended;
// nothing of it is lost.
func TestOverlayReadOnlyOnceWritten(t *testing.T) {
	o := newOverlayUnderTest(t)
	set := 0
	o.volume.setAttributes = func(string, uint32) error { set++; return nil }
	fh := o.create("f")
	must(t, o.SetAttributes("/f", 1))
	must(t, o.Write(fh, []byte("first "), 0))
	must(t, o.Sync(fh))
	must(t, o.SetAttributes("/f", 1)) // of what is on the medium by now
	if set != 0 {
		t.Error("attributes are set while somebody writes")
	}
	if e, err := o.Stat("/f"); err != nil || e.Attributes != 1 {
		t.Errorf("shown: %+v, %v", e, err)
	}
	must(t, o.Write(fh, []byte("second"), 6))
	o.Release(fh)
	if set != 1 {
		t.Errorf("set %d times", set)
	}
	o.has(map[string]string{"f": "first second"})
	must(t, o.SetAttributes("/f", 1))
	if set != 2 || !o.own("f") {
		t.Errorf("set %d times, own: %v", set, o.own("f"))
	}
}

// Times that are set once a file is closed, or written down, are on the medium and
// shown at once, whoever still has it open; it stays the guard's own, and what is
// written later is of a later time.
func TestOverlayTimesAfterClosing(t *testing.T) {
	when := time.Date(2020, 1, 2, 3, 4, 6, 0, time.UTC) // FAT counts in two seconds
	for name, begin := range map[string]func(o *underTest) (end func()){
		"nobody has it open": func(o *underTest) func() { o.put("f", "harmless"); return func() {} },
		"a reader does": func(o *underTest) func() {
			o.put("f", "harmless")
			fh := o.open("f", false)
			return func() { o.Release(fh) }
		},
		"a reader did while it was closed": func(o *underTest) func() {
			fh := o.create("f")
			must(t, o.Write(fh, []byte("harmless"), 0))
			reader := o.open("f", false)
			o.Release(fh)
			return func() { o.Release(reader) }
		},
		"who wrote it does, after a flush": func(o *underTest) func() {
			fh := o.create("f")
			must(t, o.Write(fh, []byte("harmless"), 0))
			must(t, o.Sync(fh))
			return func() { o.Release(fh) }
		},
	} {
		o := newOverlayUnderTest(t)
		end := begin(o)
		must(t, o.SetTimes("/f", [2]time.Time{when, when}))
		is := func(then string) {
			t.Helper()
			e, err := o.Stat("/f")
			must(t, err)
			info, err := os.Stat(filepath.Join(o.dir, "f"))
			must(t, err)
			if !e.Modified.Equal(when) || !info.ModTime().Equal(when) || !o.own("f") {
				t.Errorf("%s, %s: shown is %v, on the medium %v, own: %v", name, then, e.Modified, info.ModTime(), o.own("f"))
			}
		}
		is("at once")
		end()
		is("at the end")
		fh := o.open("f", true)
		must(t, o.Write(fh, []byte("more"), 0))
		o.Release(fh)
		if e, err := o.Stat("/f"); err != nil || !e.Modified.After(when) || !o.own("f") {
			t.Errorf("%s: written later it is of %v, own: %v (%v)", name, e.Modified, o.own("f"), err)
		}
		o.has(map[string]string{"f": "moreless"})
	}
}
