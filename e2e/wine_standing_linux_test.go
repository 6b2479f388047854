package e2e

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

// The names that Wine 8 gives a drive at E:.
const (
	stickVolume = `volume{00000000-0000-0000-0000-000000000045}`
	stickDevice = `\Device\Harddisk1`
)

// stick has Wine report FAT32 for E:, and find its files by the name of its volume.
// Wine reads the file system off a device when it starts, and would lead the letter
// to that device afterwards.
func (w *windows) stick() {
	w.t.Helper()
	devices := filepath.Join(w.dir, "prefix", "dosdevices")
	if err := os.WriteFile(filepath.Join(w.dir, "stick.img"), fat32(), 0o600); err != nil {
		w.t.Fatal(err)
	}
	for name, to := range map[string]string{"e::": filepath.Join(w.dir, "stick.img"), stickVolume: w.e} {
		if err := os.Symlink(to, filepath.Join(devices, name)); err != nil {
			w.t.Fatal(err)
		}
	}
	w.run("x86_64-w64-mingw32-gcc", "-O2", "-o", filepath.Join(w.c, "letter.exe"), "testdata/letter.c")
	_, _ = w.try("wineserver", "-k") // it may have ended
	w.run("wineserver", "-w")
	w.logOn()
	w.until("the stick is at its letter", func() bool { return w.letter() == stickDevice })
	if err := os.Remove(filepath.Join(devices, "e::")); err != nil {
		w.t.Fatal(err)
	}
}

// fat32 is the beginning of a file system that says what it is.
func fat32() []byte {
	b := make([]byte, 1<<20)
	copy(b, "\xeb\x58\x90MSDOS5.0")
	binary.LittleEndian.PutUint16(b[11:], 512) // bytes in a sector
	b[13], b[14], b[16], b[21] = 1, 32, 2, 0xf8
	binary.LittleEndian.PutUint32(b[32:], 2048) // sectors
	binary.LittleEndian.PutUint32(b[36:], 16)   // sectors of a table
	b[44], b[48], b[50], b[64], b[66] = 2, 1, 6, 0x80, 0x29
	binary.LittleEndian.PutUint32(b[67:], 0x1234abcd)
	copy(b[71:], "STICK      FAT32   ")
	b[510], b[511] = 0x55, 0xaa
	return b
}

// letter answers what E: leads to.
func (w *windows) letter() string {
	w.t.Helper()
	return strings.TrimSpace(w.run("wine", `C:\letter.exe`, "E:"))
}

