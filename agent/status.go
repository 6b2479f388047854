package agent

import (
	"cmp"
	"errors"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/health"
	"github.com/trustline/trustline/uploader/incident"
)

// status answers how the service is doing.
func (a *Agent) status(control.Caller) control.Status {
	policy, depth := a.policy.Status(), a.spool.Depth()
	today := int(a.today.Load())
	s := control.Status{
		Version: a.version, Started: a.started, Mode: string(policy.Mode),
		Machine:        control.Machine{ID: a.machine.ID, Name: a.machine.Name, OS: a.machine.OS},
		Policy:         control.Policy{Version: policy.Version, Name: policy.Name, Loaded: policy.Loaded, Broken: policy.Broken},
		Console:        a.consoleStatus(),
		Guards:         a.guards(),
		Warnings:       []control.Warning{},
		Spool:          &control.Spool{Depth: depth.Records, Bytes: depth.Bytes, Oldest: depth.Oldest},
		IncidentsToday: &today,
	}
	for _, w := range a.warnings() {
		s.Warnings = append(s.Warnings, control.Warning{Code: string(w.Code), About: w.About, Severity: string(w.Code.Severity()), Title: a.texts.Title(w, "en")})
	}
	return s
}

func (a *Agent) consoleStatus() control.Console {
	c := control.Console{URL: a.config.Console.URL}
	if a.uploader != nil {
		state := a.uploader.State()
		c.Connected, c.LastContact, c.LastError = state.Connected, state.LastContact, state.LastError
		standing := a.identity.Standing()
		c.EnrolledUntil = standing.Until
		if !c.Connected {
			c.Refused, c.LastError = string(standing.Refused), cmp.Or(standing.Problem, c.LastError)
		}
	}
	return c
}

func (a *Agent) guards() []control.Guard {
	guards := []control.Guard{}
	for _, r := range a.keeper.Reports() {
		g := control.Guard{MountPoint: r.Medium.MountPoint, Device: r.Medium.Device.Node, Name: mediumName(r.Medium), Since: r.Since}
		switch {
		case r.Err != nil:
			g.State = control.GuardFailed
		case r.State == guard.Guarding:
			g.State = control.GuardActive
		default:
			g.State = control.GuardReadOnly
		}
		guards = append(guards, g)
	}
	return append(guards, a.drives.guards()...)
}

func mediumName(m guard.Medium) string {
	switch d := m.Device; {
	case d.Label != "":
		return d.Label
	case d.Model != "":
		return d.Vendor + " " + d.Model
	}
	return ""
}

// patience is how long the console may be away before that is a warning.
const patience = time.Minute

// noteHealth brings the board up to date with what the parts say of themselves.
func (a *Agent) noteHealth() {
	for _, r := range a.keeper.Reports() {
		a.health.Mark(health.GuardFailed, r.Medium.MountPoint, r.Err)
	}
	if a.policy.Status().Broken != "" {
		a.health.Set(health.PolicyBroken, "")
	} else {
		a.health.Clear(health.PolicyBroken, "")
	}
	if a.uploader == nil {
		return
	}
	console := a.consoleStatus()
	a.health.Mark(health.NotEnrolled, "", when(console.EnrolledUntil.IsZero()))
	a.health.Mark(health.ConsoleRefuses, "", when(console.Refused != ""))
	state := a.uploader.State()
	last := state.LastContact
	if last.IsZero() {
		last = a.started
	}
	if !state.Connected && time.Since(last) > patience {
		a.health.Set(health.ConsoleUnreachable, "")
	} else {
		a.health.Clear(health.ConsoleUnreachable, "")
	}
}

// errIs stands for a warning that is more a fact than an error.
var errIs = errors.New("it is so")

func when(is bool) error {
	if is {
		return errIs
	}
	return nil
}

func (a *Agent) warnings() []health.Warning {
	a.noteHealth()
	return a.health.Warnings()
}

// vitals is what the console is told every minute.
func (a *Agent) vitals() incident.Heartbeat {
	policy, depth := a.policy.Status(), a.spool.Depth()
	h := incident.Heartbeat{
		Schema: incident.SchemaVersion, Time: time.Now().UTC(), Machine: a.machine, Version: a.version, Started: a.started,
		Mode: string(policy.Mode), Policy: policy.Version, Waiting: depth.Records, Oldest: depth.Oldest,
		Capabilities: a.enforcement(),
	}
	for _, g := range a.guards() {
		if len(h.Guards) < incident.MaxListed {
			h.Guards = append(h.Guards, incident.Guard{MountPoint: bounded(g.MountPoint), Device: bounded(g.Device), State: string(g.State)})
		}
		if g.State == control.GuardFailed {
			h.Unguarded++
		} else {
			h.Media++
		}
	}
	h.Search = a.finder.progress()
	for _, w := range a.warnings() {
		h.Warnings = append(h.Warnings, incident.Warning{Code: string(w.Code), Severity: w.Code.Severity(), Since: w.Since})
	}
	return h
}
