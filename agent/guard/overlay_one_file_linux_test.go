package guard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file that has two names, as folders have them on FAT, is one file: a list of
// which each half came by another name is refused.
func TestOverlayOneFileTwoNames(t *testing.T) {
	o := newOverlayUnderTest(t)
	was := strings.Repeat(".", len(marker))
	must(t, os.Mkdir(filepath.Join(o.dir, "d"), 0o700))
	must(t, os.WriteFile(filepath.Join(o.dir, "f"), []byte(was), 0o600))
	must(t, os.Link(filepath.Join(o.dir, "f"), filepath.Join(o.dir, "d", "other")))
	one, half := o.open("f", true), len(marker)/2
	for _, writes := range []bool{true, false} {
		if _, err := o.Open(somebody, "/d/other", writes); !errors.Is(err, syscall.EBUSY) {
			t.Errorf("opened by its second name: %v", err)
		}
	}
	must(t, o.Write(one, []byte(marker[:half]), 0))
	must(t, o.Sync(one)) // base is closed now
	if _, err := o.Open(somebody, "/d/other", true); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("opened by its second name after a flush: %v", err)
	}
	must(t, o.Rename(somebody, "/f", "/g"))
	if _, err := o.Open(somebody, "/d/other", true); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("opened by its second name after a renaming: %v", err)
	}
	o.Release(one)
	two := o.open("d/other", true)
	o.refused("the other half", errors.Join(o.Write(two, []byte(marker[half:]), int64(half)), o.Sync(two)))
	o.Release(two)
	made := o.create("new")
	must(t, o.Write(made, []byte("harmless"), 0))
	must(t, o.Sync(made))
	must(t, os.Link(filepath.Join(o.dir, "new"), filepath.Join(o.dir, "new2")))
	if _, err := o.Open(somebody, "/new2", true); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("what was made a moment ago, by its second name: %v", err)
	}
	o.Release(made)
}

// Letters that have one capital but are two to the file system are two files.
func TestOverlayTellsLettersApart(t *testing.T) {
	pairs := [][2]string{{"\u00b5", "\u03bc"}, {"ſ", "s"}, {"ı", "i"}, {"ა", "Ა"}, {"ǅ", "Ǆ"}, {"ϐ", "β"}, {"ß", "ẞ"}}
	for _, p := range pairs {
		o := newOverlayUnderTest(t)
		for _, name := range p {
			must(t, os.WriteFile(filepath.Join(o.dir, name), []byte(name), 0o600))
		}
		first := o.open(p[0], false)
		if got := o.read(p[1]); got != p[1] {
			t.Errorf("while %s is open, %s reads %q", p[0], p[1], got)
		}
		second := o.open(p[1], true)
		must(t, o.Write(second, []byte("W"), 0))
		o.Release(second)
		o.Release(first)
		if got, err := os.ReadFile(filepath.Join(o.dir, p[0])); err != nil || string(got) != p[0] {
			t.Errorf("%s holds %q after %s was written", p[0], got, p[1])
		}
	}
	for _, same := range [][2]string{{"straße", "STRAßE"}, {"é", "É"}, {"ж", "Ж"}, {"ω", "Ω"}, {"ａ", "Ａ"}, {"ÿ", "Ÿ"}} {
		if meaning(same[0]) != meaning(same[1]) {
			t.Errorf("%q are told apart", same)
		}
	}
}

// What means the same here and is another file on the medium is not taken for it.
func TestOverlayTwoFilesOneMeaning(t *testing.T) {
	o := newOverlayUnderTest(t)
	must(t, os.WriteFile(filepath.Join(o.dir, "f"), []byte("small"), 0o600))
	must(t, os.WriteFile(filepath.Join(o.dir, "F"), []byte("LARGE"), 0o600))
	fh := o.open("f", true)
	if _, err := o.Open(somebody, "/F", true); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("the other one: %v", err)
	}
	o.Release(fh)
	if got := o.read("F"); got != "LARGE" {
		t.Errorf("it reads %q", got)
	}
}

// Nothing is made below a folder that is called by a name made up for it.
func TestOverlayShortNamesOfFolders(t *testing.T) {
	o := newOverlayUnderTest(t)
	o.put("f", "harmless")
	must(t, os.Mkdir(filepath.Join(o.dir, "LONGDI~1"), 0o700))
	means, unlike := o.volume.means, 0
	o.volume.means = func(name string) string { // no list shows the short name
		if strings.Contains(name, "~") {
			unlike++
			return fmt.Sprint(unlike)
		}
		return means(name)
	}
	_, err := o.Create(somebody, "/LONGDI~1/x")
	o.refused("created", err)
	o.refused("a folder", o.Mkdir(somebody, "/LONGDI~1/x"))
	o.refused("renamed", o.Rename(somebody, "/f", "/LONGDI~1/x"))
}
