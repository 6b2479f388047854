package detect

import (
	"bytes"
	"slices"
)

// codes finds values of capital letters and digits together: unified social
// credit codes, international bank account numbers, permits of the old form.
// What found holds from index from on stands in the same text: a number within
// a code was none, a code that is a number already is none.
func (p *Pack) codes(text []byte, found []match, from int) []match {
	if len(text) < shortestCode {
		return found
	}
	for i := 0; i < len(text); {
		if i+leastCode <= len(text) && !codeByte(text[i+leastCode-1]) {
			i += leastCode // none of the runs here is long enough
			continue
		}
		if !codeByte(text[i]) {
			i++
			continue
		}
		end, letters := i, 0
		for end < len(text) && codeByte(text[end]) {
			if !isDigit(text[end]) {
				letters++
			}
			end++
		}
		if m, ok := p.code(text, i, end, letters); ok {
			found = supersede(found, from, m)
			end = m.end
		}
		i = end
	}
	return found
}

const (
	shortestCode = 8 // A1234563
	leastCode    = 4 // of capitals and digits without a space: DE89 3704 …
)

// supersede puts a match in the place of shorter ones it covers.
func supersede(found []match, from int, m match) []match {
	for _, o := range found[from:] {
		if m.start < o.end && o.start < m.end && o.end-o.start >= m.end-m.start {
			return found
		}
	}
	kept := slices.DeleteFunc(found[from:], func(o match) bool { return m.start < o.end && o.start < m.end })
	return append(found[:from+len(kept)], m)
}

func codeByte(c byte) bool { return isDigit(c) || c >= 'A' && c <= 'Z' }

// code tries what stands at start to end, a run of capitals and digits.
func (p *Pack) code(text []byte, start, end, letters int) (match, bool) {
	if letters == 0 || start > 0 && (isLetter(text[start-1]) || text[start-1] == '_' || text[start-1] == '/' || text[start-1] == '-') {
		return match{}, false
	}
	m := match{start: start, end: end}
	if end-start >= 7 && end-start <= 9 && p.hongKongNumber(&m, text) {
		return m, true
	}
	if end-start == 18 && endsAt(text, end) && p.creditNumber(&m, text[start:end]) {
		return m, true
	}
	if end-start == 15 && letters == 3 && endsAt(text, end) && p.oldPermanentResidence(&m, text[start:end]) {
		return m, true
	}
	return m, letters >= 2 && p.accountNumber(&m, text)
}

