package agent

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/enforce/drives"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/health"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// obedient does with drives as it is told, or fails.
type obedient struct {
	drives  map[string]drives.Report
	err     error
	closing func() // just before a drive is read-only
}

func (o *obedient) Keep(wishes []drives.Wish) (changed []drives.Report) {
	now := map[string]drives.Report{}
	for _, w := range wishes {
		r := drives.Report{Drive: w.Drive, State: drives.ReadOnly, Ours: true, Since: time.Now().UTC()}
		switch {
		case o.err != nil:
			r.State, r.Ours, r.Err = drives.Failed, false, o.err
		case w.Writable:
			r.State, r.Ours = drives.Writable, false
		}
		if o.closing != nil && r.State == drives.ReadOnly && o.drives[w.Drive].State != r.State {
			o.closing()
		}
		if o.drives[w.Drive].State != r.State {
			changed = append(changed, r)
		}
		now[w.Drive] = r
	}
	o.drives = now
	return changed
}

func (o *obedient) Reports() (list []drives.Report) {
	for _, r := range o.drives {
		list = append(list, r)
	}
	return list
}

func (o *obedient) Stop() error { o.drives = nil; return nil }

// plugged has a workplace with a drive E:, and answers how it is then.
type plugged struct {
	*workplace
	keeper *obedient
	media  []guard.Medium
}

func plugIn(t *testing.T, policy, serial string) *plugged {
	t.Helper()
	p := &plugged{workplace: newWorkplace(t, policy), keeper: &obedient{}}
	p.media = []guard.Medium{{MountPoint: t.TempDir(), Channel: activity.RemovableMedia, Device: activity.Device{Node: "E:", Vendor: "Kingston", Model: "DT", Serial: serial}}}
	d := p.agent.drives
	d.keeper, d.present = p.keeper, func() []int { return []int{somebody} }
	return p
}

func (p *plugged) state() string {
	p.t.Helper()
	p.agent.drives.have(p.t.Context(), p.media, nil)
	guards := p.agent.drives.guards()
	if len(guards) != 1 {
		p.t.Fatalf("guards: %+v", guards)
	}
	return guards[0].State
}

// A drive is read-only until somebody is approved to use it, and again when the
// approval is over; whoever is there is told why, and can ask.
func TestADriveIsReadOnlyUntilApproved(t *testing.T) {
	p := plugIn(t, "", "S1")
	if got := p.state(); got != control.GuardClosed {
		t.Fatalf("plugged in: %s", got)
	}
	if got := p.state(); got != control.GuardClosed || len(p.recorded(codeDriveClosed)) != 1 {
		t.Fatalf("looked at again: %s, recorded %d times", got, len(p.recorded(codeDriveClosed)))
	}
	if rule := p.recorded(codeDriveClosed)[0].Detail["rule"]; rule == "" {
		t.Error("no rule is named")
	}
	own := p.own(somebody)
	if len(own) != 1 || own[0].Destination != "S1" || own[0].Place != "Kingston DT" || len(own[0].Notice.Words.Title) == 0 {
		t.Fatalf("told: %+v", own)
	}
	id := own[0].Notice.ID
	if _, no := p.asks(somebody, cases.AskRequest, wish(id)); no != "" {
		t.Fatalf("approval cannot be asked for: %q", no)
	}
	asked := p.recorded(grant.CodeRequested)[0]
	r, err := grant.ParseRequest(asked.ID, asked.Machine.ID, asked.Time, asked.Detail)
	if err != nil {
		t.Fatalf("the console cannot read the request: %v", err)
	}
	g := r.Grant("0190a8c4-0000-7000-8000-000000000001", "boss", time.Now())
	p.orders(p.sign(grant.Answer{Grant: g}))
	if got := p.state(); got != control.GuardWatched {
		t.Fatalf("approved: %s", got)
	}
	p.orders(p.sign(grant.Answer{Grant: g}), p.sign(grant.Answer{Withdrawal: &grant.Withdrawal{Grant: g.ID, Machine: g.Machine, UID: g.UID, Reason: "enough", By: "boss", Time: time.Now().UTC()}}))
	if got := p.state(); got != control.GuardClosed {
		t.Fatalf("withdrawn: %s", got)
	}
}

