package drives

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/holdings"
)

// workstation is a Windows with disks, as far as drives are concerned.
type workstation struct {
	plugged map[uint32]*plugged
	said    []string // what was done, in order
}

type plugged struct {
	id        string
	letters   []string
	system    bool
	attribute bool            // read-only
	mounted   map[string]bool // drive -> its file system takes writes
	inUse     bool            // somebody has a file open
	stubborn  bool            // the attribute changes nothing
	refuses   error           // of setting the attribute
	silent    error           // of being asked for it
}

func (w *workstation) plug(number uint32, id string, letters ...string) *plugged {
	p := &plugged{id: id, letters: letters, mounted: map[string]bool{}}
	for _, l := range letters {
		p.mounted[l] = true
	}
	w.plugged[number] = p
	return p
}

func (w *workstation) disks(drive string) (list []Disk, err error) {
	for n, p := range w.plugged {
		if slices.Contains(p.letters, drive) {
			list = append(list, Disk{n, p.id})
		}
	}
	if list == nil {
		err = errors.New("no such drive")
	}
	return list, err
}

func (w *workstation) drives(d Disk) []string { return w.plugged[d.Number].letters }
func (w *workstation) present(d Disk) bool {
	p := w.plugged[d.Number]
	return p != nil && p.id == d.ID
}
func (w *workstation) isSystem(d Disk) (bool, error) { return w.plugged[d.Number].system, nil }
func (w *workstation) readOnly(d Disk) (bool, error) {
	p := w.plugged[d.Number]
	if p == nil {
		return false, errors.New("no such disk")
	}
	return p.attribute, p.silent
}

func (w *workstation) setReadOnly(d Disk, on bool) error {
	p := w.plugged[d.Number]
	if p.refuses != nil {
		return p.refuses
	}
	p.attribute = on
	w.did(map[bool]string{true: "attribute on", false: "attribute off"}[on])
	return nil
}

func (w *workstation) writable(drive string) (bool, error) {
	for _, p := range w.plugged {
		if takes, ok := p.mounted[drive]; ok {
			return takes, nil
		}
	}
	return false, errors.New("no such drive")
}

func (w *workstation) open(drive string) (volume, error) {
	disks, err := w.disks(drive)
	if err != nil {
		return nil, err
	}
	return &heldDrive{w, w.plugged[disks[0].Number], drive}, nil
}

func (w *workstation) did(what string) { w.said = append(w.said, what) }

type heldDrive struct {
	w     *workstation
	p     *plugged
	drive string
}

func (h *heldDrive) Lock() error {
	if h.p.inUse {
		return errors.New("in use")
	}
	h.w.did("lock")
	return nil
}
func (h *heldDrive) Flush() error { h.w.did("flush"); return nil }
func (h *heldDrive) Dismount() error {
	h.w.did("dismount")
	h.p.mounted[h.drive] = !h.p.attribute || h.p.stubborn
	return nil
}
func (h *heldDrive) Close() error { h.w.did("close"); return nil }

// start is a service's start; the record is what an earlier one has left.
func start(t *testing.T, w *workstation, file string) *Keeper {
	t.Helper()
	ours, err := holdings.Read(file, record())
	if err != nil {
		t.Fatal(err)
	}
	return &Keeper{system: w, ours: ours, pause: func() {}, now: time.Now, log: slog.New(slog.DiscardHandler), kept: map[string]Report{}}
}

func stick(t *testing.T) (*workstation, *plugged, string) {
	w := &workstation{plugged: map[uint32]*plugged{}}
	return w, w.plug(1, "usb/Kingston/DT/1", "E:"), filepath.Join(t.TempDir(), "drives.json")
}

func keep(k *Keeper, drive string, writable bool) Report {
	k.Keep([]Wish{{drive, writable}})
	return k.Reports()[0]
}

// A drive's life: plugged in, read-only, approved, writable, the approval over,
// read-only, the service stopped, given back.
func TestTheLifeOfADrive(t *testing.T) {
	w, p, file := stick(t)
	k := start(t, w, file)
	is := func(when string, r Report, state State, takesWrites bool) {
		t.Helper()
		if r.State != state || r.Err != nil || p.mounted["E:"] != takesWrites || p.attribute == takesWrites {
			t.Fatalf("%s: %+v, file system takes writes %t, attribute %t", when, r, p.mounted["E:"], p.attribute)
		}
	}
	changed := k.Keep([]Wish{{"E:", false}})
	if len(changed) != 1 || changed[0].State != ReadOnly || !changed[0].Ours {
		t.Fatalf("told: %+v", changed)
	}
	is("plugged in", k.Reports()[0], ReadOnly, false)
	if want := []string{"lock", "attribute on", "dismount", "close"}; !slices.Equal(w.said, want) {
		t.Errorf("done: %q", w.said)
	}
	if again := k.Keep([]Wish{{"E:", false}}); len(again) != 0 || len(w.said) != 4 {
		t.Errorf("the same again: told %+v, done %q", again, w.said)
	}
	is("approved", keep(k, "E:", true), Writable, true)
	is("the approval is over", keep(k, "E:", false), ReadOnly, false)
	if err := k.Stop(); err != nil {
		t.Fatal(err)
	}
	is("stopped", Report{State: Writable}, Writable, true)
	if left := start(t, w, file).Left(); left != 0 {
		t.Errorf("%d left", left)
	}
}

