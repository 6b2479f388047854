package corpus

import (
	"fmt"
	"strconv"
	"strings"
)

// vat is a VAT number of one of ten countries, its check made here and not with
// the detector's.
func (w *writer) vat() string {
	switch w.IntN(10) {
	case 0: // ISO 7064 MOD 11,10
		n, p := w.one("1", "2", "8")+w.digits(7), 10
		for _, c := range n {
			if p = (p + int(c-'0')) % 10; p == 0 {
				p = 10
			}
			p = p * 2 % 11
		}
		return "DE" + n + fmt.Sprint((11-p)%10)
	case 1:
		return "IT" + withLuhn("0"+w.digits(6)+w.one("014", "063", "100"))
	case 2: // the key is made of the number behind it
		siren := withLuhn("4" + w.digits(7))
		return fmt.Sprintf("FR%02d%s", (12+3*(whole(siren)%97))%97, siren)
	case 3:
		return "BE" + w.pair(func(n int) int { return 97 - n%97 }, "0"+w.one("4", "7")+w.digits(6))
	case 4:
		return "LU" + w.pair(func(n int) int { return n % 89 }, "1"+w.digits(5))
	case 5: // ISO 7064 MOD 97-10 over all of it: N and L are 23 and 21, B 11
		n := "00" + w.digits(7) + "B"
		for check := 2; ; check++ {
			if all := strings.NewReplacer("N", "23", "L", "21", "B", "11").Replace("NL" + n + fmt.Sprintf("%02d", check)); remainder(all, 97) == 1 {
				return "NL" + n + fmt.Sprintf("%02d", check)
			}
		}
	case 6:
		return "ES" + w.one("A", "B", "G") + withLuhn(w.digits(7))
	case 7:
		return "SE" + withLuhn("556"+w.digits(6)) + "01"
	case 8:
		return "EE" + w.closed("10"+w.digits(6), 10, 3, 7, 1, 3, 7, 1, 3, 7, 1)
	}
	return "HU" + w.closed("1"+w.digits(6), 10, 9, 7, 3, 1, 9, 7, 3, 1)
}

// badVAT is one whose check is wrong, or of no country.
func (w *writer) badVAT() string {
	if w.chance(30) {
		return w.one("QX", "ZZ", "RT") + w.digits(9)
	}
	for {
		n := w.vat()
		i := len(n) - 3
		if c := byte('0' + w.IntN(10)); c != n[i] && n[i] <= '9' {
			return n[:i] + string(c) + n[i+1:]
		}
	}
}

func whole(digits string) int { n, _ := strconv.Atoi(digits); return n }

func remainder(digits string, by int) (rest int) {
	for _, c := range digits {
		rest = (rest*10 + int(c-'0')) % by
	}
	return rest
}

// pair adds two digits.
func (w *writer) pair(check func(int) int, digits string) string {
	return fmt.Sprintf("%s%02d", digits, check(whole(digits)))
}

// closed adds the digit with which the weighed sum is divisible.
func (w *writer) closed(digits string, by int, weights ...int) string {
	sum := 0
	for i, c := range digits {
		sum += int(c-'0') * weights[i]
	}
	for d := 0; ; d++ {
		if (sum+d*weights[len(digits)])%by == 0 {
			return digits + fmt.Sprint(d)
		}
	}
}

// withLuhn adds the digit of ISO/IEC 7812-1.
func withLuhn(digits string) string {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + fmt.Sprint((10-sum%10)%10)
}
