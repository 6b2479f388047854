package detect

import "bytes"

// kin tells which records are of one person although their keys differ: one
// holds a value of the other, or of two records of one name one says nothing
// that identifies. It is kept for as many people as are told apart.
type kin struct {
	owner links // by value, the key of the person who has it and goes by another
	named map[uint64]namesakes
	same  set // keys that turned out to be of somebody with another key
}

// namesakes are the records of one name.
type namesakes struct {
	known, bare           uint64 // key of one with a number or a mailbox, and of one without
	severals, severalBare bool   // there is more than one: nothing follows from the name then
	says                  roles  // of the known one, in all
	at                    int64  // where that was said last, over all fragments
	row                   bool   // of a table
}

// sameReach is how far apart two records of one name may stand that complete
// each other: who writes a mail, and who they say in it they are.
const sameReach = 16 << 10

// completes tells whether a record says of a known namesake nothing but what was
// not said before, near by. Rows of a table are of several people.
func (n *namesakes) completes(p *person) bool {
	return !n.severals && p.present&n.says == role(personName) && p.at-n.at < sameReach && !(p.row && n.row)
}

func (k *kin) clear() {
	k.owner.clear()
	clear(k.named)
	k.same.clear()
}

// identified tells how many of identifying say who somebody is by themselves:
// up to the mailbox. A card is one of several, a landline a household's.
const identified = 10

// person counts the person of a record, unless the same one was counted.
func (t *tally) person(p *person) {
	if t.people.full() {
		t.full = t.full || !t.people.has(p.key())
		return
	}
	key, known := p.key(), false
	for _, k := range identifying[:identified] {
		known = known || p.values[k] != 0
	}
	if owner := t.kin.owner.of(key); owner != 0 && owner != key {
		return
	}
	if name := p.values[personName]; name != 0 {
		same, counts := t.among(p, name, key, known)
		if same != key {
			t.owns(same, key)
			key = same
		} else if !counts {
			return
		}
	}
	t.personKey(key)
	for _, k := range identifying {
		if v := p.values[k]; v != 0 && v != key && k != personName && k != address && k != landline {
			t.owns(key, v)
		}
	}
}

// personKey counts a person who is known by one value alone.
func (t *tally) personKey(key uint64) {
	if owner := t.kin.owner.of(key); owner != 0 && owner != key {
		return
	}
	if !t.people.add(key) {
		t.full = true
	}
}

// owns notes a further value of a person; who went by it was the same one.
func (t *tally) owns(key, value uint64) {
	if t.kin.owner.link(value, key) {
		t.mergeInto(value)
	}
}

// mergeInto takes a key back that was counted and is another person's.
func (t *tally) mergeInto(key uint64) {
	if t.people.has(key) {
		t.kin.same.bound = t.people.bound
		t.kin.same.add(key)
	}
}

// among puts a record among those of its name, and answers the key of whom it
// is of. It does not count where it is one counted already: a contract names in
// one place who is described in another. Several records of a name that differ
// are of several people.
func (t *tally) among(p *person, name, key uint64, known bool) (of uint64, counts bool) {
	if t.kin.named == nil {
		t.kin.named = map[uint64]namesakes{}
	}
	n := t.kin.named[name]
	of, counts = key, true
	switch {
	case known && n.known != 0 && n.known != key && n.completes(p):
		of = n.known
		n.says, n.at, n.row = n.says|p.present, p.at, n.row && p.row
	case known:
		n.severals = n.severals || n.known != 0 && n.known != key
		n.known, n.says, n.at, n.row = key, p.present, p.at, p.row
		if n.bare != 0 && !n.severalBare && !n.severals {
			t.mergeInto(n.bare)
		}
	default:
		n.severalBare = n.severalBare || n.bare != 0 && n.bare != key
		n.bare = key
		counts = n.known == 0 || n.severals || n.severalBare
	}
	t.kin.named[name] = n
	return of, counts
}

// count answers how many people there are.
func (t *tally) peopleCount() int { return t.people.n - t.kin.same.n }

// keys lists people's keys, at most limit.
func (t *tally) keys(limit int) []uint64 {
	list := t.people.values(t.people.n)
	kept := list[:0]
	for _, key := range list {
		if !t.kin.same.has(key) && len(kept) < limit {
			kept = append(kept, key)
		}
	}
	return kept
}

// has tells whether a hash is in the set.
func (s *set) has(v uint64) bool {
	if len(s.slots) == 0 {
		return false
	}
	mask := uint64(len(s.slots) - 1)
	for i := v & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case v:
			return true
		case 0:
			return false
		}
	}
}

// clerks are labels and headings of names of people who handle something of
// somebody else: who is meant they do not say.
var clerks = [][]byte{[]byte("经办人"), []byte("负责人"), []byte("业务联系"), []byte("对接人"), []byte("受托人")}

func isClerk(heading []byte) bool {
	for _, c := range clerks {
		if bytes.Contains(heading, c) {
			return true
		}
	}
	return false
}

// ofClerk tells whether a name is that of who handles the record.
func ofClerk(l *line, m *match) bool {
	if m.kind != personName {
		return false
	}
	if m.why.heading != "" {
		return isClerk([]byte(m.why.heading))
	}
	return m.why.label.end <= len(l.text) && isClerk(l.text[m.why.label.start:m.why.label.end])
}
