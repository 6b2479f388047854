package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rivo/uniseg"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/health"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/message"
)

// statusPage lays a status out for people.
type statusPage struct {
	*terminal
	now    time.Time
	health health.Texts
	b      strings.Builder
}

// maxShown bounds every text that others have named, in runes.
const maxShown = 120

func (p *statusPage) render(s control.Status) string {
	verdict := "status.healthy"
	switch {
	case s.Degraded():
		verdict = "status.degraded"
	case s.Mode == control.ModeReportOnly:
		verdict = "status.report-only"
	}
	fmt.Fprintf(&p.b, "%s\n\n", p.Text(verdict))
	p.row("status.service", p.Text("status.running", message.Args{"Version": shown(s.Version), "Since": p.when(s.Started)}))
	p.row("status.machine", shown(s.Machine.Name)+" ("+shown(s.Machine.ID)+")")
	p.row("status.mode", p.either("status.mode."+s.Mode, s.Mode))
	p.row("status.policy", p.policy(s.Policy))
	p.row("status.console", p.console(s.Console))
	if s.Console.URL != "" {
		p.row("status.enrolled", p.enrolled(s.Console))
	}
	if s.Spool != nil {
		p.row("status.spool", p.spool(*s.Spool))
	}
	if s.IncidentsToday != nil {
		p.row("status.today", p.Text("status.incidents", message.Args{"Count": *s.IncidentsToday}))
	}
	p.guards(s.Guards)
	p.warnings(s)
	if s.Spool == nil {
		fmt.Fprintf(&p.b, "\n%s\n", p.Text("status.more-as-root"))
	}
	return p.b.String()
}

// shown makes a text from outside fit for a terminal.
func shown(s string) string { return prompt.Harmless(s, maxShown) }

// row writes a label and its value, in columns as wide as the script needs.
func (p *statusPage) row(label, value string) {
	const column = 12
	name := p.Text(label)
	fmt.Fprintf(&p.b, "  %s%s%s\n", name, strings.Repeat(" ", max(1, column-uniseg.StringWidth(name))), value)
}

func (p *statusPage) policy(policy control.Policy) string {
	args := message.Args{"Name": shown(policy.Name), "Version": shown(policy.Version), "Loaded": p.when(policy.Loaded), "Error": shown(policy.Broken)}
	s := p.Text("status.policy.version", args)
	if policy.Name != "" {
		s = p.Text("status.policy.named", args)
	}
	if policy.Broken != "" {
		s += p.Text("status.policy.broken", args)
	}
	return s
}

func (p *statusPage) console(c control.Console) string {
	args := message.Args{"URL": shown(c.URL), "Last": p.when(c.LastContact), "Error": shown(c.LastError)}
	switch {
	case c.URL == "":
		return p.Text("status.console.none")
	case c.Connected:
		return p.Text("status.console.connected", args)
	}
	s := p.Text("status.console.never", args)
	if !c.LastContact.IsZero() {
		s = p.Text("status.console.lost", args)
	}
	if c.LastError != "" {
		s += p.Text("status.console.error", args)
	}
	return s
}

func (p *statusPage) enrolled(c control.Console) string {
	switch {
	case c.Refused != "" && p.Has("status.enrolled."+c.Refused):
		return p.Text("status.enrolled." + c.Refused)
	case c.Refused != "":
		return p.Text("status.enrolled.refused", message.Args{"Reason": shown(c.Refused)})
	case c.EnrolledUntil.IsZero():
		return p.Text("status.enrolled.not")
	}
	return p.Text("status.enrolled.until", message.Args{"Until": p.when(c.EnrolledUntil)})
}

func (p *statusPage) spool(s control.Spool) string {
	if s.Depth == 0 {
		return p.Text("status.spool.empty")
	}
	return p.Text("status.spool.waiting", message.Args{"Depth": s.Depth, "Oldest": p.when(s.Oldest)})
}

func (p *statusPage) guards(guards []control.Guard) {
	fmt.Fprintf(&p.b, "\n%s\n", p.Text("status.media"))
	if len(guards) == 0 {
		fmt.Fprintf(&p.b, "  %s\n", p.Text("status.media.none"))
	}
	for _, g := range guards {
		line := shown(g.MountPoint)
		if details := strings.TrimSpace(shown(g.Name) + " " + shown(g.Device)); details != "" {
			line += "  " + details
		}
		state := p.either("status.guard."+g.State, g.State)
		fmt.Fprintf(&p.b, "  %s  %s\n", line, p.Text("status.guard.since", message.Args{"State": state, "Since": p.when(g.Since)}))
	}
}

func (p *statusPage) warnings(s control.Status) {
	if len(s.Warnings) == 0 {
		return
	}
	fmt.Fprintf(&p.b, "\n%s\n", p.Text("status.warnings"))
	for _, w := range s.Warnings {
		severity := p.either("status.severity."+w.Severity, w.Severity)
		known := health.Warning{Code: health.Code(w.Code), About: prompt.Harmless(w.About, maxShown)}
		title := p.health.Title(known, p.Language())
		if !slices.Contains(health.Codes(), known.Code) && w.Title != "" {
			title = prompt.Harmless(w.Title, maxShown)
		}
		fmt.Fprintf(&p.b, "  ! [%s] %s\n", severity, title)
		fmt.Fprintf(&p.b, "      %s\n", p.health.Remedy(known, p.Language()))
	}
}

// either answers the text of an id made from data, or the given one when this
// version has none.
func (p *statusPage) either(id, other string) string {
	if p.Has(id) {
		return p.Text(id)
	}
	return shown(other)
}

// when answers a time as the reader's clock shows it; today's without a date.
func (p *statusPage) when(at time.Time) string {
	switch at, now := at.Local(), p.now.Local(); {
	case at.IsZero():
		return p.Text("status.never")
	case at.Format(time.DateOnly) == now.Format(time.DateOnly):
		return at.Format("15:04:05")
	default:
		return at.Format("2006-01-02 15:04")
	}
}
