package rules

import (
	"cmp"
	"slices"
)

// plan answers for all rules of a policy at once whether they apply. It says
// what rule.applies says of each; a test holds the two together.
//
// Every "when" and every "unless" is a clause, a member of a set that starts
// with all of them. A condition that does not hold takes those away that ask
// for it; what stays holds. Conditions that rules have in common are looked at
// once, and so is every text, whatever number of patterns it is held against.
type plan struct {
	rules   []*rule // the strictest first, of the same action as they stand in the file
	half    int     // words of a set of rules; whens are the first half of a set of clauses
	all     set     // clauses
	answers set     // rules that say what becomes of unreadable content
	singles []single
	texts   []*onText
	indexes []*index // of these
	parts   *parts

	askedParts set // departments that some rule tells from others
}

// single is a condition with the clauses that ask for it.
type single struct {
	condition
	clauses   []uint16
	ofContent bool
}

// onText are the conditions on one text, or on one kind of texts.
type onText struct {
	field     textField
	fits      *index // to clauses
	asked     set    // clauses with such a condition
	proven    set    // of these, those that count only what is proven
	ofContent bool

	patterns indexer
	names    indexer // for names of programs
	fitsName *index
}

// parts are the conditions on departments.
type parts struct {
	asked   set
	clauses [][]uint16 // by department
}

func newPlan(p *Policy) *plan {
	n := &plan{half: (len(p.rules) + 63) / 64}
	for i := range p.rules {
		n.rules = append(n.rules, &p.rules[i])
	}
	slices.SortStableFunc(n.rules, func(a, b *rule) int {
		return cmp.Compare(slices.Index(actions, b.action), slices.Index(actions, a.action))
	})
	n.all, n.answers = make(set, 2*n.half), make(set, n.half)
	b := planner{plan: n, departments: p.members.departments, singles: map[string]int{}, texts: map[textField]*onText{}}
	for i, r := range n.rules {
		b.clause(i, r.when)
		if len(r.unless) > 0 {
			b.clause(n.half*64+i, r.unless)
		}
		if r.answersUnreadable {
			n.answers.add(i)
		}
	}
	b.finish()
	b.askFor(p.registry)
	return n
}

// planner makes a plan.
type planner struct {
	*plan
	departments int
	singles     map[string]int // by what they ask for
	texts       map[textField]*onText
}

func (b *planner) clause(n int, conditions []condition) {
	b.all.add(n)
	for _, c := range conditions {
		switch c := c.(type) {
		case *patternCondition:
			b.text(n, c.text, c.patterns)
		case *claimCondition:
			t := b.text(n, c.text, c.patterns)
			if c.proven {
				t.proven.add(n)
			}
			if c.name != nil {
				t.names.add(c.name.patterns, n)
			}
		case *groupCondition:
			b.text(n, groupText, c.patterns)
		case *labelCondition:
			b.text(n, labelText, c.patterns)
		case *departmentCondition:
			b.department(n, c)
		default:
			b.single(n, c)
		}
	}
}

func (b *planner) text(n int, f textField, patterns []*pattern) *onText {
	t := b.texts[f]
	if t == nil {
		t = &onText{field: f, ofContent: f == fileTypeText || f == labelText,
			asked: make(set, len(b.all)), proven: make(set, len(b.all)), patterns: indexer{}, names: indexer{}}
		b.texts[f] = t
		b.plan.texts = append(b.plan.texts, t)
	}
	t.asked.add(n)
	t.patterns.add(patterns, n)
	return t
}

func (b *planner) department(n int, c *departmentCondition) {
	if b.parts == nil {
		b.parts = &parts{make(set, len(b.all)), make([][]uint16, b.departments)}
	}
	b.parts.asked.add(n)
	for _, d := range c.of {
		b.parts.clauses[d.number] = append(b.parts.clauses[d.number], uint16(n))
	}
}

// single knows equal conditions by how they are written.
func (b *planner) single(n int, c condition) {
	key := c.field() + "\x00" + c.wanted()
	i, known := b.singles[key]
	if !known {
		i = len(b.plan.singles)
		b.singles[key] = i
		b.plan.singles = append(b.plan.singles, single{condition: c, ofContent: ofContent(c)})
	}
	b.plan.singles[i].clauses = append(b.plan.singles[i].clauses, uint16(n))
}

func (b *planner) finish() {
	for _, t := range b.plan.texts {
		t.fits, t.fitsName = t.patterns.index(len(b.all)*64), t.names.index(len(b.all)*64)
		t.patterns, t.names = nil, nil
		b.indexes = append(b.indexes, t.fits)
		if t.fitsName != nil {
			b.indexes = append(b.indexes, t.fitsName)
		}
	}
}

// ofContent tells whether a condition can be answered only once content was
// looked at.
func ofContent(c condition) bool {
	switch c := c.(type) {
	case *classCondition, levelCondition, peopleCondition, rollingCondition, sizeCondition, *labelCondition:
		return true
	case *wordCondition:
		return c.content
	case *patternCondition:
		return c.text == fileTypeText
	}
	return false
}

// applying answers the rules that apply; without content, those that may apply
// to some.
func (n *plan) applying(q *question, content bool) set {
	open, found := slices.Clone(n.all), make(set, len(n.all))
	s := newSearch(n.indexes...)
	for i := range n.singles {
		s := &n.singles[i]
		if (content || !s.ofContent) && open.hasAny(s.clauses) && !s.holds(q) {
			open.removeAll(s.clauses)
		}
	}
	for _, t := range n.texts {
		if open[:n.half].empty() {
			return open[:n.half]
		}
		if content || !t.ofContent {
			t.close(q, open, found, s)
		}
	}
	if n.parts != nil {
		n.parts.close(q, open, found)
	}
	applies, excepted := open[:n.half], open[n.half:]
	for i := range applies {
		applies[i] &^= excepted[i]
	}
	return applies
}

// texts answers what is there of a kind of texts.
func (q *question) texts(f textField) []string {
	switch f {
	case groupText:
		return q.Actor.Groups
	case labelText:
		return q.Labels
	}
	return []string{q.text(f)}
}

// close takes the clauses away that ask for what the text is not.
func (t *onText) close(q *question, open, found set, s *search) {
	if !open.meets(t.asked) {
		return
	}
	clear(found)
	for _, text := range q.texts(t.field) {
		s.read(text)
		t.fits.find(s, open, found)
	}
	if t.fitsName != nil {
		s.read(q.text(programNameText))
		t.fitsName.find(s, open, found)
	}
	unproven := !q.proves(t.field)
	for i := range open {
		if unproven {
			found[i] &^= t.proven[i]
		}
		open[i] &= found[i] | ^t.asked[i]
	}
}

func (p *parts) close(q *question, open, found set) {
	if !open.meets(p.asked) {
		return
	}
	clear(found)
	q.departments().any(func(d int) bool { found.addAll(p.clauses[d]); return false })
	for i := range open {
		open[i] &= found[i] | ^p.asked[i]
	}
}
