package detect

import (
	"encoding/binary"
	"time"
)

func digit(c byte) int { return int(c - '0') }

// number reads digits, eight at a time: pairs, then fours, then all.
func number(p []byte) uint64 {
	var n uint64
	for len(p) >= 8 {
		x := binary.LittleEndian.Uint64(p) - 0x3030303030303030
		x = x*10 + x>>8
		x = (x&0x000000FF000000FF*0x000F424000000064 + x>>16&0x000000FF000000FF*0x0000271000000001) >> 32
		n = n*100_000_000 + x
		p = p[8:]
	}
	for _, c := range p {
		n = n*10 + uint64(c-'0')
	}
	return n
}

// mobilePrefix tells whether the numbering plan of the mainland (MIIT) assigns
// the first three digits to subscribers of eleven digits: 145, 147 and 149 are
// data cards, 170, 171, 162, 165 and 167 virtual operators. Things have 146, 148
// and others with thirteen digits. Compared with libphonenumber 8.12 and
// VincentSit/ChinaMobilePhoneNumberRegex of 2020.
func mobilePrefix(p []byte) bool {
	switch p[1] {
	case '3', '5', '8':
		return p[1] != '5' || p[2] != '4'
	case '4':
		return p[2] == '5' || p[2] == '7' || p[2] == '9'
	case '6':
		return p[2] == '2' || p[2] >= '5' && p[2] <= '7'
	case '7':
		return p[2] != '9'
	case '9':
		return p[2] != '4'
	}
	return false
}

// mobileNumber proves eleven digits to be a mobile number.
func (p *Pack) mobileNumber(m *match, digits []byte) bool {
	if len(digits) != 11 || digits[0] != '1' || !mobilePrefix(digits) || notANumber(digits) {
		return false
	}
	m.kind = mobile
	m.hash = p.hash.number(mobile, number(digits))
	m.score = 60
	switch {
	case m.why.flags&withSeparators != 0:
		m.score = 70
	case m.why.flags&withCountry != 0:
		m.score = 80
	}
	return true
}

// notANumber knows what fills forms and source: 13800138000 is an operator's
// hotline, 15000000000 an amount.
func notANumber(d []byte) bool {
	if string(d) == "13800138000" {
		return true
	}
	zeros := 0
	for i := len(d) - 1; i > 0 && d[i] == '0'; i-- {
		zeros++
	}
	return zeros >= 7
}

// areaCodes lists the trunk codes of the mainland by their first three digits
// (0xx): a digit for each fourth digit in use, "*" where there is none. They are
// those of libphonenumber 8.12, and some that were given up from 2006 on and
// stand in old books: 0565, 0732, 0733, 0899, 0910.
var areaCodes = map[string]string{
	"010": "*", "020": "*", "021": "*", "022": "*", "023": "*", "024": "*", "025": "*", "027": "*", "028": "*", "029": "*",
	"031": "0123456789", "033": "5", "034": "9", "035": "0123456789", "037": "0123456789", "039": "1234568",
	"041": "0123456789", "042": "179", "043": "123456789", "045": "123456789", "046": "4789", "047": "0123456789", "048": "23",
	"051": "0123456789", "052": "37", "053": "0123456789", "054": "36", "055": "0123456789", "056": "123456", "057": "0123456789", "058": "0", "059": "123456789",
	"063": "12345", "066": "0238", "069": "12", "070": "1", "071": "0123456789", "072": "248", "073": "0123456789", "074": "3456", "075": "0123456789", "076": "023689", "077": "0123456789", "079": "0123456789",
	"081": "23678", "082": "567", "083": "0123456789", "085": "123456789", "087": "0123456789", "088": "3678", "089": "123456789",
	"090": "123689", "091": "12345679", "093": "0123456789", "094": "13", "095": "12345", "097": "012345679", "099": "0123456789",
}

// areaCode tells whether p is a trunk code with its leading 0.
func (p *Pack) areaCode(code []byte) bool {
	if len(code) < 3 || len(code) > 4 || code[0] != '0' {
		return false
	}
	last := p.areas[digit(code[1])*10+digit(code[2])]
	if len(code) == 3 {
		return last == allTrunks
	}
	return last != allTrunks && last>>digit(code[3])&1 == 1
}

