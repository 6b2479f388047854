package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
)

// clerk is somebody without rights of their own on this machine.
const clerk = 65534

// documents makes a table and a letter of a list in CSV, as programs of people do.
const documents = `
import csv, sys, openpyxl, docx
rows = list(csv.reader(open(sys.argv[1], encoding="utf-8-sig")))
book = openpyxl.Workbook()
letter = docx.Document()
table = letter.add_table(rows=0, cols=len(rows[0]))
for row in rows:
    book.active.append(row)
    for cell, text in zip(table.add_row().cells, row):
        cell.text = text
book.save(sys.argv[2] + ".xlsx")
letter.save(sys.argv[2] + ".docx")
`

// Of files the names are looked at, and what lies behind them as far as the
// person may read it: the helper reads, the service opens nothing of theirs.
func TestClipboardOfFiles(t *testing.T) {
	o := newOffice(t, x11())
	o.logOn()
	docs := o.folder("docs", 0o755)
	o.document(docs+"/customers", o.list(40))
	o.document(docs+"/two", o.list(2))
	o.file(docs+"/plan.txt", "下周三下午三点开会，地点另行通知。", 0o644)
	private := o.folder("private", 0o700)
	secrets := []string{o.file(docs+"/secret.csv", o.list(60), 0o600), o.file(private+"/open.csv", o.list(60), 0o644)}
	fifo := filepath.Join(o.dir, "fifo")
	if err := errors.Join(unix.Mkfifo(fifo, 0o666), os.Chmod(fifo, 0o666)); err != nil {
		t.Fatal(err)
	}
	opened := watchOpening(t, secrets...)
	before, err := o.status()
	if err != nil {
		t.Fatal(err)
	}

	o.filesStay("two.csv", docs+"/two.csv")
	o.filesStay("documents of two", docs+"/two.docx", docs+"/two.xlsx", docs+"/plan.txt")
	o.filesStay("what the person may not read", append(secrets, private)...)
	o.filesStay("what is no file", fifo, "/dev/zero", filepath.Join(o.dir, "none"), docs+"/plan.txt")
	for n, name := range []string{"customers.csv", "customers.xlsx", "customers.docx"} {
		o.filesGo(name, docs+"/two.csv", docs+"/"+name)
		eventually(t, name+" is a case", func() bool { return len(o.ofClerk()) == n+1 })
		if c := o.ofClerk()[0]; c.Notice.Outcome != "undone" || c.Notice.File != name || c.Notice.Rule != "no-lists-on-the-clipboard" || c.People != 40 ||
			c.Said != filepath.Join(docs, name) || c.Source != "" || len(c.SHA256) != 64 {
			t.Errorf("the case is %+v", c)
		}
	}
	o.filesGo("a folder", docs)
	o.copyFiles("x-special/gnome-copied-files", "copy\nfile://"+docs+"/customers.xlsx")
	eventually(t, "what a file manager copies is taken off", func() bool { return o.pasteFiles("x-special/gnome-copied-files") == "" })
	eventually(t, "they are cases", func() bool { return len(o.ofClerk()) == 5 })
	if n := opened(); n > 0 {
		t.Errorf("files that the person may not read were opened or read %d times", n)
	}
	if _, err := os.ReadFile(secrets[0]); err != nil || opened() == 0 {
		t.Errorf("nobody would have noticed if they had been: %v", err)
	}

	var names []string
	for _, p := range o.people.People(3) {
		o.numbers = append(o.numbers, p.Mobile)
		names = append(names, fmt.Sprintf("/home/a/%s_%s.csv", p.Name, p.Mobile))
	}
	o.copyFiles("text/uri-list", uriList(names))
	eventually(t, "files named after customers are taken off", func() bool { return o.pasteFiles("text/uri-list") == "" })
	eventually(t, "they are a case", func() bool { return len(o.ofClerk()) == 6 })
	if n := o.ofClerk()[0].Notice; n.Outcome != "undone" || n.Rule != "no-numbers-on-the-clipboard" {
		t.Errorf("the case is %+v", n)
	}
	if after, err := o.status(); err != nil || *after.IncidentsToday-*before.IncidentsToday != 6 {
		t.Errorf("%d incidents, want 6: %v", *after.IncidentsToday-*before.IncidentsToday, err)
	}
	o.keptNothing()
	if left, err := os.ReadDir(filepath.Join(o.dir, "state", "scratch")); err != nil || len(left) > 0 {
		t.Errorf("%d files are left of what was looked at: %v", len(left), err)
	}
}

