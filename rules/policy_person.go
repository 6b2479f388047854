package rules

import (
	"slices"
	"strings"

	"github.com/trustline/trustline/rules/strictyaml"
)

// departmentSpec says who belongs to a part of the company.
type departmentSpec struct {
	Place  place
	ID     scalar   `yaml:"id"`
	Name   textSpec `yaml:"name"`
	People []scalar `yaml:"people"`
	Groups []scalar `yaml:"groups"`
}

// department is one, compiled.
type department struct {
	number int // which it is
	id     string
	people []*pattern
	groups []*pattern
}

const maxDepartments = 500

// members finds the departments of a person, by their number.
type members struct {
	people, groups *index
	departments    int
}

func newMembers(departments []department) *members {
	people, groups := indexer{}, indexer{}
	for _, d := range departments {
		people.add(d.people, d.number)
		groups.add(d.groups, d.number)
	}
	n := len(departments)
	return &members{people.index(n), groups.index(n), n}
}

// departments answers those the person belongs to.
func (q *question) departments() set {
	if m := q.policy.members; q.partOf == nil {
		q.partOf = m.people.all(m.departments, q.Actor.User).and(m.groups.all(m.departments, q.Actor.Groups...))
	}
	return q.partOf
}

func (c *compiler) departments(specs []departmentSpec, at place) {
	c.most(len(specs), maxDepartments, at.In("departments"))
	for i := range specs[:min(len(specs), maxDepartments)] {
		s := &specs[i]
		d := department{number: i, id: c.id(s.ID, s.Place), people: c.patterns(s.People), groups: c.patterns(s.Groups)}
		c.localized(s.Name, maxTitle)
		if d.id != "" && slices.ContainsFunc(c.parts, func(o department) bool { return o.id == d.id }) {
			c.report(s.ID.Place, "policy.repeated-id", "ID", d.id)
		}
		if given(len(s.People) > 0, len(s.Groups) > 0) == 0 && s.Place.Line > 0 {
			c.report(s.Place, "policy.empty-department")
		}
		c.parts = append(c.parts, d)
	}
}

// groupCondition wants a group of the person that one of several patterns fits.
type groupCondition struct{ patterns []*pattern }

func (*groupCondition) field() string                  { return "group" }
func (c *groupCondition) holds(q *question) bool       { return anyFits(c.patterns, q.Actor.Groups) }
func (c *groupCondition) from(q *question) (int, bool) { return settled(c, q) }
func (c *groupCondition) found(q *question) string     { return strings.Join(q.Actor.Groups, ", ") }
func (c *groupCondition) wanted() string               { return either(written(c.patterns)) }
func anyFits(patterns []*pattern, texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		text = strings.ToLower(strings.TrimSpace(text))
		return slices.ContainsFunc(patterns, func(p *pattern) bool { return p.fits(text) })
	})
}

// departmentCondition wants the person to belong to one of some departments.
type departmentCondition struct{ of []department }

func (*departmentCondition) field() string                  { return "department" }
func (c *departmentCondition) from(q *question) (int, bool) { return settled(c, q) }
func (c *departmentCondition) holds(q *question) bool       { return len(c.belongs(q)) > 0 }
func (c *departmentCondition) found(q *question) string     { return strings.Join(c.belongs(q), ", ") }
func (c *departmentCondition) wanted() string               { return either(c.ids()) }

func (c *departmentCondition) ids() (ids []string) {
	for _, d := range c.of {
		ids = append(ids, d.id)
	}
	return ids
}

func (c *departmentCondition) belongs(q *question) (ids []string) {
	for _, d := range c.of {
		if anyFits(d.people, []string{q.Actor.User}) || anyFits(d.groups, q.Actor.Groups) {
			ids = append(ids, d.id)
		}
	}
	return ids
}

// person compiles who does it.
func (c *compiler) person(where []condition, s *circumstanceSpec) []condition {
	where = c.texts(where, "person", s.Person, personText)
	if len(s.Group) > 0 {
		where = append(where, &groupCondition{c.patterns(s.Group)})
	}
	if len(s.Department) > 0 {
		cond := &departmentCondition{}
		for _, ref := range c.list(s.Department) {
			i := slices.IndexFunc(c.parts, func(d department) bool { return d.id == ref.Text })
			if i < 0 {
				c.noDepartment(ref)
				continue
			}
			cond.of = append(cond.of, c.parts[i])
		}
		where = append(where, cond)
	}
	return where
}

func (c *compiler) noDepartment(ref scalar) {
	var ids []string
	for _, d := range c.parts {
		ids = append(ids, d.id)
	}
	if near := strictyaml.Nearest(ref.Text, ids); near != "" {
		c.report(ref.Place, "policy.no-department-near", "Value", strictyaml.Quote(ref.Text), "Near", near)
		return
	}
	c.report(ref.Place, "policy.no-department", "Value", strictyaml.Quote(ref.Text))
}