// What somebody was approved to have on a drive stays there, although nobody can
// tell whose file it is; what goes beyond it is taken back.
func TestWhatIsApprovedStaysOnADrive(t *testing.T) {
	p := plugIn(t, "", "S1")
	arrives := func() bool {
		t.Helper()
		path := filepath.Join(p.media[0].MountPoint, "list.csv")
		content, err := os.ReadFile(p.source)
		if err = errors.Join(err, os.WriteFile(path, content, 0o644)); err != nil {
			t.Fatal(err)
		}
		r, err := p.agent.examine(t.Context(), p.agent.judge.engine(), path, activity.Activity{
			Channel: activity.RemovableMedia, Operation: activity.Write, Subject: activity.Subject{Name: "list.csv"},
			Destination: activity.Destination{Path: p.media[0].MountPoint, Device: p.media[0].Device},
		})
		if err != nil {
			t.Fatal(err)
		}
		r.activity.Actor = activity.Actor{UID: -1}
		p.agent.decideAfterwards(r)
		p.agent.settle(t.Context(), r)
		_, err = os.Lstat(path)
		return err == nil
	}
	if arrives() {
		t.Fatal("a list stays without approval")
	}
	p.state()
	r, _, err := p.agent.desk.fill(t.Context(), somebody, p.own(somebody)[0], wish("").Wish)
	if err != nil {
		t.Fatal(err)
	}
	g := r.Grant("0190a8c4-0000-7000-8000-000000000003", "boss", time.Now())
	g.Classes, g.MaxPeople = []string{grant.AnyClass}, 60
	p.orders(p.sign(grant.Answer{Grant: g}))
	if p.state() != control.GuardWatched || !arrives() {
		t.Fatal("what is approved is taken back")
	}
	if p.state() != control.GuardClosed || arrives() {
		t.Error("it was approved once")
	}
}

// What an approval names opens a drive, and nothing else does.
func TestAnApprovalOpensADrive(t *testing.T) {
	p := plugIn(t, "", "S1")
	p.state()
	r, _, err := p.agent.desk.fill(t.Context(), somebody, p.own(somebody)[0], wish("").Wish)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*grant.Grant)
		want   bool
	}{
		{func(*grant.Grant) {}, true},
		{func(g *grant.Grant) { g.Destination = "S2" }, false},
		{func(g *grant.Grant) {
			g.NotBefore, g.Expires = g.NotBefore.Add(-48*time.Hour), g.Expires.Add(-48*time.Hour)
		}, false},
		{func(g *grant.Grant) {
			g.NotBefore, g.Expires = g.NotBefore.Add(48*time.Hour), g.Expires.Add(48*time.Hour)
		}, false},
	} {
		o := plugIn(t, "", "S1")
		r.Machine = o.agent.machine.ID
		g := r.Grant("0190a8c4-0000-7000-8000-000000000002", "boss", time.Now())
		c.change(g)
		o.orders(o.sign(grant.Answer{Grant: g}))
		if got := o.state() == control.GuardWatched; got != c.want {
			t.Errorf("%+v opens: %t", g, got)
		}
	}
}

const registered = `version: "1"
devices:
  - {serial: "ENC-*", vendor: Kingston}
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - {id: stays, title: {en: x, zh: x}, when: {class: list, channel: removable-media}, unless: {device: {owner: company}}, action: block}
`

// Which drives are read-only is what the policy says of media, as for a guard.
func TestWhichDrivesAreReadOnly(t *testing.T) {
	for _, c := range []struct{ policy, serial, want string }{
		{registered, "ENC-1", control.GuardWatched},
		{registered, "X", control.GuardClosed},
		{"mode: report-only\n" + registered, "X", control.GuardWatched},
	} {
		if got := plugIn(t, c.policy, c.serial).state(); got != c.want {
			t.Errorf("%s: %s, want %s", c.serial, got, c.want)
		}
	}
}

// On a machine of a fleet drives are given back to who has a code.
func TestDrivesStayReadOnlyWithoutACode(t *testing.T) {
	p := plugIn(t, "", "S1")
	p.state()
	if d := p.agent.drives; !d.release() {
		t.Error("a machine that is nobody's asks for a code")
	}
	p.agent.drives.release = func() bool { return false }
	if err := p.agent.drives.end(nil); err != nil || len(p.keeper.drives) != 1 {
		t.Errorf("given back without a code: %v", err)
	}
	p.agent.drives.release = func() bool { return true }
	if err := p.agent.drives.end(nil); err != nil || len(p.keeper.drives) != 0 {
		t.Errorf("not given back: %v", err)
	}
}

