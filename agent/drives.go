package agent

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/enforce/drives"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/health"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// lookAgain is how often drives are held against what may change without them:
// the policy, approvals, the network and the time of day.
const lookAgain = 5 * time.Second

const (
	codeDriveClosed   = "drive-read-only"
	codeDriveWritable = "drive-not-read-only"
)

// driveKeeping keeps removable drives read-only where the policy could stop
// something on them and nobody has an approval, and watches those that are
// writable. It is what there is on a system without a guard file system.
type driveKeeping struct {
	agent   *Agent
	keeper  driveKeeper
	undo    *undoing
	present func() []int // who could be told something
	release func() bool  // drives are given back when the service stops

	mu    sync.Mutex
	media map[string]guard.Medium // by drive
}

// driveKeeper is drives.Keeper.
type driveKeeper interface {
	Keep([]drives.Wish) []drives.Report
	Reports() []drives.Report
	Stop() error
}

func (a *Agent) newDriveKeeping() *driveKeeping {
	return &driveKeeping{
		agent: a, keeper: Drives(a.config, a.log), undo: newUndoing(a),
		present: a.control.Present, release: func() bool { return !a.desk.enrolled() || a.desk.mayStop() }, media: map[string]guard.Medium{},
	}
}

// Drives answers the keeper of the drives that the service of a configuration
// has made read-only.
func Drives(c Config, log *slog.Logger) *drives.Keeper {
	k, err := drives.New(filepath.Join(c.State, drives.FileName), log)
	if err != nil {
		log.Warn("drives that were made read-only before are not known", "error", err)
	}
	return k
}

// looking answers when drives are to be looked at again, never on a system with
// a guard.
func (*driveKeeping) looking() (<-chan time.Time, func()) {
	if guard.Supported {
		return nil, func() {}
	}
	again := time.NewTicker(lookAgain)
	return again.C, again.Stop
}

// keep has these drives, and no others, be as the policy and approvals say. What
// arrives past a guard is taken back.
func (d *driveKeeping) keep(ctx context.Context, media []guard.Medium, past []guard.Past) {
	if !drives.Supported {
		d.undo.keep(ctx, media, past)
		return
	}
	d.have(ctx, media, past)
}

func (d *driveKeeping) have(ctx context.Context, media []guard.Medium, past []guard.Past) {
	before, reasons := map[string]drives.State{}, map[string]rules.Decision{}
	for _, r := range d.keeper.Reports() {
		before[r.Drive] = r.State
	}
	wishes, closing, opening, left := []drives.Wish{}, []string{}, []string{}, []*watched{}
	d.mu.Lock()
	d.media = map[string]guard.Medium{}
	for _, m := range media {
		drive := m.Device.Node
		d.media[drive] = m
		why, closed := d.closes(m)
		if closed && before[drive] != drives.Failed {
			closing = append(closing, m.MountPoint)
		}
		switch _, known := before[drive]; {
		case !closed:
			opening = append(opening, m.MountPoint)
		case !known:
			left = append(left, justCame(itself(m)))
		}
		reasons[drive] = why
		wishes = append(wishes, drives.Wish{Drive: drive, Writable: !closed})
	}
	d.mu.Unlock()
	d.undo.release(opening)
	left = append(left, d.undo.leave(closing)...)
	changed := d.keeper.Keep(wishes)
	d.watchOpen(ctx, media, past, left)
	for _, r := range changed {
		d.note(ctx, r, reasons[r.Drive])
	}
	for drive := range before {
		if _, there := d.medium(drive); !there {
			d.agent.health.Clear(health.DriveWritable, drive)
		}
	}
}

// end gives drives back. On a machine of a fleet only where the service was
// stopped with a code: an upgrade and whoever stops it otherwise leave them
// read-only, for the next run or until they are plugged in anew, also those that
// had a guard until now.
func (d *driveKeeping) end(guarded []guard.Medium) error {
	if d.release() {
		return d.keeper.Stop()
	}
	if len(guarded) == 0 {
		return nil
	}
	var wishes []drives.Wish
	for _, r := range d.keeper.Reports() {
		wishes = append(wishes, drives.Wish{Drive: r.Drive, Writable: r.State == drives.Writable})
	}
	for _, m := range guarded {
		_, closed := d.closes(m)
		wishes = append(wishes, drives.Wish{Drive: m.Device.Node, Writable: !closed})
	}
	var errs []error
	for _, r := range d.keeper.Keep(wishes) {
		errs = append(errs, r.Err)
	}
	return errors.Join(errs...)
}

