package detect

// partedPhone tries 138-1234-5678, (010) 6552-9988, 86 10 6552 9988 and their like.
func (p *Pack) partedPhone(c *cluster, i int) (match, int) {
	first := i
	country := c.isCountry(i)
	if country {
		i++
	}
	var digits [16]byte
	m := match{}
	for parts := 3; parts >= 1; parts-- {
		j := i + parts - 1
		if j >= c.n || j == first {
			continue
		}
		n := 0
		for k := i; k <= j && n+c.groups[k].len() <= 12; k++ {
			n += copy(digits[n:], c.text[c.groups[k].start:c.groups[k].end])
		}
		m = match{start: c.groups[first].start, end: c.groups[j].end}
		if !startsAt(c.text, m.start) || !endsAt(c.text, m.end) || c.before(first) || c.phoneGoesOn(j) {
			continue
		}
		m.why.flags |= withSeparators
		a, b := c.groups[i].len(), 0
		if parts > 1 {
			b = c.groups[i+1].len()
		}
		switch {
		case n == 11 && (parts == 3 && a == 3 && b == 4 && c.groups[i+1].separator == c.groups[i+2].separator || parts == 1 || parts == 2 && a == 3 && b == 8) && p.mobileNumber(&m, digits[:n]):
		case parts == 2 && b >= 7 && c.landlineParts(p, &m, digits[:n], a, country):
		case parts == 3 && b >= 3 && b <= 4 && c.groups[j].len() == 4 && c.landlineParts(p, &m, digits[:n], a, country):
		default:
			continue
		}
		if country {
			m.why.flags |= withCountry
			if m.start > 0 && c.text[m.start-1] == '+' {
				m.start--
				m.why.flags |= withPlus
			}
		}
		if m.kind == landline {
			return c.extension(m, j, j-first+1)
		}
		return m, j - first + 1
	}
	return match{}, 0
}

func (c *cluster) before(i int) bool {
	s := c.groups[i].separator
	return s == '-' || s == '.' || s == ' ' && i > 0 && c.groups[i-1].len() <= 8 && c.groups[i-1].len() >= 2
}

func (c *cluster) phoneGoesOn(j int) bool {
	if j+1 >= c.n {
		return false
	}
	next := c.groups[j+1]
	switch next.separator {
	case '.':
		return true
	case '-':
		return next.len() > 5 && next.len() < 11
	case ' ':
		return next.len() >= 2 && next.len() <= 5
	}
	return false
}

// landlineParts judges digits whose first a are the area code.
func (c *cluster) landlineParts(p *Pack, m *match, digits []byte, a int, country bool) bool {
	if country && len(digits) > 0 && digits[0] != '0' {
		var with [16]byte
		with[0] = '0'
		n := 1 + copy(with[1:], digits)
		return p.areaCode(with[:a+1]) && p.landlineNumber(m, with[:n])
	}
	return len(digits) > 0 && digits[0] == '0' && p.areaCode(digits[:a]) && p.landlineNumber(m, digits)
}

// extension takes "-8001" behind a landline into the match.
func (c *cluster) extension(m match, j, used int) (match, int) {
	if j+1 < c.n && c.groups[j+1].separator == '-' && c.groups[j+1].len() <= 5 {
		m.end = c.groups[j+1].end
		return m, used + 1
	}
	return m, used
}
