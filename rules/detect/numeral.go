package detect

import (
	"unicode"
	"unicode/utf8"
)

// A number may be written with other digits than 0 to 9: 一三八零零一三八零零零,
// 壹叁捌, ①②③, those of other scripts. They count where as many stand together
// as a number of some class has: fewer are years, amounts and words.

// leastNumerals is how many of them make a number other than one that a word
// follows: 13812345678一共三人.
const leastNumerals = 4

// numerals are digits that Unicode does not count as such, of words and lists.
var numerals = func() map[rune]byte {
	t := map[rune]byte{'〇': '0', '○': '0', '幺': '1', '两': '2', '兩': '2', '⓪': '0', '⁰': '0', '¹': '1', '²': '2', '³': '3', '₀': '0'}
	for _, digits := range []string{"零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖", "零壹貳參肆伍陸柒捌玖"} {
		i := byte('0')
		for _, r := range digits {
			t[r] = i
			i++
		}
	}
	for _, one := range []rune{'①', '⑴', '⒈', '❶', '➀', '➊', '㈠', '㊀'} {
		for i := range rune(9) {
			t[one+i] = '1' + byte(i)
		}
	}
	for i := range rune(10) {
		t['₀'+i] = '0' + byte(i)
		if i > 3 {
			t['⁰'+i] = '0' + byte(i)
		}
	}
	return t
}()

// mayNumeral marks the characters of the basic plane that are numerals.
var mayNumeral = func() (t [1 << 10]uint64) {
	for r := range numerals {
		t[r>>6] |= 1 << (r & 63)
	}
	for _, x := range unicode.Nd.R16 {
		for r := rune(max(x.Lo, utf8.RuneSelf)); r <= rune(x.Hi) && x.Lo < 0xFF10; r++ {
			t[r>>6] |= 1 << (r & 63)
		}
	}
	return t
}()

// numeral answers the digit that a character outside of ASCII stands for.
func numeral(r rune) (byte, bool) {
	if r < 1<<16 && mayNumeral[r>>6]>>(r&63)&1 == 0 {
		return 0, false
	}
	return digitOf(r)
}

func digitOf(r rune) (byte, bool) {
	if !unicode.IsDigit(r) && r >= 1<<16 {
		return 0, false
	}
	if d, ok := numerals[r]; ok {
		return d, true
	}
	for _, x := range unicode.Nd.R16 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return '0' + byte((r-rune(x.Lo))%10), true
		}
	}
	for _, x := range unicode.Nd.R32 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return '0' + byte((r-rune(x.Lo))%10), true
		}
	}
	return 0, false
}

// twoNumerals tells whether text begins with two numerals of three bytes.
func twoNumerals(text []byte) bool {
	if len(text) < 6 {
		return false
	}
	for _, p := range [2][]byte{text[:3], text[3:6]} {
		r := rune(p[0]&0x0F)<<12 | rune(p[1]&0x3F)<<6 | rune(p[2]&0x3F)
		if p[0]&0xF0 != 0xE0 || mayNumeral[r>>6]>>(r&63)&1 == 0 {
			return false
		}
	}
	return true
}

// numeralRun answers the length of the run of numerals, digits and single
// separators that text begins with, and whether it holds enough for a number.
func numeralRun(text []byte) (n int, ok bool) {
	digits, others := 0, 0
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if !isDigit(c) {
				if c != ' ' && c != '-' || i != n {
					break
				}
				i++
				continue
			}
			digits++
			i++
			n = i
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch _, is := numeral(r); {
		case is:
			digits++
			others++
		case r >= 0xFF10 && r <= 0xFF19:
			digits++
		case !widthless(r):
			return n, others >= leastNumerals && digits >= leastDigits
		}
		i += size
		n = i
	}
	return n, others >= leastNumerals && digits >= leastDigits
}

// leastRun is how many bytes a run of numerals has at least: none of them is of
// ASCII.
const leastRun = 2 * leastNumerals

// mayCount tells whether a run of numerals may stand in text.
func mayCount(text []byte) bool {
	together := 0
	for i := 0; i < len(text); {
		if together == 0 {
			if i = noneUntil(text, i); i+leastRun > len(text) {
				return false
			}
		}
		counts, breaks, size := numeralAt(text[i:])
		if i += size; breaks {
			together = 0
		} else if counts {
			if together++; together >= leastNumerals {
				return true
			}
		}
	}
	return false
}

// numeralAt tells whether text begins with a numeral that is no digit of ASCII,
// or with what breaks a run of them, and how long that is.
func numeralAt(text []byte) (counts, breaks bool, size int) {
	if c := text[0]; c < utf8.RuneSelf {
		return false, !isDigit(c) && c != ' ' && c != '-', 1
	}
	r, size := decode(text)
	_, counts = numeral(r)
	return counts, !counts && !widthless(r), size
}

// noneUntil answers up to where, from i on, no run of numerals begins. One that
// begins in the next few bytes would cover the last of them.
func noneUntil(text []byte, i int) int {
	for last := i + leastRun - 1; last < len(text); last = i + leastRun - 1 {
		at := last
		for at > i && at > last-utf8.UTFMax+1 && text[at]&0xC0 == 0x80 {
			at--
		}
		_, breaks, size := numeralAt(text[at:])
		if !breaks && at+size > last {
			return i
		}
		i = max(at+size, last+1)
	}
	return i
}
