package detect

import (
	"bytes"
	"slices"
	"strings"
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

const shortestCode = 8 // A1234563

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
	if !registrar(code[0], code[1]) || !allDigits(code[2:8]) || !p.regions.province[digit(code[2])*10+digit(code[3])] {
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

// registrar tells whether a department registers organisations of a sort: the
// first two characters of GB 32100-2015 with its amendment 1. Departments 2 to
// 8 and A are those for foreign affairs, justice (law firms), culture, civil
// affairs, tourism, religion, trade unions and the army; N is for agriculture.
func registrar(department, sort byte) bool {
	switch department {
	case '1', '5':
		return sort >= '1' && sort <= '3' || sort == '9'
	case '9', 'N':
		return sort >= '1' && sort <= '3' || department == 'N' && sort == '9'
	case '2', '3', '4', '6', '7', '8', 'A':
		return sort >= '1' && sort <= '5' || sort == '9'
	case 'Y':
		return sort == '1'
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

// accountLengths are the lengths of the registry of ISO 13616, by country.
var accountLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24,
	"DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
	"HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
	"LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
	"BI": 27, "DJ": 27, "FK": 18, "HN": 28, "MN": 20, "NI": 28, "OM": 23, "RU": 33, "SD": 18, "SO": 23, "YE": 30,
	"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29,
	"VA": 22, "VG": 24, "XK": 20,
}

// digitAccounts are the countries whose numbers have no letters behind the two
// of the country.
const digitAccounts = "AE AT BA BE CR CZ DE DK EE ES FI FO GL HR HU IL IS LT LY ME MR NO PL PT RS SE SI SK ST TL TN XK"

// letteredAccounts are those with four letters for the bank and digits behind.
const letteredAccounts = "GB IE NL"

// bankHolds tests what stands behind the check digits where the form of a
// country is simple.
func bankHolds(code []byte) bool {
	switch country := string(code[:2]); {
	case strings.Contains(digitAccounts, country):
		return allDigits(code[4:])
	case strings.Contains(letteredAccounts, country):
		for _, c := range code[4:8] {
			if isDigit(c) {
				return false
			}
		}
		return allDigits(code[8:])
	}
	return true
}

// accountNumber proves what begins at m.start, in one piece or in groups of
// four with a space between, to be an international bank account number: ISO
// 13616, the length of its country, the check digits of ISO 7064 MOD 97-10.
func (p *Pack) accountNumber(m *match, text []byte) bool {
	rest := text[m.start:]
	if len(rest) < 15 || isDigit(rest[0]) || isDigit(rest[1]) || !isDigit(rest[2]) || !isDigit(rest[3]) {
		return false
	}
	length, ok := accountLengths[string(rest[:2])]
	if !ok {
		return false
	}
	var code [34]byte
	n, i := 0, 0
	for ; i < len(rest) && n < length; i++ {
		if rest[i] == ' ' && n%4 == 0 && n > 0 && rest[i-1] != ' ' {
			continue
		}
		if !codeByte(rest[i]) {
			return false
		}
		code[n] = rest[i]
		n++
	}
	if n < length || !endsAt(rest, i) || !mod97(code[:n]) || !bankHolds(code[:n]) {
		return false
	}
	m.kind, m.score, m.end = iban, 90, m.start+i
	m.why.flags |= checksumRight
	m.hash = p.hash.sum(iban, code[:n])
	return true
}

func mod97(code []byte) bool {
	rest := 0
	for i := range code {
		c := code[(i+4)%len(code)]
		if isDigit(c) {
			rest = (rest*10 + digit(c)) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest == 1
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
