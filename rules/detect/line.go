package detect

import (
	"bytes"
	"slices"
)

// line is the text being looked at as a whole: a line, or a row with its
// cells joined by tabs.
type line struct {
	text   []byte  // as narrowed
	at     []int32 // where each byte of text came from; nil: from the same place
	offset int64   // of the line, in the fragment
	number int     // 1-based
	more   int     // lines it goes over besides, of a row
	cells  []cell  // of a row
	record bool    // the line is one row of a table
	piled  bool    // and one cell of it
	across bool    // it is a row of a table with a person in each column
	traits traits  // of the text
	cut    bool    // it is a part of a longer line
	sheet  bool    // it came from a spreadsheet
	boxed  bool    // numbers in boxes of it were put together
}

// raw answers where byte i of the narrowed text stands in the fragment.
func (l *line) raw(i int) int64 {
	if l.at != nil {
		i = int(l.at[i])
	}
	return l.offset + int64(i)
}

// running looks at a line of running text.
func (s *Scanner) running(l *line) {
	p := s.pack
	s.unlabelled(l)
	s.labels = s.labels[:0]
	if len(s.found) == 0 && len(l.text) > 40 && !l.traits.mayLabel() {
		s.carried = label{}
		return
	}
	s.labels = p.labels.find(l.text, s.labels)
	for i := range s.found {
		weigh(&s.found[i], l.text, s.labels)
	}
	s.labelLists(l)
	s.tellLabels(l)
	s.spacedBehind(l)
	s.carriedLabel(l)
	s.addresses(l)
	if l.traits.has(beyondTrait) {
		s.found = p.chineseAddressesOutside(l.text, s.found)
	}
	s.labelledNames(l)
	if l.traits.has(beyondTrait) && s.strong() {
		s.besideNames(l)
	}
	if s.settle(l); len(s.found) == 0 {
		s.loneName(l)
	}
}

// unlabelled finds what needs no label in a line of running text.
func (s *Scanner) unlabelled(l *line) {
	s.found = s.found[:0]
	if l.traits.mayNumber() {
		s.found = s.numbers(l.text, s.found)
	}
	if l.traits.has(atTrait) {
		s.found = s.pack.emails(l.text, s.found)
	}
	if l.traits.mayCode() {
		s.found = s.pack.codes(l.text, s.found, 0)
	}
	s.travelDocument(l)
}

// carriedLabel lets a label that ended the line before speak for the first
// value of this one: forms put value under label.
func (s *Scanner) carriedLabel(l *line) {
	carried := s.carried
	s.carried = label{}
	if n := len(s.labels); n > 0 {
		if last := s.labels[n-1]; last.value >= len(l.text) {
			s.carried = last
		}
	}
	s.toldBefore(l, carried)
	if carried.roles == 0 || len(s.found) == 0 {
		return
	}
	m := &s.found[0]
	if m.why.flags&(labelled|negative) != 0 || len(bytes.TrimLeft(l.text[:m.start], " \t")) > 0 {
		return
	}
	carried.start, carried.end = 0, 0
	if carried.roles.has(m.kind) {
		m.calledFor(carried)
	} else if carried.roles&against != 0 {
		m.calledOtherwise(carried)
	}
}

// strong tells whether a value of some class stands in the line.
func (s *Scanner) strong() bool {
	return slices.ContainsFunc(s.found, func(m match) bool { return m.score >= 45 })
}

// proven tells whether a value stands in the line that is hardly an accident.
func (s *Scanner) proven() bool {
	return slices.ContainsFunc(s.found, func(m match) bool { return m.score >= 80 && m.kind != personName && m.kind != address })
}

// severalClasses tells whether values of two classes stand in the line already.
func (s *Scanner) severalClasses() bool {
	return slices.ContainsFunc(s.found, func(m match) bool { return m.kind != s.found[0].kind })
}

// addresses takes what labels call an address.
func (s *Scanner) addresses(l *line) {
	for i, b := range s.labels {
		if !b.roles.has(address) || !b.colon || b.value >= len(l.text) {
			continue
		}
		end := len(l.text)
		if i+1 < len(s.labels) && s.labels[i+1].colon {
			end = s.labels[i+1].start
		}
		value := bytes.TrimRight(l.text[b.value:end], " \t\r,;|\"'}])")
		n, score := s.pack.chinese(value, true)
		if score > 0 {
			score = max(score, 85)
		} else {
			if cut := bytes.IndexAny(value, "\t;|\""); cut > 0 {
				value = value[:cut]
			}
			n, score = len(value), s.pack.western(value)
		}
		if score == 0 {
			continue
		}
		m := s.pack.newAddress(l.text, b.value, b.value+n, score)
		m.why.label, m.why.distance = b, b.value-b.end
		m.why.flags |= labelled
		s.found = append(s.found, m)
	}
}

