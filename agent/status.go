package agent

import (
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/guard"
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
		Warnings:       a.warnings(),
		Spool:          &control.Spool{Depth: depth.Records, Bytes: depth.Bytes, Oldest: depth.Oldest},
		IncidentsToday: &today,
	}
	return s
}

func (a *Agent) consoleStatus() control.Console {
	c := control.Console{URL: a.config.Console.URL}
	if a.uploader != nil {
		state := a.uploader.State()
		c.Connected, c.LastContact, c.LastError = state.Connected, state.LastContact, state.LastError
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
	return guards
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

// warnings lists what is not as it should be, worst first.
func (a *Agent) warnings() []control.Warning {
	all := []control.Warning{}
	for _, r := range a.keeper.Reports() {
		if r.Err != nil {
			all = append(all, control.Warning{Code: "medium-unguarded", Severity: string(incident.High), Title: "A removable medium is not guarded"})
			break
		}
	}
	if a.policy.Status().Broken != "" {
		all = append(all, control.Warning{Code: "policy-broken", Severity: string(incident.High), Title: "The policy file cannot be used; the last sound policy stays in force"})
	}
	if a.uploader != nil && !a.uploader.State().Connected && time.Since(a.started) > time.Minute {
		all = append(all, control.Warning{Code: "console-unreachable", Severity: string(incident.Medium), Title: "The console cannot be reached; incidents wait on this machine"})
	}
	return all
}

// vitals is what the console is told every minute.
func (a *Agent) vitals() incident.Heartbeat {
	policy, depth := a.policy.Status(), a.spool.Depth()
	h := incident.Heartbeat{
		Schema: incident.SchemaVersion, Time: time.Now().UTC(), Machine: a.machine, Version: a.version, Started: a.started,
		Mode: string(policy.Mode), Policy: policy.Version, Waiting: depth.Records, Oldest: depth.Oldest,
	}
	for _, g := range a.guards() {
		if g.State == control.GuardFailed {
			h.Unguarded++
		} else {
			h.Media++
		}
	}
	for _, w := range a.warnings() {
		h.Warnings = append(h.Warnings, incident.Warning{Code: w.Code, Severity: incident.Severity(w.Severity), Since: a.started})
	}
	return h
}