// Killed at any moment, the drive stays as it was, and the next run knows what
// is its own.
func TestKilledBetween(t *testing.T) {
	w, p, file := stick(t)
	keep(start(t, w, file), "E:", false) // and is killed
	if p.mounted["E:"] {
		t.Fatal("writable after a crash")
	}
	k := start(t, w, file)
	if k.Left() != 1 {
		t.Errorf("%d left", k.Left())
	}
	if r := keep(k, "E:", true); r.State != Writable || p.attribute {
		t.Errorf("approved after a crash: %+v", r)
	}

	keep(k, "E:", false)
	// Uninstallation after a crash: nobody has listed the drives.
	if err := start(t, w, file).Stop(); err != nil || p.attribute || !p.mounted["E:"] {
		t.Errorf("given back: %v, attribute %t", err, p.attribute)
	}

	// Killed after it was written down and before it was done.
	k = start(t, w, file)
	if err := k.ours.Add(Disk{1, p.id}); err != nil {
		t.Fatal(err)
	}
	k = start(t, w, file)
	if k.Left() != 0 {
		t.Error("what was not done is left")
	}
	if r := keep(k, "E:", false); r.State != ReadOnly || p.mounted["E:"] {
		t.Errorf("%+v", r)
	}

	// Unplugged meanwhile: another disk has the number, and is somebody else's.
	delete(w.plugged, 1)
	other := w.plug(1, "usb/Other/X/9", "E:")
	other.attribute, other.mounted["E:"] = true, false
	k = start(t, w, file)
	if r := keep(k, "E:", true); !other.attribute || r.State != ReadOnly || r.Ours {
		t.Errorf("what somebody else made read-only: %+v", r)
	}
	if err := k.Stop(); err != nil || !other.attribute {
		t.Errorf("given back what was not ours: %v", err)
	}
}

// What the system refuses is never called protection.
func TestRefused(t *testing.T) {
	no := errors.New("not supported")
	for name, spoil := range map[string]func(*plugged){
		"set":       func(p *plugged) { p.refuses = no },
		"asked":     func(p *plugged) { p.silent = no },
		"no effect": func(p *plugged) { p.stubborn = true },
		"system":    func(p *plugged) { p.system = true },
	} {
		w, p, file := stick(t)
		spoil(p)
		k := start(t, w, file)
		changed := k.Keep([]Wish{{"E:", false}})
		if len(changed) != 1 || changed[0].State != Failed || changed[0].Err == nil {
			t.Errorf("%s: %+v", name, changed)
		}
		if name == "system" && len(w.said) > 0 {
			t.Errorf("the machine's own disk was touched: %q", w.said)
		}
		did := len(w.said)
		if again := k.Keep([]Wish{{"E:", false}}); len(again) != 0 || len(w.said) != did {
			t.Errorf("%s: told again %+v, done again %q", name, again, w.said[did:])
		}
		k.now = func() time.Time { return time.Now().Add(2 * retrying) }
		p.refuses, p.silent, p.stubborn, p.system = nil, nil, false, false
		if name == "no effect" {
			p.attribute = false
		}
		if r := keep(k, "E:", false); r.State != ReadOnly {
			t.Errorf("%s, later: %+v", name, r)
		}
	}
}

func TestARecordThatCannotBeKept(t *testing.T) {
	w, p, file := stick(t)
	k := start(t, w, filepath.Join(file, "no", "folder"))
	if r := keep(k, "E:", false); r.State != Failed || p.attribute {
		t.Errorf("made read-only without a trace: %+v", r)
	}
	if err := os.WriteFile(file, []byte(`[{"number":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := holdings.Read(file, record()); err == nil {
		t.Error("a damaged record was believed")
	}
	if err := os.WriteFile(file, bytes.Repeat([]byte("["), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := holdings.Read(file, record()); err == nil {
		t.Error("a huge record was believed")
	}
}

func TestAFileIsOpen(t *testing.T) {
	w, p, file := stick(t)
	p.inUse = true
	if r := keep(start(t, w, file), "E:", false); r.State != ReadOnly || p.mounted["E:"] {
		t.Errorf("%+v", r)
	}
	if want := []string{"flush", "attribute on", "dismount", "close"}; !slices.Equal(w.said, want) {
		t.Errorf("done: %q", w.said)
	}
}

// Drives on one disk are read-only together: the attribute is the disk's.
func TestDrivesOfOneDisk(t *testing.T) {
	w := &workstation{plugged: map[uint32]*plugged{}}
	p := w.plug(2, "usb/x", "F:", "G:")
	k := start(t, w, filepath.Join(t.TempDir(), "drives.json"))
	k.Keep([]Wish{{"F:", true}, {"G:", false}})
	for _, r := range k.Reports() {
		if r.State != ReadOnly || p.mounted[r.Drive] {
			t.Errorf("%+v", r)
		}
	}
	if changed := k.Keep([]Wish{{"F:", true}, {"G:", true}}); len(changed) != 2 || !p.mounted["F:"] || !p.mounted["G:"] {
		t.Errorf("told %+v", changed)
	}
	k.Keep(nil)
	if len(k.Reports()) != 0 {
		t.Error("a drive that is gone is remembered")
	}
}

// Somebody with the rights to may clear the attribute; it comes back.
func TestSomebodyClearsTheAttribute(t *testing.T) {
	w, p, file := stick(t)
	k := start(t, w, file)
	keep(k, "E:", false)
	p.attribute, p.mounted["E:"] = false, true
	if r := keep(k, "E:", false); r.State != ReadOnly || p.mounted["E:"] {
		t.Errorf("%+v", r)
	}
}