// creditAlphabet is the one of GB 32100-2015: no I, O, S, V, Z.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// creditNumber proves 18 characters to be a unified social credit code: GB
// 32100-2015, its check character over 31, the organisation code in it by GB
// 11714-1997, a region of GB/T 2260. Letters are capitals. Without letters one
// number in some thousands is such a code by accident: it scores less.
func (p *Pack) creditNumber(m *match, code []byte) bool {
	if !registrar(code[:2]) || !allDigits(code[2:8]) || !p.regions.province[digit(code[2])*10+digit(code[3])] {
		return false
	}
	sum, weight := 0, 1
	for _, c := range code[:17] {
		v := bytes.IndexByte([]byte(creditAlphabet), c)
		if v < 0 {
			return false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	if creditAlphabet[(31-sum%31)%31] != code[17] || !organisation(code[8:17]) {
		return false
	}
	m.kind, m.score = creditCode, 90
	if allDigits(code[:17]) {
		m.score = 70
	}
	m.why.digits, m.why.region = 18, uint32(number6(code[2:8]))
	m.why.flags |= checksumRight | regionKnown
	if !p.regions.has(m.why.region) {
		m.why.flags ^= regionKnown | regionUnknown
	}
	m.hash = p.hash.sum(creditCode, code)
	return true
}

// registrars are the departments and, of each, the sorts of organisations it
// registers: the first two characters of GB 32100-2015 with its amendment 1 of
// 2016; 54 are villages' and neighbourhoods' committees (since 2017).
const registrars = "11 12 13 19 21 29 31 32 33 34 35 39 41 49 51 52 53 54 59 61 62 69 71 72 79 81 89 91 92 93 A1 A9 N1 N2 N3 N9 Y1"

// registrar tells whether a department registers organisations of a sort.
func registrar(pair []byte) bool {
	for i := 0; i < len(registrars); i += 3 {
		if registrars[i] == pair[0] && registrars[i+1] == pair[1] {
			return true
		}
	}
	return false
}

// organisation tests the check character of GB 11714-1997 over eight characters.
func organisation(code []byte) bool {
	weights := [8]int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		v := int(code[i] - '0')
		if !isDigit(code[i]) {
			v = int(code[i]-'A') + 10
		}
		sum += v * w
	}
	return "0123456789X"[(11-sum%11)%11] == code[8]
}

// foreignResident proves 18 digits to be of a permit that takes the form and
// the check character of GB 11643-1999: residents of Hong Kong, Macau and
// Taiwan (regions 810000, 820000, 830000), and, since 2023, foreigners with
// permanent residence (9, province, country by ISO 3166-1, date of birth).
func (p *Pack) foreignResident(m *match, id []byte) bool {
	if !checkedBirth((*[18]byte)(id), p.year) {
		return false
	}
	switch head := string(id[:6]); {
	case head == "810000" || head == "820000" || head == "830000":
		m.kind = residencePermit
	case id[0] == '9' && p.regions.province[digit(id[1])*10+digit(id[2])] && string(id[3:6]) != "000" && id[3] <= '8':
		m.kind = permanentResidence
	default:
		return false
	}
	m.score, m.why.digits = 95, 18
	m.why.flags |= checksumRight
	m.hash = p.hash.number(m.kind, number(id[:17]))
	return true
}

// oldPermanentResidence takes the form of before December 2023: three letters
// for the country by ISO 3166-1, four digits of a region, a date of birth with
// two digits for the year, two digits more. What the last one checks is not
// published: a label has to speak for the number.
func (p *Pack) oldPermanentResidence(m *match, id []byte) bool {
	if !allDigits(id[3:]) || !p.regions.province[digit(id[3])*10+digit(id[4])] ||
		!realDate(1900+digit(id[7])*10+digit(id[8]), digit(id[9])*10+digit(id[10]), digit(id[11])*10+digit(id[12])) {
		return false
	}
	m.kind, m.score = permanentResidence, 30
	m.why.digits = 12
	m.why.flags |= oldForm
	m.hash = p.hash.sum(permanentResidence, id)
	return true
}

// hongKongNumber proves m to be the number of a Hong Kong identity card: one
// letter or two, six digits, and the check character in brackets or right
// behind. One in eleven of such a form is one by accident: without brackets a
// label has to speak for it.
func (p *Pack) hongKongNumber(m *match, text []byte) bool {
	run := text[m.start:m.end]
	letters := 1
	if !isDigit(run[1]) {
		letters = 2
	}
	if isDigit(run[0]) || len(run) < letters+6 || !allDigits(run[letters:letters+6]) {
		return false
	}
	check, score := byte(0), int8(40)
	switch rest := text[m.end:]; {
	case len(run) == letters+7:
		check = run[letters+6]
	case len(run) == letters+6 && len(rest) >= 3 && rest[0] == '(' && rest[2] == ')':
		check, score = rest[1], 60
		m.end += 3
	default:
		return false
	}
	if !endsAt(text, m.end) || hongKongCheck(run[:letters+6]) != check {
		return false
	}
	m.kind, m.score = hkID, score
	m.why.flags |= checksumRight
	m.hash = p.hash.sum(hkID, append(append(make([]byte, 0, 9), run[:letters+6]...), check))
	return true
}

// hongKongCheck answers the check character of letters and six digits: weights
// from 9 or 8 down to 2, over 11, a missing first letter counted as 36.
func hongKongCheck(run []byte) byte {
	sum, weight := 0, 8
	if len(run) == 8 {
		weight = 9
	} else {
		sum = 36 * 9
	}
	for _, c := range run {
		v := int(c) - '0'
		if !isDigit(c) {
			v = int(c-'A') + 10
		}
		sum += v * weight
		weight--
	}
	return "0A987654321"[sum%11]
}