// installStandIn has the stand-in for WinFsp registered where WinFsp would be.
func (w *windows) installStandIn() {
	w.t.Helper()
	bin := filepath.Join(w.c, "Program Files (x86)", "WinFsp", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		w.t.Fatal(err)
	}
	w.run("x86_64-w64-mingw32-gcc", "-shared", "-static", "-O2", "-o", filepath.Join(bin, "winfsp-x64.dll"), "../agent/guard/testdata/winfsp.c", "-lws2_32")
	w.run("wine", "reg", "add", `HKLM\Software\WinFsp`, "/reg:32", "/v", "InstallDir", "/t", "REG_SZ", "/d", `C:\Program Files (x86)\WinFsp\`, "/f")
}

// onStick answers the names on the stick, and reports whatever there holds a text.
func (w *windows) onStick(without string) (names []string) {
	w.t.Helper()
	list, err := os.ReadDir(w.e)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range list {
		if content, _ := os.ReadFile(filepath.Join(w.e, e.Name())); without != "" && bytes.Contains(content, []byte(without)) {
			w.t.Errorf("what should not be on the stick is in %s", e.Name())
		}
		names = append(names, e.Name())
	}
	return names
}

// layerAnswer is after how long Wine refuses a process that is no service, and
// WinFsp's layer would end its file systems if that mattered.
const layerAnswer = 40 * time.Second

// In the program of the installed service a guard comes to stand: what a program
// copies to the drive is judged before it is there, the service gives the drive
// back when it is stopped, and when it was killed the next one does.
func TestWindowsServiceGuardsUnderWine(t *testing.T) {
	needRoot(t)
	w := newWindows(t)
	w.installStandIn()
	w.log = filepath.Join(w.c, "ProgramData", "Trustline", "trustline.log")
	w.bridged()
	w.stick()
	w.write("ProgramData/Trustline/policy.yaml", `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: not-on-sticks
    title: {en: Not on sticks, zh: 不得放到 U 盘}
    when: {class: list, channel: removable-media}
    action: block
`)
	reviewers := w.reportsTo("policy: 'C:\\ProgramData\\Trustline\\policy.yaml'\n")
	people := synthetic.New(14).People(3000)
	for name, n := range map[string]int{"list.csv": 60, "long.csv": len(people)} {
		var list bytes.Buffer
		if err := synthetic.CSV(&list, people[:n], "en"); err != nil {
			t.Fatal(err)
		}
		w.write(name, list.String())
	}
	w.write("plan.txt", strings.Repeat("what we do next week\r\n", 500))
	secret := people[0].Email

	w.run("wine", `C:\trustline.exe`, "install")
	w.guards(1)
	standing := time.Now()
	w.isRefused(secret)
	w.until("the console hears that it was prevented", func() bool { return reviewers.have("removable-media", "prevented") >= 1 })
	if who := reviewers.people("removable-media", "prevented"); who[0] == "" {
		t.Error("nobody is said to have copied it")
	}
	w.arrives()
	time.Sleep(time.Until(standing.Add(layerAnswer)))
	w.isRefused(secret)
	if said := w.said(); strings.Contains(said, "guard ended") {
		t.Errorf("the guard ended by itself: %s", said)
	}

	_, _ = w.try("wine", "net", "stop", "trustline")
	w.until("the letter is the stick's own", func() bool { return w.letter() == stickDevice })
	w.isGone(secret, "plan.txt")

	w.guards(2)
	w.isRefused(secret)
	_, program := w.halves()
	if err := syscall.Kill(program, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.until("nothing of the service runs", func() bool {
		return len(w.processes("run"))+len(w.helpers()) == 0 && strings.Contains(w.run("wine", "sc", "query", "trustline"), "STOPPED")
	})
	if at := w.letter(); at != "nowhere" {
		t.Errorf("the letter leads to %s", at)
	}
	w.isGone(secret, "plan.txt")
	w.guards(3)
	if said := w.said(); !strings.Contains(said, `msg="letter is given back"`) || !strings.Contains(said, `msg="letters of drives were away" "given back"=1`) {
		t.Errorf("what was killed left the letter to nobody: %s", said)
	}
	w.isRefused(secret)
	w.arrives()
}

// guards starts the service, for the n-th time, and waits until it guards E:.
func (w *windows) guards(n int) {
	w.t.Helper()
	w.run("wine", `C:\trustline.exe`, "start")
	w.until("the guard stands", func() bool { return strings.Count(w.said(), `msg="medium taken over"`) == n })
	w.firstCaller()
	var status struct {
		Status struct {
			Guards []struct{ MountPoint, State string }
		}
	}
	out := w.asked(&status, "status", "--json")
	if g := status.Status.Guards; len(g) != 1 || g[0].MountPoint != `E:\` || g[0].State != "guarding" {
		w.t.Errorf("status: %s", out)
	}
	if at := w.letter(); at != `\Device\StandIn` {
		w.t.Errorf("people find %s at the letter", at)
	}
}

// isRefused: a list that a program copies to the drive is not there afterwards. The
// program is told while it still writes; where the whole was needed to know a list,
// when it sets the times, which a copy of Wine's does not mind.
func (w *windows) isRefused(secret string) {
	w.t.Helper()
	_, _ = w.try("wine", "cmd", "/c", `copy /y C:\list.csv E:\names.csv`)
	if out, err := w.try("wine", "cmd", "/c", `copy /y C:\long.csv E:\names.csv`); err == nil {
		w.t.Errorf("copied: %s", out)
	}
	w.until("nothing of it is there", func() bool { return missing(filepath.Join(w.e, "names.csv")) })
	w.onStick(secret)
}

// arrives: what is harmless is on the stick as it was.
func (w *windows) arrives() {
	w.t.Helper()
	if out, err := w.try("wine", "cmd", "/c", `copy /y C:\plan.txt E:\plan.txt`); err != nil {
		w.t.Errorf("%v: %s", err, out)
	}
	want, _ := os.ReadFile(filepath.Join(w.c, "plan.txt"))
	w.until("a harmless file arrives", func() bool {
		got, err := os.ReadFile(filepath.Join(w.e, "plan.txt"))
		return err == nil && bytes.Equal(got, want)
	})
}

// isGone: of the guard nothing is left on the stick but what it let through.
func (w *windows) isGone(secret string, want ...string) {
	w.t.Helper()
	if names := w.onStick(secret); strings.Join(names, "/") != strings.Join(want, "/") {
		w.t.Errorf("on the stick are %q", names)
	}
}
