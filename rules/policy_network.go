package rules

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/strictyaml"
)

// IsolationMode says how much the action isolate closes off.
type IsolationMode string

// The modes.
const (
	// IsolateInternal closes the listed internal systems off, nothing else.
	IsolateInternal IsolationMode = "internal"
	// IsolateAllBut leaves only what it takes to come to a trusted network.
	IsolateAllBut IsolationMode = "all-but"
)

// AfterCrash says what becomes of it when the service is killed.
type AfterCrash string

// What becomes of it.
const (
	// KeepAfterCrash leaves it in force until the service runs again.
	KeepAfterCrash AfterCrash = "keep"
	// ClearAfterCrash lifts it with the next start or repair.
	ClearAfterCrash AfterCrash = "clear"
)

// Isolation is what a policy closes off on networks that its rules with the
// action isolate name. Internal and Allow hold addresses, networks in CIDR form
// and host names, each perhaps with a port. They are shared: never change them.
type Isolation struct {
	Mode            IsolationMode
	AfterCrash      AfterCrash
	Internal, Allow []string
}

// maxTargets bounds each list of an isolation.
const maxTargets = 500

// isolation compiles what is closed off. Rules that isolate need it.
func (c *compiler) isolation(p *Policy, spec *policySpec) {
	s := spec.Isolation
	if s == nil {
		if i := slices.IndexFunc(p.rules, func(r rule) bool { return r.action == Isolate }); i >= 0 {
			c.report(spec.Rules[i].Action.Place, "policy.no-isolation")
		}
		return
	}
	if s.Place.Line == 0 {
		return
	}
	p.isolation = Isolation{
		Mode:       oneOf(c, s.Mode, []IsolationMode{IsolateInternal, IsolateAllBut}, IsolateInternal),
		AfterCrash: oneOf(c, s.AfterCrash, []AfterCrash{KeepAfterCrash, ClearAfterCrash}, KeepAfterCrash),
		Internal:   whole(c.targets(s.Internal)), Allow: c.targets(s.Allow),
	}
	if p.isolation.Mode == IsolateInternal && len(s.Internal) == 0 {
		c.report(s.Place.In("internal"), "policy.missing")
	}
}

// whole leaves ports out: an internal system is closed off with all it has.
func whole(targets []string) []string {
	for i, t := range targets {
		if host, _, err := net.SplitHostPort(t); err == nil {
			targets[i] = host
		}
	}
	return targets
}

func (c *compiler) targets(list []scalar) (targets []string) {
	if len(list) == 0 {
		return nil
	}
	c.most(len(list), maxTargets, list[0].Place)
	for _, s := range c.list(list[:min(len(list), maxTargets)]) {
		if !isTarget(s.Text) {
			c.report(s.Place, "policy.target", "Value", strictyaml.Quote(s.Text))
			continue
		}
		targets = append(targets, s.Text)
	}
	return targets
}

var hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?$`)

// isTarget tells whether a text is an address, a network or a host name, with
// a port or without.
func isTarget(text string) bool {
	if _, err := netip.ParsePrefix(text); err == nil {
		return true
	}
	host := text
	if h, port, err := net.SplitHostPort(text); err == nil {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return false
		}
		host = h
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return len(host) <= 253 && hostName.MatchString(host)
}

// reach keeps rules and channels together: only the network can be isolated,
// and nothing else can be done about it than to tell.
func (c *compiler) reach(r *rule, s *ruleSpec) {
	if s.When == nil || s.When.Place.Line == 0 {
		return
	}
	channel := slices.IndexFunc(r.when, func(one condition) bool { return one.field() == "channel" })
	onlyThere := channel >= 0 && slices.Equal(r.when[channel].(*wordCondition).words, []string{string(activity.Network)})
	if r.action != Isolate {
		if onlyThere && r.action.Stops() {
			c.report(s.Action.Place, "policy.block-network", "Value", string(r.action))
		}
		return
	}
	switch {
	case !slices.ContainsFunc(r.when, func(one condition) bool { return one.field() == "network" }):
		c.report(s.When.Place, "policy.isolate-where")
	case channel >= 0 && !onlyThere:
		c.report(s.Action.Place, "policy.isolate-channel")
	case slices.ContainsFunc(r.when, isContent):
		c.report(s.When.Place, "policy.isolate-content")
	case channel < 0:
		r.when = slices.Insert(r.when, 0, condition(&wordCondition{path: "channel", words: []string{string(activity.Network)},
			word: func(q *question) string { return string(q.Channel) }}))
	}
}

// isContent tells whether a condition looks at content, which a network has
// none of.
func isContent(one condition) bool {
	switch one := one.(type) {
	case *classCondition, levelCondition, peopleCondition, rollingCondition, sizeCondition:
		return true
	case *wordCondition:
		return one.content
	}
	return one.field() == "file.name" || one.field() == "file.type"
}
