package agent

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/mask"
	"github.com/trustline/trustline/uploader/incident"
)

// sampleSize bounds how many masked matches a record holds.
const sampleSize = 20

// incident makes the record of a decision. Everything in it that may hold
// customer data is masked here, before anything else sees it.
func (j *Judge) incident(a activity.Activity, c rules.Content, d rules.Decision, situation rules.Context, outcome incident.Outcome) (incident.Incident, error) {
	i, err := incident.New(incident.Activity, a.Time)
	if err != nil {
		return i, err
	}
	i.Machine = j.Machine
	i.Severity = incident.Severity(d.Severity)
	i.Person = incident.Person{User: bounded(a.Actor.User), UID: a.Actor.UID}
	i.Others, i.Groups = others(a), askedFor(j.Policy(), a.Actor)
	i.Network = situation.Network
	i.Program = incident.Program{Path: j.masked(a.Actor.Program), PID: a.Actor.PID, Proven: a.Actor.Proven}
	i.Channel, i.Operation = string(a.Channel), string(a.Operation)
	i.File = incident.File{Name: j.masked(a.Subject.Name), Source: j.masked(cmp.Or(a.Subject.Source, a.Subject.Said)), Size: a.Subject.Size, Type: bounded(a.Subject.Type)}
	i.Destination = destination(a.Destination)
	i.Destination.Share = j.masked(a.Destination.Share.Name)
	if a.Channel == activity.AtRest {
		// People name folders after customers, too.
		i.Destination.Path = j.masked(a.Destination.Path)
	}
	i.Decision = incident.Decision{
		Action: string(d.Action), Would: string(d.Would), Rule: d.Rule, Reason: string(d.Reason),
		PolicyVersion: d.PolicyVersion, PolicyClasses: d.Classes, EmployeeMay: d.EmployeeMay, Outcome: outcome,
	}
	i.Content = j.content(c, situation)
	if err := i.Validate(); err != nil {
		return i, fmt.Errorf("make the record of an incident: %w", err)
	}
	return i, nil
}

// askedFor answers those groups of somebody that the policy asks for: what is
// not needed to see why it decided so is not recorded.
func askedFor(p *rules.Policy, who activity.Actor) (groups []string) {
	for _, g := range p.AsksFor(who.Groups) {
		if len(groups) < incident.MaxGroups {
			groups = append(groups, bounded(g))
		}
	}
	return groups
}

// others answers everybody else who wrote it, once each.
func others(a activity.Activity) []incident.Person {
	var out []incident.Person
	for _, o := range a.Others {
		p := incident.Person{User: bounded(o.User), UID: o.UID}
		if p.UID != a.Actor.UID && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

func (j *Judge) content(c rules.Content, situation rules.Context) incident.Content {
	out := incident.Content{Status: string(c.Status), Reason: string(c.Reason), People: c.Summary.People}
	for _, n := range situation.RollingPeople {
		out.Rolling = max(out.Rolling, n)
	}
	for _, s := range c.Summary.Classes {
		out.Classes = append(out.Classes, incident.Class{ID: string(s.Class), Count: s.Count, Distinct: s.Distinct, Confidence: s.Confidence, Name: j.Policy().DataName(s.Class)})
	}
	for _, f := range sample(c.Summary.Findings) {
		out.Matches = append(out.Matches, incident.Match{
			Class: string(f.Class), Masked: bounded(f.Masked), Location: j.location(f),
			Confidence: f.Confidence, Reasons: f.Reasons,
		})
	}
	return out
}

// sample takes findings of every class in turn, so that a reviewer sees each.
func sample(all []detect.Finding) []detect.Finding {
	byClass := map[detect.Class][]detect.Finding{}
	var order []detect.Class
	for _, f := range all {
		if byClass[f.Class] == nil {
			order = append(order, f.Class)
		}
		byClass[f.Class] = append(byClass[f.Class], f)
	}
	var out []detect.Finding
	for n := 0; len(out) < min(sampleSize, len(all)); n++ {
		for _, c := range order {
			if n < len(byClass[c]) && len(out) < sampleSize {
				out = append(out, byClass[c][n])
			}
		}
	}
	return out
}

// location names a place: "Sheet1!B7", "line 12", "list.csv in a.zip, line 3".
func (j *Judge) location(f detect.Finding) string {
	place := j.masked(f.Location)
	switch {
	case f.Line <= 0:
		return place
	case place == "":
		return fmt.Sprintf("line %d", f.Line)
	}
	return fmt.Sprintf("%s, line %d", place, f.Line)
}

func destination(d activity.Destination) incident.Destination {
	return incident.Destination{
		Path: bounded(d.Path), Device: bounded(d.Device.Node), Bus: bounded(d.Device.Bus),
		Vendor: bounded(d.Device.Vendor), Model: bounded(d.Device.Model), Serial: bounded(d.Device.Serial),
		Label: bounded(d.Device.Label), FileSystem: bounded(d.Device.FileSystem), Encrypted: d.Device.Encrypted,
		Host: bounded(d.Share.Host), ShareProven: d.Share.Proven,
	}
}

// masked makes a path harmless, part by part: a folder may be named after a
// customer too.
func (j *Judge) masked(p string) string {
	if p == "" {
		return ""
	}
	parts := strings.Split(p, "/")
	for n, part := range parts {
		parts[n] = j.maskedName(part)
	}
	return bounded(strings.Join(parts, "/"))
}

// maskedName masks a name as a whole, and then what stands between the dots
// and lines that people put names together with.
func (j *Judge) maskedName(name string) string {
	name = mask.Text(j.Pack, name)
	var b strings.Builder
	for len(name) > 0 {
		end := strings.IndexAny(name, "._-+()")
		if end < 0 {
			end = len(name)
		}
		b.WriteString(mask.Text(j.Pack, name[:end]))
		if end < len(name) {
			b.WriteByte(name[end])
			end++
		}
		name = name[end:]
	}
	return b.String()
}

// bounded makes a text fit a record.
func bounded(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= incident.MaxText {
		return s
	}
	return strings.ToValidUTF8(s[:incident.MaxText-len("…")], "") + "…"
}