// chineseAddressesOutside finds addresses where none was found by its label.
func (p *Pack) chineseAddressesOutside(text []byte, found []match) []match {
	had := len(found)
	found = p.chineseAddresses(text, found)
	return append(found[:had], slices.DeleteFunc(found[had:], func(m match) bool {
		return slices.ContainsFunc(found[:had], func(o match) bool { return m.start < o.end && o.start < m.end })
	})...)
}

// labelledNames takes what labels call a name.
func (s *Scanner) labelledNames(l *line) {
	for _, b := range s.labels {
		if !b.roles.has(personName) || b.value >= len(l.text) || b.roles&weak != 0 && !b.colon && b.value > b.end {
			continue
		}
		value := l.text[b.value:]
		n, level := s.pack.names.leading(value)
		score := int8(95)
		var joined [12]byte
		size := 0
		if b.colon && level < 2 {
			if k, joint := s.pack.names.padded(value, &joined); joint > 0 && endsName(value, k) {
				n, size, level = k, joint, 2
			}
		}
		switch {
		case level == 0 && b.colon && hanRun(value) >= 6 && hanRun(value) <= 12 && s.pack.names.possible(value[:hanRun(value)]):
			n, score = hanRun(value), 65
		case level == 0 && b.colon:
			if n = latin(value); n == 0 {
				continue
			}
			score = 90
		case level == 0:
			continue
		case !b.colon && level < 2:
			if n != hanRun(value) || !s.strong() {
				continue
			}
			score = 60
		case !b.colon && b.roles&weak != 0:
			score = 65
		case !b.colon:
			score = 75
		case level == 1:
			score = 80
		}
		if s.taken(b.value, b.value+n) || s.isLabel(value[:n]) || organisationName(value[:hanRun(value)]) {
			continue
		}
		m := s.pack.newName(l.text, b.value, b.value+n, score)
		if size > 0 {
			m.hash = s.pack.hash.sum(personName, joined[:size])
		}
		m.why.label, m.why.distance = b, b.value-b.end
		m.why.flags |= labelled
		s.found = append(s.found, m)
	}
}

// endsName tells whether a name of parts that ends before i in text may end
// there: 张 三 手机 is one, 张 三手机 is none.
func endsName(text []byte, i int) bool {
	return i >= len(text) || text[i] == '\t' || text[i] == ',' || text[i] == ';' || text[i] == '|' || text[i] == ' ' || text[i] == '"'
}

// organisationName tells whether Han characters name an organisation.
func organisationName(run []byte) bool {
	for _, form := range organisationForms {
		if bytes.Contains(run, form) {
			return true
		}
	}
	return false
}

var organisationForms = [][]byte{[]byte("公司"), []byte("集团"), []byte("事务所"), []byte("合作社")}

func (s *Scanner) isLabel(p []byte) bool {
	_, ok := s.pack.labels.words.find(p)
	return ok
}

// taken tells whether something was found in a stretch of the line already.
func (s *Scanner) taken(start, end int) bool {
	return slices.ContainsFunc(s.found, func(m match) bool { return start < m.end && m.start < end })
}

func (p *Pack) newName(text []byte, start, end int, score int8) match {
	m := match{kind: personName, start: start, end: end, score: score, hash: p.hash.sum(personName, text[start:end])}
	if latinLetter(text[start:end]) > 0 {
		m.why.flags |= latinLetters
	} else {
		m.why.flags |= familyName
	}
	return m
}

// besideNames finds names that stand by themselves between delimiters, beside
// a value of another class, and names before a form of address.
func (s *Scanner) besideNames(l *line) {
	text := l.text
	least := 2
	if s.proven() || s.severalClasses() || len(s.found) == 1 && len(text)-(s.found[0].end-s.found[0].start) <= 16 {
		least = 1 // beside a proven value, or alone with one
	}
	for i := 0; i < len(text); {
		run := hanRun(text[i:])
		if run == 0 {
			i++
			continue
		}
		start, n := i, dotted(text[i:])
		if i += max(run, n); n > 0 {
			// 阿依古丽·买买提
		} else if run <= 12 && run >= 6 && s.pack.names.plausible(text[start:i]) >= least && !bytes.HasPrefix(text[i:], []byte("·")) {
			n = run
		} else if run > 6 {
			from := start
			if start, n = s.pack.names.addressed(text, from, i); n == 0 {
				start, n = s.pack.names.owning(text, from, i)
			}
		}
		if n > 0 && !s.taken(start, start+n) && !s.isLabel(text[start:start+n]) {
			m := s.pack.newName(text, start, start+n, 65)
			m.why.flags |= besideOthers | givenName
			s.found = append(s.found, m)
		}
	}
}

