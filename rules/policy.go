package rules

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"slices"
	"time"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/strictyaml"
)

// Action is what is done about an activity.
type Action string

// The actions, mildest first. A stricter one always wins over a milder one.
const (
	Allow  Action = "allow"  // nothing happens
	Report Action = "report" // the security team is told
	Warn   Action = "warn"   // and so is the employee
	// Justify keeps the content where it is until the employee has said why it
	// has to go.
	Justify Action = "justify"
	// Block keeps the content where it is.
	Block Action = "block"
	// Quarantine takes it into safe keeping.
	Quarantine Action = "quarantine"
	// Isolate closes internal systems off.
	Isolate Action = "isolate"
)

// actions are all actions by strictness.
var actions = []Action{Allow, Report, Warn, Justify, Block, Quarantine, Isolate}

// StricterThan compares two actions.
func (a Action) StricterThan(b Action) bool {
	return slices.Index(actions, a) > slices.Index(actions, b)
}

// Stops tells whether the content does not get through.
func (a Action) Stops() bool { return !Justify.StricterThan(a) }

// Mode says whether decisions are carried out.
type Mode string

// The modes.
const (
	Enforce    Mode = "enforce"
	ReportOnly Mode = "report-only" // nothing stricter than report is done
)

// Severity orders incidents.
type Severity string

// The severities, lowest first.
const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Localized is a text by language ("en", "zh"). It may lack a language. It is
// shared: never change it.
type Localized map[string]string

// In answers the text in a language, or else in any it has.
func (l Localized) In(language string) string {
	for _, lang := range []string{language, "en", "zh"} {
		if text := l[lang]; text != "" {
			return text
		}
	}
	return ""
}

// MaxRollingWindow bounds how far back a rolling total may look.
const MaxRollingWindow = 7 * 24 * time.Hour

// Pictures says what of pictures is read; both cost seconds a picture at worst.
type Pictures struct {
	Codes bool // QR codes
	Text  bool
}

// Policy is a policy file, checked and compiled. It never changes: many
// goroutines may use it at once.
//
// A rule applies when everything under its "when" holds and not everything
// under its "unless" does. Of all rules that apply the strictest action wins,
// and among equal actions the rule that stands first in the file: the order of
// rules never weakens a policy, and exceptions are part of the rule they are
// made from. When no rule applies the activity is allowed by "default", but
// content that could not be read in full is reported even then.
//
// A policy is monotone: more findings never make a decision milder. Conditions
// on content have lower bounds only, and an exception may name who and where
// but not what. Whoever looks at content while it streams may therefore stop
// at the first decision that stops it.
type Policy struct {
	version, name string
	mode          Mode
	classes       []class
	rules         []rule
	isolation     Isolation
	pictures      Pictures
	retention     []retention
	minimum       []minimum
	lists         []listUse
	own           []detector
	custom        *custom.Set // what they look for, nil: nothing
	grades        []KindLevel // of kinds of data
	members       *members    // of departments
	registry      *registry   // of media
	described     []custom.Detector
	counted       []detect.Class
	warnings      strictyaml.Problems
	plan          *plan
}

// class is a policy class, compiled.
type class struct {
	id    string
	name  Localized
	level Level
	all   []condition
	any   []condition
}

// rule is a rule, compiled.
type rule struct {
	id             string
	title, message Localized
	when, unless   []condition
	action         Action
	severity       Severity
	employeeMay    []string
	reason         DecisionReason
	line           int         // of the file
	content        []condition // of when, what asks for what was found
	// answersUnreadable: the rule says what becomes of unreadable content
	// whatever else is found in it, so nobody need report it by default.
	answersUnreadable bool
}

// ParsePolicy reads a policy file; name is what its problems are reported
// under. The error, when there is one, is of type strictyaml.Problems and
// lists everything that is wrong. It holds no text of the file beyond single
// words, so that it may be logged and recorded.
func ParsePolicy(name string, data []byte) (*Policy, error) {
	var spec policySpec
	doc := strictyaml.Decode(name, data, &spec)
	c := compiler{doc: doc, classes: map[string]int{}, rules: map[string]int{}}
	p := c.policy(&spec)
	if err := doc.Err(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	p.version += "+" + hex.EncodeToString(sum[:4])
	p.plan = newPlan(p)
	p.warnings = p.check(doc, &spec)
	return p, nil
}

//go:embed default.yaml
var defaultPolicy []byte

// DefaultPolicySource answers the built-in policy as a file to start from.
func DefaultPolicySource() []byte { return slices.Clone(defaultPolicy) }

// DefaultPolicy answers the built-in policy. Were it ever broken, which a test
// excludes, everything would be blocked.
func DefaultPolicy() *Policy {
	p, err := ParsePolicy("default.yaml", defaultPolicy)
	if err != nil {
		p = &Policy{version: "broken", mode: Enforce, members: newMembers(nil), rules: []rule{{id: "broken", action: Block, severity: High, reason: ReasonActivity}}}
		p.plan = newPlan(p)
	}
	return p
}

// Version is the file's version and a short hash of its content: two policies
// of one version are the same file.
func (p *Policy) Version() string { return p.version }

// Isolation is what the action isolate closes off.
func (p *Policy) Isolation() Isolation { return p.isolation }

// Pictures is what of pictures is read.
func (p *Policy) Pictures() Pictures { return p.pictures }

// Name is what the file calls itself.
func (p *Policy) Name() string { return p.name }

// Mode says whether decisions are carried out.
func (p *Policy) Mode() Mode { return p.mode }

// Warnings lists what is allowed but hardly meant: rules that never decide,
// contradictions, classes without a use.
func (p *Policy) Warnings() strictyaml.Problems { return slices.Clone(p.warnings) }

// RollingWindows answers the periods over which some rule counts people,
// shortest first. Context needs a count for each.
func (p *Policy) RollingWindows() []time.Duration {
	var windows []time.Duration
	for _, r := range p.rules {
		for _, c := range r.when {
			if rolling, ok := c.(rollingCondition); ok {
				windows = append(windows, rolling.within)
			}
		}
	}
	slices.Sort(windows)
	return slices.Compact(windows)
}

// Context asks for the total of people in each of the policy's windows.
func (p *Policy) Context(total func(within time.Duration) int) Context {
	ctx := Context{RollingPeople: map[time.Duration]int{}}
	for _, w := range p.RollingWindows() {
		ctx.RollingPeople[w] = total(w)
	}
	return ctx
}
