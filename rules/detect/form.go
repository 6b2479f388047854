package detect

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// form is which form the cells of a column have: one test for each cell instead
// of one for each class.
type form uint8

const (
	noForm form = iota // nothing stands there
	nameForm
	mobileForm
	landlineForm
	residentForm
	cardForm
	emailForm
	addressForm
	otherForm // only a closer look can tell
)

// formOf answers the form of the first class that a heading calls for.
func formOf(r roles) form {
	if r == 0 || r&(against|maker) != 0 {
		return noForm
	}
	for i, k := range [...]kind{personName, mobile, landline, residentID, bankCard, email, address} {
		if r.has(k) {
			return nameForm + form(i)
		}
	}
	return otherForm
}

// formRow counts a row by the form of its cells. It answers false where a cell
// has another form, and then nothing has happened.
func (s *Scanner) formRow(text []byte) bool {
	t := &s.table
	columns, delimiter, least := t.columns[:t.width], t.delimiter, &s.tally.least
	var found [maxSteady]kind
	n, at := 0, 0
	for i := range columns {
		k, score, length := s.formCell(text[at:], &columns[i], delimiter)
		end := at + length
		if length < 0 || (end == len(text)) != (i == len(columns)-1) || score > least[k] {
			return false
		}
		if score > 0 {
			found[n&(maxSteady-1)] = k
			n++
		}
		at = end + 1
	}
	if s.person.present != 0 {
		s.flushPerson()
	}
	for _, k := range found[:n] {
		s.tally.count[k]++
	}
	return true
}

// formCell judges the cell that text starts with by its form and answers its
// length, -1 where only a closer look can tell. Score is -1 where the cell
// holds nothing.
func (s *Scanner) formCell(text []byte, col *column, delimiter byte) (k kind, score int8, length int) {
	if len(text) == 0 || text[0] == delimiter {
		return 0, -1, 0
	}
	cell := text
	if len(cell) < formReach { // so that none of the forms needs to look where text ends
		var last [formReach]byte
		last[copy(last[:], cell)] = delimiter
		cell = last[:]
	}
	switch col.form {
	case noForm:
		n := cellEnd(text, delimiter)
		if text[0] == '"' || text[0] == ' ' || !s.pack.plainlyNothing(text[:n], col.roles) {
			return 0, 0, -1
		}
		return 0, -1, n
	case nameForm:
		return personName, 95, formName(cell, delimiter)
	case mobileForm:
		if cell[0] == '1' && cell[11] == delimiter && eightDigits(cell) && eightDigits(cell[3:]) {
			return mobile, 95, 11
		}
	case landlineForm:
		return landline, 95, formLandline(cell, delimiter)
	case residentForm:
		if cell[18] == delimiter && eightDigits(cell) && eightDigits(cell[8:]) && eightDigits(cell[9:]) {
			return residentID, 99, 18
		}
	case cardForm:
		return bankCard, 99, formCard(cell, delimiter)
	case emailForm:
		return email, 95, formEmail(text, delimiter)
	case addressForm:
		if n := cellEnd(text, delimiter); n >= 18 && text[0] >= 0xE4 && text[0] <= 0xE9 {
			return address, 95, n
		}
	}
	return 0, 0, -1
}

func cellEnd(text []byte, delimiter byte) int {
	if i := bytes.IndexByte(text, delimiter); i >= 0 {
		return i
	}
	return len(text)
}

// formReach is how many bytes the forms look at that have few lengths. What
// length a cell has is as good as random: it is calculated, as far as it goes,
// and not decided.
const formReach = 20

// formName takes two to four Han characters.
func formName(text []byte, delimiter byte) int {
	const high = 0x8080808080808080
	x, y := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
	n := bits.TrailingZeros64(sameBytes(x, delimiter)) / 8 // 8 for none
	n += n / 8 * (bits.TrailingZeros64(sameBytes(y, delimiter)) / 8)
	in, further := uint64(1)<<(8*n)-1, uint64(1)<<(8*(max(n, 8)-8))-1
	if text[0] < 0xE4 || text[0] > 0xE9 || ^x&high&in|^y&high&further != 0 || 1<<n&(1<<6|1<<9|1<<12) == 0 {
		return -1
	}
	return n
}

// formLandline takes 010-65529988, 0571-8765432 and 0571-87654321.
func formLandline(text []byte, delimiter byte) int {
	x := binary.LittleEndian.Uint64(text[4:])
	three, four := equal(text[3], '-'), equal(text[4], '-')
	x ^= four * ('-' ^ '0')
	at12, at13 := equal(text[12], delimiter), equal(text[13], delimiter)&((uint64(text[12]-'0')-10)>>63) // and a digit at 12
	if text[0] != '0' || !digits8(x) || at12&(three|four)|at13&four == 0 {
		return -1
	}
	return 13 - int(at12)
}

// formCard takes 16 or 19 digits.
func formCard(text []byte, delimiter byte) int {
	at16, at19 := equal(text[16], delimiter), equal(text[19], delimiter)
	n := 19 - 3*int(at16)
	if at16|at19 == 0 || !eightDigits(text) || !eightDigits(text[8:]) || !eightDigits(text[n-8:]) {
		return -1
	}
	return n
}

// equal is 1 for the same byte and 0 for another.
func equal(a, b byte) (is uint64) {
	if a == b {
		is = 1
	}
	return is
}

// formEmail answers the length of a cell that has an '@' in its midst and ends
// in a letter. It looks for both ends of the domain at once, eight bytes at a
// time.
func formEmail(text []byte, delimiter byte) int {
	at, n := -1, -1
	for i := 0; n < 0; i += 8 {
		if i+8 > len(text) {
			n = i + cellEnd(text[i:], delimiter)
			if k := bytes.IndexByte(text[i:n], '@'); at < 0 && k >= 0 {
				at = i + k
			}
			break
		}
		x := binary.LittleEndian.Uint64(text[i:])
		signs, ends := sameBytes(x, '@'), sameBytes(x, delimiter)
		if ends != 0 {
			n = i + bits.TrailingZeros64(ends)/8
			signs &= ends&-ends - 1
		}
		if at < 0 && signs != 0 {
			at = i + bits.TrailingZeros64(signs)/8
		}
	}
	if at <= 0 || at+4 >= n || !isLetter(text[n-1]) || text[0] == '"' || text[0] == ' ' {
		return -1
	}
	return n
}

// sameBytes answers the top bit of each byte of x that is c.
func sameBytes(x uint64, c byte) uint64 {
	x ^= 0x0101010101010101 * uint64(c)
	return ^((x&0x7F7F7F7F7F7F7F7F + 0x7F7F7F7F7F7F7F7F) | x | 0x7F7F7F7F7F7F7F7F)
}
