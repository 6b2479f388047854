package detect

// group is a run of digits, and separator what stands before the next one of
// the same cluster: "138-1234-5678" is a cluster of three groups.
type group struct {
	start, end int
	separator  byte // before the group, 0 for the first
}

func (g group) len() int { return g.end - g.start }

const maxGroups = 32

// cluster is digits that may belong together.
type cluster struct {
	text   []byte
	groups [maxGroups]group
	n      int
}

// read fills the cluster from the digit at i on and answers where it ends.
func (c *cluster) read(text []byte, i int) int {
	c.text, c.n = text, 0
	var separator byte
	for {
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		c.groups[c.n] = group{start, i, separator}
		c.n++
		next := i
		for next < len(text) && next < i+2 && isSeparator(text[next]) {
			next++
		}
		if c.n == maxGroups || next == i || next == len(text) || !isDigit(text[next]) {
			return i
		}
		if separator = text[i]; next == i+2 && text[i] == text[i+1] {
			return i // two spaces part columns
		}
		if next == i+2 && separator == ' ' {
			separator = text[i+1] // "010 -6552"
		}
		i = next
	}
}

func isSeparator(c byte) bool {
	return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/'
}

// numbers finds the digits of a line that prove to be of a class.
func (s *Scanner) numbers(text []byte, found []match) []match {
	c, p := &s.cluster, s.pack
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		end := c.read(text, i)
		if end-i >= 11 {
			found = p.cluster(c, found)
		}
		i = end
	}
	return found
}

// cluster tries each group as the first of a number, longest forms first.
func (p *Pack) cluster(c *cluster, found []match) []match {
	for i := 0; i < c.n; {
		if m, used := p.single(c, i); used > 0 {
			found = append(found, m)
			i += used
		} else if m, used := p.parted(c, i); used > 0 {
			found = append(found, m)
			i += used
		} else {
			i++
		}
	}
	return found
}

// single tries group i alone.
func (p *Pack) single(c *cluster, i int) (match, int) {
	g := c.groups[i]
	n := g.len()
	if n < 11 || n > 19 || !c.alone(i, i) {
		return match{}, 0
	}
	digits := c.text[g.start:g.end]
	m := match{start: g.start, end: g.end}
	ok := false
	switch n {
	case 11:
		ok = p.mobileNumber(&m, digits) || p.landlineNumber(&m, digits)
	case 12:
		ok = p.landlineNumber(&m, digits)
	case 13:
		ok = digits[0] == '8' && digits[1] == '6' && p.mobileNumber(&m, digits[2:])
	case 15:
		ok = string(digits[:4]) == "0086" && p.mobileNumber(&m, digits[4:]) ||
			p.oldResidentNumber(&m, digits) || p.cardNumber(&m, digits)
	case 17:
		if g.end < len(c.text) && c.text[g.end]|0x20 == 'x' {
			var id [18]byte
			copy(id[:], digits)
			id[17] = 'X'
			m.end++
			if ok = endsAt(c.text, m.end) && (p.residentNumber(&m, id[:]) || p.foreignResident(&m, id[:]) || p.creditNumber(&m, id[:])); ok {
				break
			}
			m.end--
		}
		ok = endsAt(c.text, m.end) && p.cardNumber(&m, digits)
	case 18:
		ok = p.residentNumber(&m, digits) || p.foreignResident(&m, digits) || p.creditNumber(&m, digits) || p.cardNumber(&m, digits)
	default:
		ok = p.cardNumber(&m, digits)
	}
	if !ok || n != 17 && !endsAt(c.text, m.end) || !startsAt(c.text, m.start) {
		return match{}, 0
	}
	if m.kind == mobile {
		c.countryCode(i, &m, n != 11)
	}
	return m, 1
}

// alone tells whether groups i to j are not parts of something longer: a
// hyphen or a point that joins them to other digits.
func (c *cluster) alone(i, j int) bool {
	before, after := c.groups[i].separator, byte(0)
	if j+1 < c.n {
		after = c.groups[j+1].separator
	}
	if before == '.' || after == '.' {
		return false
	}
	if before == '-' && !c.standsAlone(i-1) && !c.isCountry(i-1) {
		return false
	}
	return after != '-' || c.standsAlone(j+1) || c.groups[j+1].len() <= 4 && c.groups[i].len() == 11 && j+2 == c.n && c.text[c.groups[i].start] == '0'
}

// standsAlone tells whether a group is long enough to be a value of its own.
func (c *cluster) standsAlone(i int) bool { return c.groups[i].len() >= 11 }

func (c *cluster) isCountry(i int) bool {
	g := c.text[c.groups[i].start:c.groups[i].end]
	return string(g) == "86" || string(g) == "0086"
}

// countryCode takes +86 or 0086 before a mobile number into the match.
func (c *cluster) countryCode(i int, m *match, inside bool) {
	start := m.start
	if !inside && i > 0 && c.isCountry(i-1) {
		start, inside = c.groups[i-1].start, true
	}
	if !inside {
		return
	}
	if start > 0 && c.text[start-1] == '+' {
		start--
		m.why.flags |= withPlus
	} else if start > 1 && c.text[start-1] == '(' && c.text[start-2] == '+' {
		start -= 2
		m.why.flags |= withPlus
	}
	m.start = start
	m.why.flags |= withCountry
}

