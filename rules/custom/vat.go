package custom

import (
	"regexp"
	"strings"
)

// vatScheme is how a country writes its VAT identification numbers, behind its
// two letters and without what parts their digits, and the check they carry.
type vatScheme struct {
	form  *regexp.Regexp
	holds func(number string) bool
}

// vatSchemes are those of the European Union and, for Northern Ireland, XI. The
// forms are those of VIES (European Commission, "VAT number formats", FAQ 11);
// the checks, which VIES does not publish, are those of the tax offices as
// python-stdnum 1.18 and jsvat 2.5 have them, with which random numbers were
// compared (docs/standards.md).
var vatSchemes = map[string]vatScheme{
	"AT": {vatForm(`U\d{8}`), austrianVAT},
	"BE": {vatForm(`[01]\d{9}`), func(n string) bool { return (number(n[:8])+number(n[8:]))%97 == 0 }},
	"BG": {vatForm(`\d{9,10}`), bulgarianVAT},
	"CY": {vatForm(`\d{8}[A-Z]`), cypriotVAT},
	"CZ": {vatForm(`[0-8]\d{7}|\d{9,10}`), czechVAT},
	"DE": {vatForm(`[1-9]\d{8}`), func(n string) bool { return mod1110([]byte(n)) }},
	"DK": {vatForm(`[1-9]\d{7}`), func(n string) bool { return weighed(n, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 }},
	"EE": {vatForm(`10\d{7}`), func(n string) bool { return weighed(n, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0 }},
	"EL": {vatForm(`\d{9}`), func(n string) bool { return weighed(n, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == at(n, 8) }},
	"ES": {vatForm(`[A-Z]\d{7}[A-Z0-9]|\d{8}[A-Z]`), spanishVAT},
	"FI": {vatForm(`\d{8}`), func(n string) bool { return weighed(n, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0 }},
	"FR": {vatForm(`[A-HJ-NP-Z0-9]{2}\d{9}`), frenchVAT},
	"HR": {vatForm(`\d{11}`), func(n string) bool { return mod1110([]byte(n)) }},
	"HU": {vatForm(`\d{8}`), func(n string) bool { return weighed(n, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0 }},
	"IE": {vatForm(`\d[A-Z0-9+*]\d{5}[A-W][A-W]?`), irishVAT},
	"IT": {vatForm(`\d{11}`), italianVAT},
	"LT": {vatForm(`\d{7}1\d|\d{10}1\d`), lithuanianVAT},
	"LU": {vatForm(`\d{8}`), func(n string) bool { return number(n[:6])%89 == number(n[6:]) }},
	"LV": {vatForm(`\d{11}`), latvianVAT},
	"MT": {vatForm(`[1-9]\d{7}`), func(n string) bool { return weighed(n, 3, 4, 6, 7, 8, 9, 10, 1)%37 == 0 }},
	"NL": {vatForm(`\d{9}B\d{2}`), dutchVAT},
	"PL": {vatForm(`\d{10}`), func(n string) bool { return weighed(n, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == at(n, 9) }},
	"PT": {vatForm(`[1-9]\d{8}`), func(n string) bool { return (11-weighed(n, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == at(n, 8) }},
	"RO": {vatForm(`[1-9]\d{1,9}`), romanianVAT},
	"SE": {vatForm(`\d{10}01`), func(n string) bool { return luhn([]byte(n[:10])) }},
	"SI": {vatForm(`[1-9]\d{7}`), func(n string) bool { c := 11 - weighed(n, 8, 7, 6, 5, 4, 3, 2)%11; return c != 11 && c%10 == at(n, 7) }},
	"SK": {vatForm(`[1-9]\d[2-46-9]\d{7}`), func(n string) bool { return number(n)%11 == 0 }},
	"XI": {vatForm(`\d{9}(?:\d{3})?|GD[0-4]\d\d|HA[5-9]\d\d`), britishVAT},
}

func vatForm(of string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + of + `)$`) }

// europeanVAT finds VAT identification numbers of the European Union near what
// names them.
func europeanVAT() []Detector {
	var countries []string
	for country := range vatSchemes {
		countries = append(countries, country)
	}
	return []Detector{{Class: EUVAT, Anchors: countries, Alone: -1, find: vatNumbers,
		accept: func(before, _, after []byte) bool { return apart(before, after) },
		Near:   []string{"vat", "vat id", "vat no", "vat no.", "vat number", "vat reg", "vat registration", "vat_id", "vat_number", "ust-idnr", "ust-id", "ust.-id", "ustid", "uid", "tva", "n° tva", "partita iva", "p.iva", "piva", "nif", "btw", "btw-nr", "mwst", "moms", "增值税号", "欧盟税号", "vat税号", "税号"}}}
}

// vatNumbers answers the numbers that begin at anchors, each as long as it
// holds: "DE 136 695 976 EUR" ends before the currency.
func vatNumbers(line []byte, anchors []span) (found []span) {
	for _, a := range anchors {
		scheme, ok := vatSchemes[string(line[a.start:a.end])]
		if !ok {
			continue
		}
		var digits [maxVAT]byte
		end, n := 0, 0
		for i := a.end; i < len(line) && n < maxVAT; i++ {
			c := line[i]
			if c == ' ' || c == '.' || c == '-' {
				if b := line[i-1]; b == ' ' || b == '.' || b == '-' {
					break
				}
				continue
			}
			if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && c != '+' && c != '*' {
				break
			}
			digits[n] = c
			n++
			if i+1 < len(line) && alnum(line[i+1]) {
				continue
			}
			if number := string(digits[:n]); scheme.form.MatchString(number) && strings.Trim(number, "0") != "" && scheme.holds(number) {
				end = i + 1
			}
		}
		if end > 0 {
			found = append(found, span{a.start, end})
		}
	}
	return found
}

const maxVAT = 12 // characters behind the country
