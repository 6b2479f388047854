package e2e

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/uploader/incident"
)

// employee is the unprivileged person who copies.
const employee = 65534

// tools are the ways people put a file onto a stick. SRC, DST and DIR (the
// folder of DST) are in the environment.
var tools = []struct {
	name    string
	command string
	keeps   bool // times and modes are the source's
	silent  bool // the tool has no exit status of its own for a failed write
	into    string
}{
	{name: "cp", command: `cp -p "$SRC" "$DST"`, keeps: true},
	{name: "mv", command: `mv "$SRC" "$DST"`, keeps: true},
	{name: "rsync", command: `rsync -a "$SRC" "$DST"`, keeps: true},
	{name: "dd", command: `dd if="$SRC" of="$DST" bs=4k`},
	{name: "tar", command: `tar -C "$(dirname "$SRC")" -cf - "$(basename "$SRC")" | tar -C "$DIR" -xf -`, keeps: true},
	{name: "tee", command: `tee "$DST" < "$SRC" > /dev/null`},
	{name: "redirection", command: `cat "$SRC" > "$DST"`},
	{name: "shutil", command: `python3 -c 'import os, shutil; shutil.copy2(os.environ["SRC"], os.environ["DST"])'`, keeps: true},
	{name: "gio", command: `gio copy -p "$SRC" "$DST"`, keeps: true},
	{name: "install", command: `install -p -m 640 "$SRC" "$DST"`},
	{name: "zip", command: `zip -q -j "$DST.zip" "$SRC"`, into: ".zip"},
	{name: "vim", command: `vim -N -u NONE -i NONE -n -es -b -c "set nofixeol" -c 'exe "saveas! " . fnameescape($DST)' -c 'if v:errmsg != "" | exe "!echo " . shellescape(v:errmsg) . " >&2" | cquit | endif' -c 'qa!' "$SRC"`},
}

// vimSays matches vim's own words for a file it cannot write or close.
var vimSays = regexp.MustCompile(`E(212|512|514)`)

// as runs a shell command as the employee.
func (c *company) as(command, src, dst string) (stderr string, err error) {
	return asPerson(employee, command, src, dst)
}

