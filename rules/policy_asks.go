package rules

import "slices"

// AsksFor answers which of these groups some rule asks for: by name, as a
// department's, or as one of a department whose media are registered. With these
// alone everything is decided as it is with all of them.
func (p *Policy) AsksFor(groups []string) (asked []string) {
	names, parts := p.plan.groupNames(), p.members.groups
	var indexes []*index
	for _, x := range []*index{names, parts} {
		if x != nil {
			indexes = append(indexes, x)
		}
	}
	s, clauses, departments := newSearch(indexes...), make(set, len(p.plan.all)), newSet(p.members.departments)
	for _, g := range groups {
		s.read(g)
		if s.meets(names, p.plan.all, clauses) || s.meets(parts, p.plan.askedParts, departments) {
			asked = append(asked, g)
		}
	}
	return asked
}

// meets tells whether one of those who are asking wants a pattern that fits the
// text; found is room for who does.
func (s *search) meets(x *index, asking, found set) bool {
	if x == nil || asking.empty() {
		return false
	}
	clear(found)
	x.find(s, asking, found)
	return found.meets(asking)
}

// groupNames finds the clauses that ask for a group by its name, nil where none
// does.
func (n *plan) groupNames() *index {
	for _, t := range n.texts {
		if t.field == groupText {
			return t.fits
		}
	}
	return nil
}

// askFor notes the departments whose members some rule tells from others.
func (b *planner) askFor(r *registry) {
	b.askedParts = newSet(b.departments)
	owned := slices.ContainsFunc(b.plan.singles, func(s single) bool { return tellsDepartments(s.condition) })
	for d := range b.departments {
		if b.parts != nil && len(b.parts.clauses[d]) > 0 || owned && len(r.parts[d]) > 0 {
			b.askedParts.add(d)
		}
	}
}

// tellsDepartments tells whether a condition on whose a medium is depends on
// the department of the person: they are looked at after the person alone, and
// without them the medium is the company's or somebody else's.
func tellsDepartments(c condition) bool {
	w, ok := c.(*wordCondition)
	if !ok || w.path != "device.owner" {
		return false
	}
	is := func(o owner) bool { return slices.Contains(w.words, string(o)) }
	return is(departmentDevice) != is(companyDevice) || is(departmentDevice) != is(othersDevice)
}
