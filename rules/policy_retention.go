package rules

import (
	"slices"
	"time"

	"github.com/trustline/trustline/rules/detect"
)

// What a policy says of files that lie somewhere: how long they are kept, and
// what a list does not have to hold.

type retentionSpec struct {
	Place place
	Class []scalar `yaml:"class"`
	Days  scalar   `yaml:"days"`
	Since scalar   `yaml:"since"`
}

type minimumSpec struct {
	Place   place
	List    []scalar `yaml:"list"`
	Without []scalar `yaml:"without"`
}

// Since says from when on a file's age counts.
type Since string

// The beginnings of an age.
const (
	SinceChanged Since = "changed" // the content, last
	SinceCreated Since = "created" // where the file system knows it, otherwise as changed
)

// retention is how long files of a class are kept.
type retention struct {
	class int // index
	days  int
	since Since
}

// minimum is what lists of some kinds of data do without.
type minimum struct{ list, without []detect.Class }

const (
	maxRetention = 36_500 // days
	maxMinimum   = 200
)

func (c *compiler) retention(p *Policy, specs []retentionSpec, at place) {
	c.most(len(specs), maxClasses, at.In("retention"))
	for i := range specs[:min(len(specs), maxClasses)] {
		s := &specs[i]
		if len(s.Class) == 0 && s.Place.Line > 0 {
			c.report(s.Place.In("class"), "policy.missing")
		}
		days := c.required(s.Days, s.Place, "days")
		if days > maxRetention {
			c.report(s.Days.Place, "policy.number", "Most", maxRetention)
		}
		since := oneOf(c, s.Since, []Since{SinceChanged, SinceCreated}, SinceChanged)
		for _, ref := range c.list(s.Class) {
			if index, ok := c.classes[ref.Text]; ok {
				p.retention = append(p.retention, retention{index, days, since})
			} else {
				c.noClass(ref)
			}
		}
	}
}

func (c *compiler) minimum(p *Policy, specs []minimumSpec, at place) {
	c.most(len(specs), maxMinimum, at.In("minimum"))
	for i := range specs[:min(len(specs), maxMinimum)] {
		s := &specs[i]
		for field, kinds := range map[string][]scalar{"list": s.List, "without": s.Without} {
			if len(kinds) == 0 && s.Place.Line > 0 {
				c.report(s.Place.In(field), "policy.missing")
			}
		}
		m := minimum{list: c.kinds(s.List), without: c.kinds(s.Without)}
		if slices.ContainsFunc(m.without, func(k detect.Class) bool { return slices.Contains(m.list, k) }) {
			c.report(s.Place, "policy.with-and-without")
		}
		p.minimum = append(p.minimum, m)
	}
}

func (c *compiler) kinds(list []scalar) (kinds []detect.Class) {
	for _, s := range c.list(list) {
		if k := oneOf(c, s, dataClasses, ""); k != "" {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Overdue is a class whose files are not kept as long as this one has been.
type Overdue struct {
	Class string    // id
	Name  Localized // shared: never change it
	Days  int       // that it may be kept
	Age   int       // days
	Since Since
}

// Overdue answers which of these classes of the policy, the ids of a decision,
// a file has been kept for too long, and when the next of them will be; zero
// for never. Created is zero where it is not known.
func (p *Policy) Overdue(classes []string, changed, created, now time.Time) (over []Overdue, next time.Time) {
	for _, r := range p.retention {
		c := &p.classes[r.class]
		if !slices.Contains(classes, c.id) {
			continue
		}
		from := changed
		if r.since == SinceCreated && !created.IsZero() {
			from = created
		}
		due := from.Add(time.Duration(r.days) * 24 * time.Hour)
		switch {
		case !now.Before(due):
			over = append(over, Overdue{Class: c.id, Name: c.name, Days: r.days, Age: int(now.Sub(from) / (24 * time.Hour)), Since: r.since})
		case next.IsZero() || due.Before(next):
			next = due
		}
	}
	return over, next
}

// MayExceed tells whether content may hold columns that the policy does without
// beside the rest of it, so that they are worth looking for.
func (p *Policy) MayExceed(c Content) bool {
	return slices.ContainsFunc(p.minimum, func(m minimum) bool {
		return !slices.ContainsFunc(m.list, func(k detect.Class) bool { return !holds(c, k) }) &&
			slices.ContainsFunc(m.without, func(k detect.Class) bool { return holds(c, k) })
	})
}

func holds(c Content, kind detect.Class) bool {
	return slices.ContainsFunc(c.Summary.Classes, func(s detect.ClassSummary) bool { return s.Class == kind })
}

// Excess answers those of the columns of content that the policy does without
// in a list like this.
func (p *Policy) Excess(c Content, columns []Column) (excess []Column) {
	for _, m := range p.minimum {
		if slices.ContainsFunc(m.list, func(k detect.Class) bool { return !holds(c, k) }) {
			continue
		}
		for _, col := range columns {
			if slices.Contains(m.without, col.Kind) && !slices.Contains(excess, col) {
				excess = append(excess, col)
			}
		}
	}
	return excess
}
