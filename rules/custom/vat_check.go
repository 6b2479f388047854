package custom

import (
	"strconv"
	"strings"
	"time"
)

func number(digits string) int { n, _ := strconv.Atoi(digits); return n }

func at(digits string, i int) int { return int(digits[i] - '0') }

func weighed(digits string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += at(digits, i) * w
	}
	return sum
}

// austrianVAT is U and seven digits with a Luhn sum of 4 more.
func austrianVAT(n string) bool {
	sum := 4
	for i := 1; i < 8; i++ {
		d := at(n, i)
		if i%2 == 0 {
			d = d/5 + d*2%10
		}
		sum += d
	}
	return (10-sum%10)%10 == at(n, 8)
}

// bulgarianVAT is nine digits of a company, or ten of somebody: a citizen's
// number with the date of birth, a foreigner's, or another.
func bulgarianVAT(n string) bool {
	if len(n) == 9 {
		sum := weighed(n, 1, 2, 3, 4, 5, 6, 7, 8) % 11
		if sum == 10 {
			sum = weighed(n, 3, 4, 5, 6, 7, 8, 9, 10) % 11 % 10
		}
		return sum == at(n, 8)
	}
	century := [3]int{1900, 1800, 2000}[number(n[2:4])/20%3] // by what is added to the month
	citizen := n[2] < '6' && born(century+number(n[:2]), number(n[2:4])%20, number(n[4:6])) && weighed(n, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == at(n, 9)
	return citizen || weighed(n, 21, 19, 17, 13, 11, 9, 7, 3, 1)%10 == at(n, 9) || (11-weighed(n, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == at(n, 9)
}

// born tells whether a year has such a day.
func born(year, month, day int) bool {
	return month > 0 && month < 13 && day > 0 && time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// cypriotVAT is eight digits, of which every second counts as another, and a letter.
func cypriotVAT(n string) bool {
	sum := 0
	for i := range 8 {
		if d := at(n, i); i%2 == 1 {
			sum += d
		} else {
			sum += [10]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}[d]
		}
	}
	return n[:2] != "12" && n[8] == 'A'+byte(sum%26)
}

// czechVAT is eight digits of a company, nine from 6 on of somebody without a
// birth number, or a birth number: of nine digits up to 1953 without a check.
func czechVAT(n string) bool {
	switch {
	case len(n) == 8:
		c := (11 - weighed(n, 8, 7, 6, 5, 4, 3, 2)%11) % 11
		return max(c, 1)%10 == at(n, 7)
	case len(n) == 9 && n[0] == '6':
		c := weighed(n[1:], 8, 7, 6, 5, 4, 3, 2) % 11
		return (18-(10-c)%11)%10 == at(n, 8)
	}
	year, month := 1900+number(n[:2]), number(n[2:4])%50%20
	if len(n) == 9 {
		if year >= 1980 {
			year -= 100
		}
		return year < 1954 && born(year, month, number(n[4:6]))
	}
	if year < 1954 {
		year += 100
	}
	check := number(n[:9]) % 11
	return born(year, month, number(n[4:6])) && (check == at(n, 9) || check == 10 && n[9] == '0' && year < 1985)
}

// spanishVAT is a citizen's number, a foreigner's (X, Y, Z), one of those who
// have neither (K, L, M), or a company's, whose check is a digit or a letter.
func spanishVAT(n string) bool {
	const letters = "TRWAGMYFPDXBNJZSQVHLCKE"
	switch first := n[0]; {
	case first <= '9':
		return letters[number(n[:8])%23] == n[8]
	case first >= 'X':
		return letters[(int(first-'X')*1e7+number(n[1:8]))%23] == n[8]
	case first >= 'K' && first <= 'M':
		return letters[number(n[1:8])%23] == n[8]
	case strings.IndexByte("ABCDEFGHJNPQRSUVW", first) < 0:
		return false
	}
	for c := range 10 {
		if luhn([]byte(n[1:8] + strconv.Itoa(c))) {
			return at(n, 8) == c || n[8] == "JABCDEFGHI"[c]
		}
	}
	return false
}

// frenchVAT is a key before the number of a company, which has a Luhn sum, but
// for those of Monaco (000). A key with letters is reckoned otherwise.
func frenchVAT(n string) bool {
	const letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	company := number(n[2:])
	if n[2:5] != "000" && !luhn([]byte(n[2:])) {
		return false
	}
	if n[0] <= '9' && n[1] <= '9' {
		return (12+3*(company%97))%97 == number(n[:2])
	}
	a, b := strings.IndexByte(letters, n[0]), strings.IndexByte(letters, n[1])
	key := a*34 + b - 100
	if n[0] <= '9' {
		key = a*24 + b - 10
	}
	return (company+1+key/11)%11 == key%11
}

// irishVAT is seven digits, a check letter and, since 2013, a letter more; in
// old numbers a sign stands in the second place.
func irishVAT(n string) bool {
	const letters = "WABCDEFGHIJKLMNOPQRSTUV"
	digits, more := n[:7], n[8:]
	if n[1] < '0' || n[1] > '9' {
		digits = "0" + n[2:7] + n[:1]
	}
	sum := weighed(digits, 8, 7, 6, 5, 4, 3, 2)
	if more != "" {
		sum += 9 * strings.Index(letters, more)
	}
	return letters[sum%23] == n[7]
}

// lithuanianVAT is nine or twelve digits.
func lithuanianVAT(n string) bool {
	last := len(n) - 1
	sum, again := 0, 0
	for i := range last {
		sum += at(n, i) * (1 + i%9)
		again += at(n, i) * (1 + (i+2)%9)
	}
	if sum%11 == 10 {
		sum = again
	}
	return sum%11%10 == at(n, last)
}

// latvianVAT is a company's number, or somebody's that begins with the date of
// birth or, since 2017, with 32. The check of those is not published.
func latvianVAT(n string) bool {
	if n[0] > '3' {
		return weighed(n, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)%11 == 3
	}
	return n[:2] == "32" || n[6] <= '2' && born(1800+100*at(n, 6)+number(n[4:6]), number(n[2:4]), number(n[:2]))
}

// dutchVAT is a number of nine digits with its own sum (companies), or, since
// 2020, one whose whole has a check by ISO 7064 MOD 97-10 (sole proprietors).
func dutchVAT(n string) bool {
	if number(n[:9]) == 0 || n[10:] == "00" {
		return false
	}
	return (weighed(n, 9, 8, 7, 6, 5, 4, 3, 2)-at(n, 8))%11 == 0 || mod97([]byte("NL"+n))
}

// italianVAT is a number in an office of a province and a Luhn sum.
func italianVAT(n string) bool {
	office := number(n[7:10])
	return number(n[:7]) > 0 && (office > 0 && office <= 201 || office == 888 || office == 999) && luhn([]byte(n))
}

// romanianVAT has weights from the right.
func romanianVAT(n string) bool {
	weights, last := [9]int{7, 5, 3, 2, 1, 7, 5, 3, 2}, len(n)-1
	return weighed(n, weights[9-last:]...)*10%11%10 == at(n, last)
}

// britishVAT has weights and 97, or since 2010 55 less; branches have three
// digits more. Of government departments and health authorities the form is all.
func britishVAT(n string) bool {
	if n[0] > '9' {
		return true
	}
	sum := weighed(n, 8, 7, 6, 5, 4, 3, 2) + number(n[7:9])
	return number(n[:7]) > 0 && (sum%97 == 0 || n[0] > '0' && (sum+55)%97 == 0)
}