// logOn runs the helper as the clerk, whom the screen and the bus let in.
func (o *office) logOn() {
	o.t.Helper()
	o.person, o.program = clerk, filepath.Join(o.dir, "trustline")
	copyProgram(o.t, o.program)
	home := o.folder("home", 0o700)
	if err := errors.Join(os.Chown(home, clerk, clerk), os.Chmod(filepath.Dir(o.dir), 0o755)); err != nil {
		o.t.Fatal(err)
	}
	for _, name := range []string{"HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		o.t.Setenv(name, home)
	}
	o.startHelper()
}

func (o *office) folder(name string, mode os.FileMode) string {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	if err := errors.Join(os.Mkdir(path, mode), os.Chmod(path, mode)); err != nil {
		o.t.Fatal(err)
	}
	return path
}

func (o *office) file(path, text string, mode os.FileMode) string {
	o.t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode)); err != nil {
		o.t.Fatal(err)
	}
	return path
}

// document makes three files of one list, as people's programs do.
func (o *office) document(path, list string) {
	o.t.Helper()
	o.file(path+".csv", list, 0o644)
	if out, err := exec.Command("/usr/bin/python3", "-c", documents, path+".csv", path).CombinedOutput(); err != nil {
		o.t.Fatalf("python3-openpyxl and python3-docx make documents: %v\n%s", err, out)
	}
}

// copyFiles copies a list of files the way a file manager does.
func (o *office) copyFiles(form, list string) { o.copy(list, "-t", form) }

func (o *office) pasteFiles(form string) string {
	out, _ := exec.Command("xclip", "-selection", "clipboard", "-t", form, "-o").Output() // fails on an empty one
	return string(out)
}

func uriList(paths []string) string {
	var b strings.Builder
	for _, p := range paths {
		fmt.Fprintf(&b, "file://%s\r\n", p)
	}
	return b.String()
}

// looked is how often all files of a copy had been looked at.
func (o *office) looked() int {
	return strings.Count(o.helperSaid.String(), "copied files were looked at")
}

// filesStay copies files nobody minds, and looks whether they are left alone
// once all of them were looked at.
func (o *office) filesStay(what string, paths ...string) {
	o.t.Helper()
	before, list := o.looked(), uriList(paths)
	o.copyFiles("text/uri-list", list)
	eventually(o.t, what+" was looked at", func() bool { return o.looked() > before })
	if got := o.pasteFiles("text/uri-list"); got != list {
		o.t.Errorf("%s: %q is left of %q", what, got, list)
	}
}

// filesGo copies files that have to be taken off for what stands in them.
func (o *office) filesGo(what string, paths ...string) {
	o.t.Helper()
	before := o.looked()
	o.copyFiles("text/uri-list", uriList(paths))
	took := eventually(o.t, what+" is taken off", func() bool { return o.pasteFiles("text/uri-list") == "" })
	o.t.Logf("%s: gone after %v", what, took.Round(time.Millisecond))
	eventually(o.t, what+" was looked at", func() bool { return o.looked() > before })
}

// ofClerk are the cases of the clerk, whom nobody else can ask for.
func (o *office) ofClerk() []cases.Case {
	o.t.Helper()
	var list cases.List
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, clerk, clerk, clerk); errno != 0 {
			done <- errno
			return
		}
		c, err := control.Dial(o.t.Context(), o.socket)
		if err == nil {
			defer c.Close()
			err = c.Ask(o.t.Context(), cases.AskList, nil, &list)
		}
		done <- err
	}()
	if err := <-done; err != nil {
		o.t.Fatal(err)
	}
	return list.Cases
}

// watchOpening answers how often files were opened or read since.
func watchOpening(t *testing.T, paths ...string) func() int {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	for _, p := range paths {
		if _, err := unix.InotifyAddWatch(fd, p, unix.IN_OPEN|unix.IN_ACCESS); err != nil {
			t.Fatal(err)
		}
	}
	return func() int {
		n, err := unix.Read(fd, make([]byte, 4096))
		if errors.Is(err, unix.EAGAIN) {
			return 0
		}
		return max(n, 1) / unix.SizeofInotifyEvent
	}
}