// closes answers the rule for which a drive has to be read-only. An approval
// opens it for as long as it holds; what goes there then is looked at.
func (d *driveKeeping) closes(m guard.Medium) (rules.Decision, bool) {
	a := activity.Activity{
		Time: time.Now().UTC(), Channel: m.Channel, Operation: activity.Write, Actor: activity.Actor{UID: -1},
		Destination: activity.Destination{Path: m.MountPoint, Device: m.Device},
	}
	situation := rules.Context{}
	if d.agent.judge.Network != nil {
		situation.Network = d.agent.judge.Network()
	}
	why, closed := d.agent.policy.Current().MayStop(a, situation)
	if closed {
		_, approved := d.agent.grants.Holder(string(m.Channel), deviceKey(a.Destination))
		closed = !approved
	}
	return why, closed
}

// watchOpen watches the drives that can be written to, and the ways past guards,
// and looks once more at those that were left.
func (d *driveKeeping) watchOpen(ctx context.Context, media []guard.Medium, past []guard.Past, left []*watched) {
	closed := map[string]bool{}
	for _, r := range d.keeper.Reports() {
		closed[r.Drive] = r.State == drives.ReadOnly
	}
	var open []guard.Medium
	for _, m := range media {
		if closed[m.Device.Node] {
			left = append(left, d.undo.leave([]string{m.MountPoint})...)
		} else {
			open = append(open, m)
		}
	}
	d.undo.keep(ctx, open, past)
	for _, w := range left {
		d.undo.look(ctx, w, closed[w.Medium.Device.Node])
	}
}

func (d *driveKeeping) medium(drive string) (guard.Medium, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m, there := d.media[drive]
	return m, there
}

// note records and tells what has become of a drive.
func (d *driveKeeping) note(ctx context.Context, r drives.Report, why rules.Decision) {
	m, _ := d.medium(r.Drive)
	d.agent.health.Mark(health.DriveWritable, r.Drive, r.Err)
	switch {
	case r.State == drives.Failed:
		d.agent.log.Error("drive is not as it should be", "drive", r.Drive, "error", r.Err)
		d.agent.say(ctx, codeDriveWritable, incident.High, map[string]string{"mountPoint": m.MountPoint, "problem": r.Err.Error()})
	case r.State == drives.ReadOnly && r.Ours:
		d.tell(ctx, m, why)
	}
}

// tell records that a drive was made read-only, and tells those who are there
// why, and how they may use it: nobody else would.
func (d *driveKeeping) tell(ctx context.Context, m guard.Medium, why rules.Decision) {
	a := d.agent
	i, err := incident.New(incident.Agent, time.Now())
	if err == nil {
		i.Machine, i.Severity, i.Code = a.machine, incident.Low, codeDriveClosed
		i.Detail = map[string]string{"mountPoint": m.MountPoint, "device": bounded(mediumName(m)), "serial": bounded(m.Device.Serial), "rule": why.Rule}
		err = a.judge.Record(ctx, i)
	}
	if err != nil {
		a.log.Error("incident is not recorded", "code", codeDriveClosed, "error", err)
		return
	}
	n := prompt.Notice{
		ID: i.ID, Time: i.Time, Action: prompt.Closed, Channel: string(m.Channel), Rule: why.Rule, Medium: cmp.Or(mediumName(m), m.Device.Node),
		Words: prompt.Words{Title: why.Title, Message: why.Message},
	}
	if slices.Contains(why.EmployeeMay, "request-approval") {
		n.EmployeeMay = []string{"request-approval"}
	}
	to := activity.Destination{Path: m.MountPoint, Device: m.Device}
	for _, uid := range d.present() {
		a.cases.Add(uid, cases.Case{Notice: n, Channel: n.Channel, Destination: deviceKey(to), Place: n.Medium})
		a.teller.Announce(uid, n)
	}
}

// guards answers how drives are kept, as the status says it.
func (d *driveKeeping) guards() (list []control.Guard) {
	for _, r := range d.keeper.Reports() {
		m, _ := d.medium(r.Drive)
		g := control.Guard{MountPoint: m.MountPoint, Device: r.Drive, Name: mediumName(m), Since: r.Since}
		switch r.State {
		case drives.ReadOnly:
			g.State = control.GuardClosed
		case drives.Writable:
			g.State = control.GuardWatched
		default:
			g.State = control.GuardFailed
		}
		list = append(list, g)
	}
	return list
}
