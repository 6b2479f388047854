package guard

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var tools = []struct {
	name, command, into string
}{
	{"cp", `cp -p "$SRC" "$DST"`, ""},
	{"mv", `mv "$SRC" "$DST"`, ""},
	{"rsync", `rsync -a "$SRC" "$DST"`, ""},
	{"dd", `dd if="$SRC" of="$DST" bs=4k`, ""},
	{"tar", `tar -C "$(dirname "$SRC")" -cf - "$(basename "$SRC")" | tar -C "$DIR" -xf -`, ""},
	{"tee", `tee "$DST" < "$SRC" > /dev/null`, ""},
	{"redirection", `cat "$SRC" > "$DST"`, ""},
	{"pieces", `(head -c 1000 "$SRC"; tail -c +1001 "$SRC") > "$DST"`, ""},
	{"shutil", `python3 -c 'import os, shutil; shutil.copy2(os.environ["SRC"], os.environ["DST"])'`, ""},
	{"gio", `gio copy -p "$SRC" "$DST"`, ""},
	{"install", `install -p -m 640 "$SRC" "$DST"`, ""},
	{"zip", `zip -0 -q -j "$DST.zip" "$SRC"`, ".zip"},
	{"vim", `vim -N -u NONE -i NONE -n -es -b -c "set nofixeol" -c 'exe "saveas! " . fnameescape($DST)' -c 'if v:errmsg != "" | exe "!echo " . shellescape(v:errmsg) . " >&2" | cquit | endif' -c 'qa!' "$SRC"`, ""},
}

// vimSays matches vim's own words for a file that cannot be written or closed.
var vimSays = regexp.MustCompile(`E212|E512|E514`)

func shell(command, src, dst string) (string, error) {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "SRC="+src, "DST="+dst, "DIR="+filepath.Dir(dst))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func content(n int, withMarker bool) []byte {
	var b bytes.Buffer
	r := rand.New(rand.NewPCG(1, 2))
	for b.Len() < n {
		b.WriteString(strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(9)))
		b.WriteByte(' ')
		if withMarker && b.Len() > n/2 {
			b.WriteString(marker)
			withMarker = false
		}
	}
	return b.Bytes()
}

func TestToolsAreStopped(t *testing.T) {
	s := newStick(t, 64<<20)
	s.guard()
	home := t.TempDir()
	for _, size := range []int{2000, 3 << 20} {
		for _, tool := range tools {
			t.Run(tool.name, func(t *testing.T) {
				src, dst := filepath.Join(home, tool.name+".bin"), filepath.Join(s.path, tool.name+".bin")
				want := content(size, true)
				os.WriteFile(src, want, 0o644)
				said, err := shell(tool.command, src, dst)
				if err == nil {
					t.Errorf("the tool succeeded: %s", said)
				}
				if !strings.Contains(strings.ToLower(said), "permission denied") && !vimSays.MatchString(said) {
					t.Errorf("no clear message: %q", said)
				}
				if got, err := os.ReadFile(src); err != nil || !bytes.Equal(got, want) {
					t.Error("the source is gone or changed")
				}
				if _, err := os.Lstat(dst + tool.into); err == nil {
					t.Error("the file is on the stick")
				}
			})
		}
	}
	entries, err := os.ReadDir(s.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "lost+found" {
			t.Errorf("%s is left on the stick", e.Name())
		}
	}
	if s.holds(marker) {
		t.Error("the marker is on the raw medium")
	}
}

func TestToolsCopyHarmlessFiles(t *testing.T) {
	s := newStick(t, 64<<20)
	s.guard()
	home, bare := t.TempDir(), t.TempDir()
	for _, size := range []int{0, 2000, 3 << 20} {
		for _, tool := range tools {
			t.Run(tool.name, func(t *testing.T) {
				src, name := filepath.Join(home, tool.name+".bin"), tool.name+".bin"
				want := content(size, false)
				var natively, guarded os.FileInfo
				for _, to := range []struct {
					dir  string
					info *os.FileInfo
				}{{bare, &natively}, {s.path, &guarded}} {
					must(t, os.WriteFile(src, want, 0o640))
					at := time.Date(2020, 3, 4, 5, 6, 7, 89000000, time.UTC)
					must(t, os.Chtimes(src, at, at))
					if said, err := shell(tool.command, src, filepath.Join(to.dir, name)); err != nil {
						t.Fatalf("%v: %s", err, said)
					}
					var err error
					if *to.info, err = os.Stat(filepath.Join(to.dir, name+tool.into)); err != nil {
						t.Fatal(err)
					}
				}
				if tool.into == "" {
					expect(t, filepath.Join(s.path, name), string(want))
				} else if out, err := shell(`unzip -p "$DST.zip" > "$DST.out" && cmp "$DST.out" "$SRC"`, src, filepath.Join(s.path, name)); err != nil {
					t.Errorf("%v: %s", err, out)
				}
				if guarded.Mode() != natively.Mode() {
					t.Errorf("mode %v, natively %v", guarded.Mode(), natively.Mode())
				}
				if kept := natively.ModTime().Year() == 2020; kept && !guarded.ModTime().Equal(natively.ModTime()) {
					t.Errorf("time %v, natively %v", guarded.ModTime(), natively.ModTime())
				}
			})
		}
	}
}

func TestOldContentStaysWhenNewIsDenied(t *testing.T) {
	s := newStick(t, 32<<20)
	s.guard()
	path := filepath.Join(s.path, "notes.txt")
	old := content(100_000, false)
	if err := os.WriteFile(path, old, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content(200_000, true), 0o644); err == nil {
		t.Error("the marker was written over a file")
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, old) {
		t.Errorf("the old content is not there any more: %v, %d bytes", err, len(got))
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(marker[:10])
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(marker[10:])
	if err := f.Close(); err == nil {
		t.Error("the marker was put together from two appends")
	}
	if s.holds(marker) {
		t.Error("the marker is on the raw medium")
	}
}