// addressed finds a name before a form of address in the Han run
// text[start:end]: 请联系王小明先生.
func (n *names) addressed(text []byte, start, end int) (at, length int) {
	for i := start + 6; i < end; i += 3 {
		for _, h := range honorifics[:8] {
			if !bytes.HasPrefix(text[i:end], h) {
				continue
			}
			for _, k := range []int{9, 6} {
				if i-k >= start && n.plausible(text[i-k:i]) == 2 {
					return i - k, k
				}
			}
		}
	}
	return 0, 0
}

// owned are what somebody has who is named right before: 张建国的电话是….
var owned = [][]byte{
	[]byte("电话"), []byte("手机"), []byte("联系电话"), []byte("联系方式"), []byte("身份证"), []byte("证件"), []byte("邮箱"), []byte("银行卡"), []byte("卡号"), []byte("账号"), []byte("账户"), []byte("住址"), []byte("地址"), []byte("号码"), []byte("微信"),
}

// owning finds a name before what somebody has in the Han run text[start:end],
// joined by 的, or of three characters at the beginning of the run: of two, it
// is rather a word, as in 家庭住址.
func (n *names) owning(text []byte, start, end int) (at, length int) {
	if i := start + 9; i < end && isOwned(text[i:end]) && n.plausible(text[start:i]) == 2 {
		return start, 9
	}
	for i := start; ; i += 3 {
		next := bytes.Index(text[i:end], []byte("的"))
		if next < 0 {
			return 0, 0
		}
		if i += next; !isOwned(text[i+3 : end]) {
			continue
		}
		for _, k := range []int{9, 6, 12} {
			if i-k >= start && n.plausible(text[i-k:i]) == 2 {
				return i - k, k
			}
		}
	}
}

func isOwned(p []byte) bool {
	return slices.ContainsFunc(owned, func(o []byte) bool { return bytes.HasPrefix(p, o) })
}

// settle raises what stands together, reports what reaches the threshold and
// hands the line's people on.
func (s *Scanner) settle(l *line) {
	if len(s.found) > 1 {
		slices.SortFunc(s.found, func(a, b match) int { return a.start - b.start })
	}
	if !l.across {
		s.judge(l)
	}
	if len(s.found) == 0 {
		if !l.record && len(l.text) <= 120 && s.namesPlace(l) {
			s.placed = l.number
		}
		return
	}
	s.together(l)
	for i := range s.found {
		if m := &s.found[i]; m.score >= reportFrom {
			s.report(l, m)
		}
	}
	if l.across {
		s.acrossPeople(l)
		return
	}
	s.people(l)
}

// together raises values of different classes that stand in one line, and
// lowers bare numbers among other numbers.
func (s *Scanner) together(l *line) {
	var present roles
	for i := range s.found {
		if m := &s.found[i]; m.score >= 45 {
			present |= role(m.kind)
		}
	}
	phones := present == phoneKinds && s.barePhones()
	if phones || !present.several() {
		bare := l.record && s.filled(l) > 1 || len(s.found) < 8 && s.otherNumbers(l.text) >= 4
		among := present&phoneKinds != 0 && !l.record && s.amongNumbers(l.text)
		for i := range s.found {
			if m := &s.found[i]; (bare || among && phoneKinds.has(m.kind) || !l.record && loneCell(l.text, m)) && m.why.flags&(labelled|underHeading|withPlus|inColumn) == 0 && !m.provesItself() && m.kind != email {
				s.hold(l, m)
				m.why.flags |= loneInRow
				m.cap(40)
			}
		}
	}
	if phones {
		return
	}
	for i := range s.found {
		m := &s.found[i]
		if others := present &^ role(m.kind); others == 0 || m.why.flags&(negative|unitBehind|inURL) != 0 {
			continue
		}
		m.why.flags |= besideOthers
		switch {
		case m.why.flags&oldForm != 0:
			m.raise(60)
		case m.why.flags&(placeholder|roleAccount) != 0:
		case m.score >= 45 && m.score < 90:
			m.score = min(m.score+15, 90)
		}
	}
}

// loneCell tells whether a match is one of three cells or more.
func loneCell(text []byte, m *match) bool {
	for _, d := range delimiters[:4] {
		if (m.start > 0 && text[m.start-1] == d || m.end < len(text) && text[m.end] == d) && bytes.Count(text, []byte{d}) >= 2 {
			return true
		}
	}
	return false
}

// filled counts the cells of a row that are not empty.
func (s *Scanner) filled(l *line) int {
	n := 0
	for _, c := range l.cells {
		if c.end > c.start {
			n++
		}
	}
	return n
}

// otherNumbers counts the runs of five digits or more that are nothing.
func (s *Scanner) otherNumbers(text []byte) int {
	n := 0
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		if i-start >= 5 && !s.taken(start, i) {
			n++
		}
	}
	return n
}
