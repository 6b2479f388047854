package corpus

import (
	"fmt"
	"strings"
)

// The numbers of companies, accounts and permits, made here from what the
// standards say and not from the detector's tables.

var provinceCodes = strings.Fields("110108 120101 310115 330106 350211 370202 420106 440305 500112 510104 610113 320505 230103 530102")

// creditCode makes a unified social credit code: GB 32100-2015.
func (w *writer) creditCode() string {
	organisation := w.digits(8)
	if w.chance(60) { // as given out since 2015
		const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
		organisation = "MA" + w.digits(2)
		for range 4 {
			organisation += string(letters[w.IntN(len(letters))])
		}
	}
	sum := 0
	for i, weight := range []int{3, 7, 9, 10, 5, 8, 4, 2} {
		sum += value36(organisation[i]) * weight
	}
	code := w.one("91", "91", "91", "92", "93", "51", "52", "12", "31") + provinceCodes[w.IntN(len(provinceCodes))] + organisation + string("0X987654321"[sum%11])
	return code + creditCheck(code)
}

func creditCheck(code string) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum, weight := 0, 1
	for i := range 17 {
		sum += strings.IndexByte(alphabet, code[i]) * weight
		weight = weight * 3 % 31
	}
	return string(alphabet[(31-sum%31)%31])
}

func value36(c byte) int {
	if c >= 'A' {
		return int(c-'A') + 10
	}
	return int(c - '0')
}

// account makes an international bank account number in one piece: ISO 13616.
func (w *writer) account() string {
	letters := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'A' + byte(w.IntN(26))
		}
		return string(b)
	}
	var country, inner string
	switch w.IntN(8) {
	case 0:
		country, inner = "DE", w.digits(18)
	case 1:
		country, inner = "GB", letters(4)+w.digits(14)
	case 2:
		country, inner = "FR", w.digits(10)+w.digits(3)+letters(1)+w.digits(9)
	case 3:
		country, inner = "NL", letters(4)+w.digits(10)
	case 4:
		country, inner = "ES", w.digits(20)
	case 5:
		country, inner = "CH", w.digits(17)
	case 6:
		country, inner = "IT", letters(1)+w.digits(22)
	default:
		country, inner = "AE", w.digits(19)
	}
	rest := 0
	for _, c := range []byte(inner + country + "00") {
		if v := value36(c); v < 10 {
			rest = (rest*10 + v) % 97
		} else {
			rest = (rest*100 + v) % 97
		}
	}
	return fmt.Sprintf("%s%02d%s", country, 98-rest, inner)
}

// inFours parts an account number as it stands on paper.
func inFours(code string) string {
	var b strings.Builder
	for i, c := range code {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func (w *writer) birth() string {
	return fmt.Sprintf("%d%02d%02d", 1950+w.IntN(55), 1+w.IntN(12), 1+w.IntN(28))
}

// withCheck adds the check character of GB 11643-1999.
func withCheck(id string) string {
	sum := 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(id[i]-'0') * weight
	}
	return id + string("10X98765432"[sum%11])
}

// permanentResidence makes the number of a foreigner's card: the form of
// December 2023, and the one before where old is asked for.
func (w *writer) permanentResidence(old bool) string {
	region := provinceCodes[w.IntN(len(provinceCodes))]
	if old {
		return w.one("USA", "GBR", "FRA", "DEU", "JPN", "CAN", "KOR") + region[:4] + w.birth()[2:] + w.digits(2)
	}
	return withCheck("9" + region[:2] + w.one("840", "826", "250", "276", "392", "124", "410") + w.birth() + w.digits(3))
}

// hongKongID makes the number of a Hong Kong identity card, the check character
// in brackets.
func (w *writer) hongKongID() string {
	letters, sum := string(rune('A'+w.IntN(26))), 36*9
	if w.chance(15) {
		letters += string(rune('A' + w.IntN(26)))
		sum = value36(letters[0]) * 9
	}
	run := letters + w.digits(6)
	for i, c := range []byte(run[len(run)-7:]) {
		sum += value36(c) * (8 - i)
	}
	return run + "(" + string("0A987654321"[sum%11]) + ")"
}

// residencePermit makes the number of a permit for residents of Hong Kong,
// Macau and Taiwan.
func (w *writer) residencePermit() string {
	return withCheck(w.one("810000", "820000", "830000") + w.birth() + w.digits(3))
}

// spoiled changes the last character so that the check no longer holds.
func spoiled(code string) string {
	last := code[len(code)-1]
	next := byte('0')
	if last >= '0' && last < '9' {
		next = last + 1
	}
	return code[:len(code)-1] + string(next)
}