const allTrunks = 1 << 15

// landlineNumber proves digits, trunk code first, to be a landline.
func (p *Pack) landlineNumber(m *match, digits []byte) bool {
	if len(digits) < 10 || len(digits) > 12 || digits[0] != '0' {
		return false
	}
	code := 4
	if p.areaCode(digits[:3]) {
		code = 3
	} else if !p.areaCode(digits[:4]) {
		return false
	}
	if !localHolds(digits[code:], code) {
		return false
	}
	m.kind = landline
	m.hash = p.hash.number(landline, number(digits))
	m.score = 45
	if m.why.flags&withSeparators != 0 {
		m.score = 70
	}
	return true
}

// localHolds judges the number behind a trunk code of so many digits.
func localHolds(local []byte, code int) bool {
	return (len(local) == 8 || len(local) == 7 && code == 4) && local[0] >= '2' && (local[0] != '9' || len(local) == 8) && !sameDigits(local)
}

func sameDigits(d []byte) bool {
	for _, c := range d[1:] {
		if c != d[0] {
			return false
		}
	}
	return true
}

// residentNumber proves 18 characters to be a resident identity number:
// GB 11643-1999, the check character of ISO 7064 MOD 11-2, a real date of
// birth, a region of GB/T 2260. A county nobody lists any more lowers the
// confidence and does not refute.
func (p *Pack) residentNumber(m *match, id []byte) bool {
	if !p.residentHolds((*[18]byte)(id)) {
		return false
	}
	region := uint32(number6(id))
	m.kind, m.score = residentID, 95
	m.why.region, m.why.digits = region, 18
	m.why.flags |= checksumRight | regionKnown
	if !p.regions.has(region) {
		m.score = 75
		m.why.flags ^= regionKnown | regionUnknown
	}
	m.hash = p.residentHash((*[18]byte)(id))
	return true
}

func number6(p []byte) int {
	return ((((digit(p[0])*10+digit(p[1]))*10+digit(p[2]))*10+digit(p[3]))*10+digit(p[4]))*10 + digit(p[5])
}

func (p *Pack) residentHash(id *[18]byte) uint64 {
	return p.hash.number(residentID, number(id[:17]))
}

// residentHolds tests check character, date and province. Region codes from 8
// on are those of permits.
func (p *Pack) residentHolds(id *[18]byte) bool {
	return id[0] < '8' && checkedBirth(id, p.year) && p.regions.province[digit(id[0])*10+digit(id[1])]
}

// checkedBirth tests the check character and the date of GB 11643-1999.
func checkedBirth(id *[18]byte, lastYear int) bool {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * digit(id[i])
	}
	if "10X98765432"[sum%11] != id[17]&^(id[17]>>1&0x20) {
		return false
	}
	year := digit(id[6])*1000 + digit(id[7])*100 + digit(id[8])*10 + digit(id[9])
	return year >= 1900 && year <= lastYear && realDate(year, digit(id[10])*10+digit(id[11]), digit(id[12])*10+digit(id[13]))
}

// oldResidentNumber proves 15 digits to be a number of the form before 1999:
// region, yymmdd, sequence. It has no check character: context must speak for it.
func (p *Pack) oldResidentNumber(m *match, id []byte) bool {
	region := uint32(number(id[:6]))
	year := 1900 + digit(id[6])*10 + digit(id[7])
	if !p.regions.has(region) || !realDate(year, digit(id[8])*10+digit(id[9]), digit(id[10])*10+digit(id[11])) || string(id[12:]) == "000" {
		return false
	}
	m.kind, m.score = residentID, 30
	m.why.region, m.why.digits = region, 15
	m.why.flags |= oldForm | regionKnown
	m.hash = p.hash.number(residentID, number(id[:6])*1e11+uint64(19)*1e9+number(id[6:]))
	return true
}