// A refusal by the system is an incident and a warning, once, and no claim.
func TestADriveThatCannotBeMadeReadOnly(t *testing.T) {
	p := plugIn(t, "", "S1")
	p.keeper.err = errors.New("not supported")
	for range 2 {
		if got := p.state(); got != control.GuardFailed {
			t.Fatal(got)
		}
	}
	if n := len(p.recorded(codeDriveWritable)); n != 1 {
		t.Errorf("recorded %d times", n)
	}
	if len(p.own(somebody)) != 0 {
		t.Error("somebody is told that it is read-only")
	}
	warns := func() bool {
		return slices.ContainsFunc(p.agent.health.Warnings(), func(w health.Warning) bool { return w.Code == health.DriveWritable && w.About == "E:" })
	}
	if !warns() {
		t.Error("no warning")
	}
	p.media = nil
	p.agent.drives.have(t.Context(), nil, nil)
	if warns() {
		t.Error("a warning about a drive that is gone")
	}
}

// approve has the drive open for somebody, for as much as they like.
func (p *plugged) approve(id string) *grant.Grant {
	p.t.Helper()
	p.state()
	r, _, err := p.agent.desk.fill(p.t.Context(), somebody, p.own(somebody)[0], wish("").Wish)
	if err != nil {
		p.t.Fatal(err)
	}
	g := r.Grant(id, "boss", time.Now())
	g.Classes, g.MaxPeople, g.MaxUses = []string{grant.AnyClass}, 60, 9
	p.orders(p.sign(grant.Answer{Grant: g}))
	return g
}

func (p *plugged) withdraw(g *grant.Grant) {
	p.t.Helper()
	p.orders(p.sign(grant.Answer{Withdrawal: &grant.Withdrawal{Grant: g.ID, Machine: g.Machine, UID: g.UID, Reason: "enough", By: "boss", Time: time.Now().UTC()}}))
}

// put writes the list to the drive, with these times.
func (p *plugged) put(name string, at time.Time) string {
	p.t.Helper()
	path := filepath.Join(p.media[0].MountPoint, name)
	content, err := os.ReadFile(p.source)
	if err = errors.Join(err, os.WriteFile(path, content, 0o644), os.Chtimes(path, at, at)); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// looked waits until the drive was looked through, and answers the files of
// which there is a record.
func (p *plugged) looked() (files []string) {
	p.t.Helper()
	p.agent.drives.undo.looks.Wait()
	for _, i := range p.records {
		if i.Kind == incident.Activity {
			files = append(files, i.File.Name)
			if i.Decision.Action != "block" || i.Decision.Outcome != incident.Reported {
				p.t.Errorf("%s: %+v", i.File.Name, i.Decision)
			}
		}
	}
	slices.Sort(files)
	return files
}

// What comes to a drive as it is being closed stays there, and is reported.
func TestWhatComesJustBeforeADriveIsClosed(t *testing.T) {
	p := plugIn(t, "", "S1")
	g := p.approve("0190a8c4-0000-7000-8000-000000000004")
	long := time.Now().Add(-time.Hour)
	before := p.put("before.csv", long)
	if got := p.state(); got != control.GuardWatched {
		t.Fatalf("approved: %s", got)
	}
	p.keeper.closing = func() { // as late as can be
		p.put("late.csv", time.Now())
		p.put("kept-its-time.csv", long)
	}
	p.withdraw(g)
	if got := p.state(); got != control.GuardClosed {
		t.Fatalf("withdrawn: %s", got)
	}
	if got := p.looked(); !slices.Contains(got, "late.csv") || !slices.Contains(got, "kept-its-time.csv") {
		t.Errorf("recorded: %q", got)
	}
	for _, path := range []string{before, filepath.Join(p.media[0].MountPoint, "late.csv")} {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("taken off a drive that is read-only: %v", err)
		}
	}
	n := len(p.looked())
	if p.state(); len(p.looked()) != n {
		t.Error("recorded again")
	}
}

// What was written before a drive was known is reported, and nothing else that
// lies on it.
func TestWhatComesBeforeADriveIsKnown(t *testing.T) {
	p := plugIn(t, "", "S1")
	year := time.Now().Add(365 * 24 * time.Hour)
	p.put("quick.csv", time.Now())
	p.put("from-a-machine-ahead.csv", year)
	if got := p.state(); got != control.GuardClosed {
		t.Fatalf("plugged in: %s", got)
	}
	got := p.looked()
	// On this system both were made just now; their content is what tells.
	if !slices.Contains(got, "quick.csv") {
		t.Errorf("recorded: %q", got)
	}
	since := justCame(itself(p.media[0]))
	for name, want := range map[string]bool{"quick.csv": true, "from-a-machine-ahead.csv": false} {
		info, err := os.Stat(filepath.Join(p.media[0].MountPoint, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := since.wroteAt(info.ModTime()); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if since.wroteAt(time.Now().Add(-time.Minute)) || since.wroteAt(time.Time{}) {
		t.Error("what lay on it before is told of")
	}
}
