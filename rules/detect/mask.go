package detect

import (
	"strings"
	"unicode/utf8"
)

// Mask makes a value harmless the way the norm writes it: 138****1234,
// 110101********002X, 张*, z***@163.com. What is left never identifies a
// person. A class it does not know becomes asterisks.
func Mask(c Class, value string) string {
	switch c {
	case CNMobile:
		return maskDigits(value, 3, 4)
	case CNResidentID, BankCard, CNPermanentResidence, CNResidencePermit:
		return maskDigits(value, 6, 4)
	case HKID:
		return maskHKID(value)
	case CNPassport, HKMacauPass, TaiwanPass:
		return maskEnds(value, 1, 2)
	case PassportMRZ:
		return maskMRZ(value)
	case USCC, IBAN:
		return maskCode(value)
	case CNLandline:
		return maskLandline(value)
	case PersonName:
		return maskName(value)
	case Email:
		return maskEmail(value)
	case Address:
		return maskAddress(value)
	}
	return strings.Repeat("*", min(utf8.RuneCountInString(value), 16))
}

// maskDigits keeps the first and last digits of a number and writes asterisks
// for those between. Separators and a country code go.
func maskDigits(value string, first, last int) string {
	var kept []byte
	for _, r := range value {
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFEE0
		}
		if r >= '0' && r <= '9' || r == 'X' || r == 'x' {
			kept = append(kept, byte(r))
		}
	}
	if first == 3 && len(kept) > 11 {
		kept = kept[len(kept)-11:] // the country code
	}
	if len(kept) <= first+last {
		return strings.Repeat("*", len(kept))
	}
	for i := first; i < len(kept)-last; i++ {
		kept[i] = '*'
	}
	return strings.ToUpper(string(kept))
}

// maskCode keeps the first four and the last two characters of a code of
// letters and digits. Spaces go.
func maskCode(value string) string {
	kept := []rune(strings.ReplaceAll(value, " ", ""))
	if len(kept) < 12 {
		return strings.Repeat("*", len(kept))
	}
	for i := 4; i < len(kept)-2; i++ {
		kept[i] = '*'
	}
	return string(kept)
}

// maskEnds keeps the first and last characters of a short number. Separators go.
func maskEnds(value string, first, last int) string {
	var kept []rune
	for _, r := range value {
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFEE0
		}
		if r != ' ' && r != '-' && r != '.' {
			kept = append(kept, r)
		}
	}
	for i := range kept {
		if i >= first && i < len(kept)-last || len(kept) <= 2*(first+last)-1 {
			kept[i] = '*'
		}
	}
	return string(kept)
}

// maskMRZ keeps the nationality, which stands in the last line.
func maskMRZ(value string) string {
	value = value[strings.LastIndexByte(value, '\n')+1:]
	at := 10
	if len(value) == cardLine {
		at = 15
	}
	if len(value) < cardLine || !zoneState([]byte(value[at:at+3])) {
		return strings.Repeat("*", 16)
	}
	return "********" + value[at:at+3] + "********"
}

// maskHKID keeps the letters and the last two digits before the check digit.
func maskHKID(value string) string {
	kept := []rune(value)
	digits := 0
	for i, r := range kept {
		if r < '0' || r > '9' {
			continue
		}
		if digits++; digits <= 4 || digits > 6 {
			kept[i] = '*'
		}
	}
	return string(kept)
}

// maskLandline keeps the area code and the last two digits.
func maskLandline(value string) string {
	var digits []byte
	area, parts := 0, false
	for _, r := range strings.TrimLeft(value, "+( ") {
		if r >= '0' && r <= '9' {
			digits = append(digits, byte(r))
		} else if !parts && len(digits) > 0 {
			area, parts = len(digits), true
		}
	}
	if !parts {
		area = 4
		if len(digits) > 1 && digits[0] == '0' && digits[1] <= '2' {
			area = 3
		}
		if len(digits) <= 8 {
			area = 0
		}
	}
	if area > 4 || len(digits) < area+4 {
		return strings.Repeat("*", len(digits))
	}
	prefix := string(digits[:area])
	if area > 0 {
		prefix += "-"
	}
	return prefix + "****" + string(digits[len(digits)-2:])
}

// maskName keeps the family name of a name in Han characters and the initial
// of each word otherwise.
func maskName(value string) string {
	runes := []rune(value)
	if len(runes) == 0 {
		return ""
	}
	if runes[0] < 0x80 {
		var b strings.Builder
		for i, word := range strings.Fields(value) {
			if i > 0 {
				b.WriteByte(' ')
			}
			r, _ := utf8.DecodeRuneInString(word)
			b.WriteRune(r)
			b.WriteString("***")
		}
		return b.String()
	}
	keep := 1
	if len(runes) > 2 {
		for _, c := range compounds {
			if strings.HasPrefix(value, c) {
				keep = 2
			}
		}
	}
	return string(runes[:keep]) + strings.Repeat("*", min(len(runes)-keep, 8))
}

func maskEmail(value string) string {
	local, domain, ok := strings.Cut(value, "@")
	if !ok || local == "" {
		return "***"
	}
	_, n := utf8.DecodeRuneInString(local)
	return local[:n] + "***@" + domain
}

// maskAddress keeps province and city.
func maskAddress(value string) string {
	kept := 0
	for i, r := range value {
		if i > 36 {
			break
		}
		if r == '省' || r == '市' || r == '州' || r == '盟' || strings.HasPrefix(value[i:], "区") && strings.HasSuffix(value[:i], "自治") {
			kept = i + utf8.RuneLen(r)
		} else if r == '区' || r == '县' || r == '路' || r == '街' || r == '号' || r >= '0' && r <= '9' {
			break
		}
	}
	return value[:kept] + "***"
}
