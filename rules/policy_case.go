package rules

import (
	"time"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/strictyaml"
)

// Case is an activity made up to see what a policy says of it.
type Case struct {
	Name     string
	Line     int // in the file of cases
	Activity activity.Activity
	Content  Content
	// Rolling is the total of people for every period the policy asks for.
	Rolling int
	// Network is how far the network is trusted.
	Network string

	// What is expected; empty fields are not looked at.
	Action   Action
	Rule     string
	Severity Severity
}

// CaseResult is what a policy said of a case.
type CaseResult struct {
	Case        Case
	Explanation Explanation
	Passed      bool
}

// Explain answers what the policy says of the case, and why.
func (c Case) Explain(p *Policy) Explanation {
	ctx := p.Context(func(time.Duration) int { return c.Rolling })
	ctx.Network = c.Network
	return Explain(p, c.Activity, c.Content, ctx)
}

// Run compares what the policy says with what the case expects. In report-only
// mode what counts is what would be done.
func (c Case) Run(p *Policy) CaseResult {
	e := c.Explain(p)
	action := e.Decision.Action
	if e.Decision.Would != "" {
		action = e.Decision.Would
	}
	passed := action == c.Action &&
		(c.Rule == "" || c.Rule == e.Decision.Rule) &&
		(c.Severity == "" || c.Severity == e.Decision.Severity)
	return CaseResult{Case: c, Explanation: e, Passed: passed}
}

// SurelyFound is the confidence of made-up findings.
const SurelyFound = 0.95

// MadeUpPeople answers the content of a plain list: so many people, each with
// a name and a mobile number.
func MadeUpPeople(n int) Content {
	if n == 0 {
		return Content{Status: Clean}
	}
	return Content{Status: Sensitive, Summary: detect.Summary{People: n, Classes: []detect.ClassSummary{
		{Class: detect.CNMobile, Count: n, Distinct: n, Confidence: SurelyFound},
		{Class: detect.PersonName, Count: n, Distinct: n, Confidence: SurelyFound},
	}}}
}

type casesSpec struct {
	Place place
	Cases []caseSpec `yaml:"cases"`
}

type caseSpec struct {
	Place  place
	Name   scalar      `yaml:"name"`
	Given  *givenSpec  `yaml:"given"`
	Expect *expectSpec `yaml:"expect"`
}

type givenSpec struct {
	Place       place
	Channel     scalar           `yaml:"channel"`
	Operation   scalar           `yaml:"operation"`
	People      scalar           `yaml:"people"`
	Find        []findSpec       `yaml:"find"`
	Unreadable  scalar           `yaml:"unreadable"`
	Rolling     scalar           `yaml:"rolling"`
	Person      scalar           `yaml:"person"`
	Group       []scalar         `yaml:"group"`
	Program     scalar           `yaml:"program"`
	Destination scalar           `yaml:"destination"`
	Share       scalar           `yaml:"share"`
	Host        scalar           `yaml:"host"`
	Proven      scalar           `yaml:"proven"`
	Device      *givenDeviceSpec `yaml:"device"`
	File        *givenFileSpec   `yaml:"file"`
	Network     scalar           `yaml:"network"`
	Time        scalar           `yaml:"time"`
}

type findSpec struct {
	Place      place
	Class      scalar `yaml:"class"`
	Count      scalar `yaml:"count"`
	Confidence scalar `yaml:"confidence"`
}

type givenDeviceSpec struct {
	Place     place
	Vendor    scalar `yaml:"vendor"`
	Model     scalar `yaml:"model"`
	Serial    scalar `yaml:"serial"`
	Bus       scalar `yaml:"bus"`
	Encrypted scalar `yaml:"encrypted"`
}

type givenFileSpec struct {
	Place place
	Name  scalar   `yaml:"name"`
	Type  scalar   `yaml:"type"`
	Size  scalar   `yaml:"size"`
	Label []scalar `yaml:"label"`
}

type expectSpec struct {
	Place    place
	Action   scalar `yaml:"action"`
	Rule     scalar `yaml:"rule"`
	Severity scalar `yaml:"severity"`
}

// ParseCases reads a file of cases. Its error is as that of ParsePolicy.
func ParseCases(name string, data []byte) ([]Case, error) {
	var spec casesSpec
	doc := strictyaml.Decode(name, data, &spec)
	c := compiler{doc: doc}
	if len(spec.Cases) == 0 && spec.Place.Line > 0 {
		c.report(spec.Place.In("cases"), "policy.missing")
	}
	c.most(len(spec.Cases), maxRules, spec.Place.In("cases"))
	var cases []Case
	for i := range spec.Cases[:min(len(spec.Cases), maxRules)] {
		cases = append(cases, c.testCase(&spec.Cases[i]))
	}
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return cases, nil
}