// parted tries groups from i on as one number written in parts.
func (p *Pack) parted(c *cluster, i int) (match, int) {
	if i+1 >= c.n {
		return match{}, 0
	}
	if m, used := p.partedPhone(c, i); used > 0 {
		return m, used
	}
	var digits [20]byte
	first := c.groups[i]
	sep, n := c.groups[i+1].separator, 0
	if sep != ' ' && sep != '-' || first.len() < 3 {
		return match{}, 0
	}
	for j := i; j < c.n && j < i+6; j++ {
		g := c.groups[j]
		if j > i && g.separator != sep || n+g.len() > 19 {
			break
		}
		n += copy(digits[n:], c.text[g.start:g.end])
		if j == i || n < 15 && !(n == 14 && j == i+2) || j+1 < c.n && c.groups[j+1].separator == sep && c.groups[j+1].len() < 11 && n < 16 {
			continue
		}
		m := match{start: first.start, end: g.end}
		if !startsAt(c.text, m.start) {
			return match{}, 0
		}
		m.why.flags |= withSeparators
		if c.partedResident(p, &m, digits[:n], i, j) || endsAt(c.text, m.end) && evenParts(c, i, j) && p.cardNumber(&m, digits[:n]) {
			if c.alone(i, j) && !c.goesOn(j, sep) {
				return m, j - i + 1
			}
		}
	}
	return match{}, 0
}

// goesOn tells whether what follows group j looks like another part of the same.
func (c *cluster) goesOn(j int, sep byte) bool {
	return j+1 < c.n && c.groups[j+1].separator == sep && c.groups[j+1].len() <= 8
}

// evenParts tells whether groups i to j are parted as cards are: four by four,
// or 4-6-5, or 6 and the rest.
func evenParts(c *cluster, i, j int) bool {
	a, b := c.groups[i].len(), c.groups[i+1].len()
	if a == 4 && b == 4 {
		for k := i; k < j; k++ {
			if c.groups[k].len() != 4 {
				return false
			}
		}
		return c.groups[j].len() <= 4
	}
	return a == 4 && b == 6 && j == i+2 || a == 6 && (j == i+1 || j == i+2)
}

// partedResident tries 110101 19900307 123X and its like.
func (c *cluster) partedResident(p *Pack, m *match, digits []byte, i, j int) bool {
	if c.groups[i].len() != 6 && !(c.groups[i].len() == 3 && c.groups[i+1].len() == 3) {
		return false
	}
	if len(digits) == 18 {
		return endsAt(c.text, m.end) && p.residentNumber(m, digits)
	}
	if len(digits) != 17 || m.end >= len(c.text) || c.text[m.end]|0x20 != 'x' || !endsAt(c.text, m.end+1) {
		return false
	}
	var id [18]byte
	copy(id[:], digits)
	id[17] = 'X'
	m.end++
	if p.residentNumber(m, id[:]) {
		return true
	}
	m.end--
	return false
}

// startsAt tells whether a number may begin at i: no letter, digit, sign or
// point binds it to what stands before.
func startsAt(text []byte, i int) bool {
	if i == 0 {
		return true
	}
	switch c := text[i-1]; {
	case behindPercent(text, i):
		return true
	case isDigit(c) || c == '#' || c == '$':
		return false
	case c == '_': // part of an identifier, unless another number stands before
		return i < 2 || !isLetter(text[i-2]) || i > 2 && isDigit(text[i-3])
	case isLetter(c):
		return phoneWord(text[:i])
	case c == '.':
		return i < 2 || !isDigit(text[i-2])
	case c == '+': // 1.2.3+13812345678, and +1 is America's
		return text[i] != '1' && (i < 2 || !isDigit(text[i-2]) && !isLetter(text[i-2]))
	case c == '-':
		return i < 2 || !isDigit(text[i-2]) && !isLetter(text[i-2])
	case c == 0xA5:
		return i < 2 || text[i-2] != 0xC2 && text[i-2] != 0xBF // ¥ and ￥
	}
	return true
}

// phoneWord tells whether text ends in a word such as "tel" that people write
// right before a number.
func phoneWord(text []byte) bool {
	n := len(text)
	for n > 0 && isLetter(text[n-1]) && len(text)-n < 8 {
		n--
	}
	if n > 0 && (isLetter(text[n-1]) || isDigit(text[n-1])) {
		return false
	}
	var word [8]byte
	k := copy(word[:], text[n:])
	for i := range word[:k] {
		word[i] |= 0x20
	}
	switch string(word[:k]) {
	case "tel", "phone", "mobile", "mob", "cell", "ph", "fax", "wechat", "wx", "vx", "whatsapp", "n": // \n in source
		return true
	}
	return false
}

// endsAt tells whether a number may end before i.
func endsAt(text []byte, i int) bool {
	if i >= len(text) {
		return true
	}
	switch c := text[i]; {
	case c == '%' && behindPercent(text, i+3):
		return true
	case isDigit(c) || isLetter(c) || c == '%' || c == '@':
		return false
	case c == '_':
		return i+1 >= len(text) || !isLetter(text[i+1])
	case c == '.' || c == ',':
		return i+1 >= len(text) || c == ',' || !isDigit(text[i+1]) && !isLetter(text[i+1])
	case c == '-':
		return i+1 >= len(text) || !isLetter(text[i+1])
	}
	return true
}