func asPerson(uid uint32, command, src, dst string) (stderr string, err error) {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent", "SRC=" + src, "DST=" + dst, "DIR=" + filepath.Dir(dst)}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// give puts a fresh copy of a sample where the employee keeps files.
func (c *company) give(sample, name string) string {
	c.t.Helper()
	dir := filepath.Join(c.dir, "home")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chown(dir, employee, employee); err != nil {
		c.t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(c.dir, "data", sample))
	if err != nil {
		c.t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o640); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chown(path, employee, employee); err != nil {
		c.t.Fatal(err)
	}
	// Whole seconds, which every archive format can keep.
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(path, at, at); err != nil {
		c.t.Fatal(err)
	}
	return path
}

func TestCustomerListDoesNotReachTheStick(t *testing.T) {
	c := startCompany(t)
	numbers := customerNumbers(t, filepath.Join(c.dir, "data", "customers.csv"))
	for _, sample := range []string{"customers.csv", "customers.xlsx"} {
		ext := filepath.Ext(sample)
		for _, tool := range tools {
			t.Run(tool.name+ext, func(t *testing.T) {
				name := tool.name + "-list" + ext
				src := c.give(sample, name)
				before, err := os.ReadFile(src)
				if err != nil {
					t.Fatal(err)
				}
				dst := filepath.Join(c.stick, name)
				said, err := c.as(tool.command, src, dst)
				if err == nil && !tool.silent {
					t.Errorf("the tool succeeded; it said: %s", said)
				}
				if !strings.Contains(strings.ToLower(said), "permission denied") && !vimSays.MatchString(said) {
					t.Errorf("no clear message; the tool said: %q", said)
				}
				if after, err := os.ReadFile(src); err != nil || !bytes.Equal(before, after) {
					t.Errorf("the source is not what it was: %v", err)
				}
				if _, err := os.Lstat(dst + tool.into); err == nil {
					t.Error("the file is on the stick")
				}
			})
		}
	}
	for _, tool := range tools {
		i := c.awaitIncident(tool.name, func(i incident.Incident) bool {
			return i.Decision.Action == "block" && (strings.HasPrefix(filepath.Base(i.File.Name), tool.name+"-list") || tool.name == "zip" || tool.name == "rsync")
		})
		if i.Decision.Outcome != incident.Prevented || i.Content.People < 20 || i.Person.UID != employee || i.Decision.Rule == "default" {
			t.Errorf("%s: incident has outcome %s, %d people, uid %d, rule %s", tool.name, i.Decision.Outcome, i.Content.People, i.Person.UID, i.Decision.Rule)
		}
	}
	_, raw := c.incidents()
	if found := numbersIn(bytes.NewReader(raw), numbers); found != 0 {
		t.Errorf("the console's answer holds %d customer numbers in the clear", found)
	}
	c.searchImage(numbers, filepath.Join(c.dir, "data", "customers.xlsx"))
}

func TestHarmlessFileArrivesUnchanged(t *testing.T) {
	c := startCompany(t)
	for _, tool := range tools {
		t.Run(tool.name, func(t *testing.T) {
			name := tool.name + "-menu.txt"
			src := c.give("menu.txt", name)
			want, err := os.ReadFile(src)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(src)
			if err != nil {
				t.Fatal(err)
			}
			dst := filepath.Join(c.stick, name)
			if said, err := c.as(tool.command, src, dst); err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			if tool.into == ".zip" {
				out, err := exec.Command("unzip", "-p", dst+".zip").Output()
				if err != nil || !bytes.Equal(out, want) {
					t.Errorf("the archive does not hold the file: %v", err)
				}
				return
			}
			got, err := os.ReadFile(dst)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("the file on the stick differs: %v", err)
			}
			there, err := os.Stat(dst)
			if err != nil {
				t.Fatal(err)
			}
			if st := there.Sys().(*syscall.Stat_t); st.Uid != employee {
				t.Errorf("the file belongs to %d, not to the person who copied it", st.Uid)
			}
			if tool.keeps && (there.Mode() != info.Mode() || !there.ModTime().Equal(info.ModTime())) {
				t.Errorf("mode %v, time %v; want %v, %v", there.Mode(), there.ModTime(), info.Mode(), info.ModTime())
			}
		})
	}
}

var digits = regexp.MustCompile(`[0-9]{11,19}`)

// customerNumbers answers every long number of the sample list.
func customerNumbers(t *testing.T, path string) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	for _, n := range digits.FindAllString(string(data), -1) {
		set[n] = true
	}
	if len(set) < 500 {
		t.Fatalf("the sample list has only %d numbers", len(set))
	}
	return set
}

func numbersIn(r io.Reader, numbers map[string]bool) int {
	found := 0
	var run []byte
	end := func() {
		if len(run) >= 11 && len(run) <= 19 && numbers[string(run)] {
			found++
		}
		run = run[:0]
	}
	b := bufio.NewReaderSize(r, 1<<20)
	for {
		c, err := b.ReadByte()
		if err != nil {
			end()
			return found
		}
		if c >= '0' && c <= '9' {
			if len(run) < 32 {
				run = append(run, c)
			}
			continue
		}
		end()
	}
}

// searchImage looks for the list on the raw medium: its numbers, and the
// blocks of the (compressed) workbook.
func (c *company) searchImage(numbers map[string]bool, workbook string) {
	c.t.Helper()
	syscall.Sync()
	f, err := os.Open(c.image)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	if found := numbersIn(f, numbers); found != 0 {
		c.t.Errorf("the raw medium holds %d numbers of the list", found)
	}
	book, err := os.ReadFile(workbook)
	if err != nil {
		c.t.Fatal(err)
	}
	const block, key = 512, 64
	blocks := map[string]bool{}
	for i := 0; i+key <= len(book); i += block {
		blocks[string(book[i:i+key])] = true
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		c.t.Fatal(err)
	}
	buf, found := make([]byte, block), 0
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		if _, err := io.ReadFull(r, buf); err != nil {
			break
		}
		if blocks[string(buf[:key])] {
			found++
		}
	}
	if found != 0 {
		c.t.Errorf("the raw medium holds %d blocks of the workbook", found)
	}
}