func (c *compiler) testCase(s *caseSpec) Case {
	one := Case{Line: s.Place.Line, Name: c.text(s.Name, maxTitle)}
	if s.Place.Line == 0 {
		return one
	}
	c.require(s.Name, s.Place, "name")
	if s.Given == nil {
		c.report(s.Place.In("given"), "policy.missing")
	} else if s.Given.Place.Line > 0 {
		one.Activity, one.Content = c.givenActivity(s.Given), c.givenContent(s.Given)
		one.Network = oneOf(c, s.Given.Network, networks, "")
		if s.Given.Rolling.Given() {
			one.Rolling = c.number(s.Given.Rolling)
		}
	}
	if s.Expect == nil {
		c.report(s.Place.In("expect"), "policy.missing")
	} else if s.Expect.Place.Line > 0 {
		c.require(s.Expect.Action, s.Expect.Place, "action")
		one.Action = oneOf(c, s.Expect.Action, actions, Allow)
		one.Rule = c.text(s.Expect.Rule, maxTitle)
		one.Severity = oneOf(c, s.Expect.Severity, severities, "")
	}
	return one
}

func (c *compiler) givenActivity(s *givenSpec) activity.Activity {
	c.require(s.Channel, s.Place, "channel")
	a := activity.Activity{
		Channel:     oneOf(c, s.Channel, channels, ""),
		Operation:   oneOf(c, s.Operation, operations, activity.Write),
		Actor:       activity.Actor{User: s.Person.Text, Program: s.Program.Text},
		Destination: activity.Destination{Path: s.Destination.Text, Share: activity.Share{Name: s.Share.Text, Host: s.Host.Text}},
	}
	// On the clipboard a program is what the helper in the person's session says.
	a.Actor.Proven = a.Actor.Program != "" && a.Channel != activity.Clipboard && c.flag(s.Proven, true)
	a.Destination.Share.Proven = a.Destination.Share != (activity.Share{}) && c.flag(s.Proven, true)
	if s.Time.Text != "" {
		at, err := time.Parse(time.RFC3339, s.Time.Text)
		if err != nil {
			c.report(s.Time.Place, "policy.moment")
		}
		a.Time = at.UTC()
	}
	for _, g := range c.list(s.Group) {
		a.Actor.Groups = append(a.Actor.Groups, g.Text)
	}
	if d := s.Device; d != nil {
		a.Destination.Device = activity.Device{Vendor: d.Vendor.Text, Model: d.Model.Text, Serial: d.Serial.Text,
			Bus: d.Bus.Text, Encrypted: c.flag(d.Encrypted, false)}
	}
	if f := s.File; f != nil {
		a.Subject.Name = f.Name.Text
		if f.Size.Given() {
			a.Subject.Size = c.size(f.Size)
		}
	}
	return a
}

// foundClass reads a kind of data: a built-in one, or one that some policy
// describes itself.
func (c *compiler) foundClass(s scalar) detect.Class {
	if idPattern.MatchString(s.Text) && strictyaml.Nearest(s.Text, plain(countedClasses())) == "" {
		return detect.Class(s.Text)
	}
	return oneOf(c, s, countedClasses(), "")
}

// givenContent makes content up: people without findings are a plain list.
func (c *compiler) givenContent(s *givenSpec) Content {
	content := Content{Status: Clean}
	if s.People.Given() {
		content = MadeUpPeople(c.number(s.People))
	}
	if len(s.Find) > 0 {
		content.Status, content.Summary.Classes = Sensitive, nil
	}
	for i := range s.Find {
		f := &s.Find[i]
		c.require(f.Class, f.Place, "class")
		n := c.required(f.Count, f.Place, "count")
		confidence := c.fraction(f.Confidence)
		if !f.Confidence.Given() {
			confidence = SurelyFound
		}
		content.Summary.Classes = append(content.Summary.Classes, detect.ClassSummary{
			Class: c.foundClass(f.Class), Count: n, Distinct: n, Confidence: confidence})
	}
	if content.Reason = oneOf(c, s.Unreadable, unreadables, ""); content.Reason != "" && content.Status == Clean {
		content.Status = Unreadable
	}
	if s.File != nil {
		content.Type = s.File.Type.Text
		for _, label := range c.list(s.File.Label) {
			content.Labels = append(content.Labels, label.Text)
		}
	}
	return content
}
