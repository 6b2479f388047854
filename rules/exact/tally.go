package exact

import (
	"cmp"
	"slices"
)

// maxPeople bounds how many people of a list are told apart in one content: as
// many as a policy can ask for.
const maxPeople = 1 << 20

// tally counts the people of one list.
type tally struct {
	people map[uint64]person // by the hash of the cell they were found by
	full   bool
}

// person is what was seen of one person.
type person struct {
	fields uint8
	on     uint16 // lists that hold the person in every place they were seen
}

func (t *tally) add(key uint64, p person) {
	if t.people == nil {
		t.people = map[uint64]person{}
	}
	old, seen := t.people[key]
	switch {
	case seen:
		p = person{max(p.fields, old.fields), p.on & old.on}
	case len(t.people) == maxPeople:
		t.full = true
		return
	}
	t.people[key] = p
}

// Match says how many distinct people of a list were found.
type Match struct {
	List   string  `json:"list"`
	Groups []Group `json:"groups"`
}

// Group is people of whom equally much was found.
type Group struct {
	Fields int      `json:"fields"`         // of one person in one place, 1 or more
	Also   []string `json:"also,omitempty"` // the other lists they are on
	People int      `json:"people"`
}

// People answers how many people were found with at least so many fields and
// are on none of some other lists.
func (m Match) People(fields int, except []string) int {
	n := 0
	for _, g := range m.Groups {
		if g.Fields >= fields && !slices.ContainsFunc(g.Also, func(l string) bool { return slices.Contains(except, l) }) {
			n += g.People
		}
	}
	return n
}

// match sums up; names are those of all lists.
func (t *tally) match(self int, names []string) Match {
	count := map[person]int{}
	for _, p := range t.people {
		p.on &^= 1 << self
		count[p]++
	}
	m := Match{List: names[self]}
	for p, n := range count {
		g := Group{Fields: int(p.fields), People: n}
		for i, name := range names {
			if p.on&(1<<i) != 0 {
				g.Also = append(g.Also, name)
			}
		}
		m.Groups = append(m.Groups, g)
	}
	slices.SortFunc(m.Groups, func(a, b Group) int {
		return cmp.Or(b.Fields-a.Fields, slices.Compare(a.Also, b.Also))
	})
	return m
}