func realDate(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	if day <= 28 {
		return true
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// testCards are published by payment networks and processors for trying things
// out; they belong to nobody.
var testCards = []string{
	"4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556", "4222222222222220", "4005519200000004", "4009348888881881", "4012000033330026", "4000000000000002", "4917610000000000", "4444333322221111",
	"5555555555554444", "5105105105105100", "5200828282828210", "5454545454545454", "2223003122003222", "2222420000001113", "5424000000000015",
	"30569309025904", "38520000023237", "36227206271667", "36259600000004", "378282246310005", "371449635398431", "378734493671000", "6011111111111117", "6011000990139424", "3530111333300000", "3566002020360505", "6200000000000005", "6205500000000000004",
}

// cardNumber proves digits to be a card number: ISO/IEC 7812-1, the Luhn sum,
// and a prefix and length some network issues.
func (p *Pack) cardNumber(m *match, d []byte) bool {
	score := issuer(d)
	if score == 0 || !p.cardHolds(d) {
		return false
	}
	m.kind, m.score = bankCard, score
	m.why.digits, m.why.network = uint8(len(d)), networkOf(d)
	m.why.flags |= checksumRight
	m.hash = p.hash.sum(bankCard, d)
	return true
}

// cardHolds tests the sum, and that the number is none of those for trying out.
func (p *Pack) cardHolds(d []byte) bool {
	if !luhn(d) || sameDigits(d[6:]) {
		return false
	}
	n := number(d)
	return p.testBloom[n%4096/64]>>(n%64)&1 == 0 || !p.testCards[n]
}

func luhn(d []byte) bool {
	const doubled = "\x00\x02\x04\x06\x08\x01\x03\x05\x07\x09"
	sum := 0
	i := len(d) - 1
	for ; i > 0; i -= 2 {
		sum += digit(d[i]) + int(doubled[digit(d[i-1])])
	}
	if i == 0 {
		sum += digit(d[0])
	}
	return sum%10 == 0
}

// networks are the codes of those that cards name, none first.
var networks = [...]string{"", "unionpay", "visa", "mastercard", "amex", "jcb", "discover", "diners"}

// networkOf answers, as an index of networks, whose card it is by the ranges
// that they publish; 0 for cards of single banks in China.
func networkOf(d []byte) uint8 {
	p2, p4 := digit(d[0])*10+digit(d[1]), number(d[:4])
	switch {
	case p2 == 62:
		return 1
	case d[0] == '4':
		return 2
	case len(d) == 16 && (p2 >= 51 && p2 <= 55 || p4 >= 2221 && p4 <= 2720):
		return 3
	case p2 == 34 || p2 == 37:
		return 4
	case p4 >= 3528 && p4 <= 3589:
		return 5
	case len(d) == 16 && (p4 == 6011 || p2 == 65 || p4 >= 6440 && p4 <= 6499):
		return 6
	case len(d) == 14:
		return 7
	}
	return 0
}

// issuer answers the score of a bare card number by the ranges of ISO/IEC 7812
// that networks publish (as credit-card-type 10.3 has them) and those of single
// banks in China; 0 when nobody issues such a number. UnionPay's 81 is not known
// to be in use; Maestro's and national networks' are left out.
func issuer(d []byte) int8 {
	p2 := digit(d[0])*10 + digit(d[1])
	p4 := p2*100 + digit(d[2])*10 + digit(d[3])
	n := len(d)
	switch {
	case p2 == 62 && (n == 16 || n == 19): // UnionPay
		return 70
	case p2 == 62 && (n == 17 || n == 18):
		return 50
	case p4/10 == 955 && (n == 19 || n == 16), p4 == 6011 && n == 19, // ICBC 9558 and other issues before UnionPay
		(p4/100 == 60 || p4/100 == 68 || p4/100 == 69 || p4 == 9400 || p4 == 9843 || p4 == 9900 || p4 == 1030) && n == 19:
		return 45
	case p2 == 62:
		return 0
	case p2/10 == 4 && n == 16, (p2 >= 51 && p2 <= 55 || p4 >= 2221 && p4 <= 2720) && n == 16: // Visa, Mastercard
		return 55
	case (p2 == 34 || p2 == 37) && n == 15: // American Express
		return 55
	case p4 >= 3528 && p4 <= 3589 && n == 16, (p4 == 6011 || p2 == 65 || p4 >= 6440 && p4 <= 6499) && n == 16: // JCB, Discover
		return 55
	case (p2 == 36 || p2 == 38 || p2 == 39 || p4 >= 3000 && p4 <= 3059) && n == 14: // Diners Club
		return 40
	}
	return 0
}
