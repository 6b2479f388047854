package custom

import (
	"regexp"
	"strconv"
	"strings"
)

// vatForms are the forms of VAT identification numbers by country (European
// Commission, VIES, "VAT number formats"; GB after HMRC, GB for Northern Ireland
// as XI), without what parts their digits.
var vatForms = map[string]*regexp.Regexp{
	"AT": vatForm(`U\d{8}`), "BE": vatForm(`[01]\d{9}`), "BG": vatForm(`\d{9,10}`), "CY": vatForm(`\d{8}[A-Z]`), "CZ": vatForm(`\d{8,10}`),
	"DE": vatForm(`[1-9]\d{8}`), "DK": vatForm(`\d{8}`), "EE": vatForm(`10\d{7}`), "EL": vatForm(`\d{9}`), "ES": vatForm(`[A-Z]\d{7}[A-Z0-9]|\d{8}[A-Z]`),
	"FI": vatForm(`\d{8}`), "FR": vatForm(`[A-HJ-NP-Z0-9]{2}\d{9}`), "HR": vatForm(`\d{11}`), "HU": vatForm(`\d{8}`), "IE": vatForm(`\d[A-Z0-9+*]\d{5}[A-Z]{1,2}`),
	"IT": vatForm(`\d{11}`), "LT": vatForm(`\d{9}|\d{12}`), "LU": vatForm(`\d{8}`), "LV": vatForm(`\d{11}`), "MT": vatForm(`\d{8}`),
	"NL": vatForm(`[A-Z0-9+*]{10}\d{2}`), "PL": vatForm(`\d{10}`), "PT": vatForm(`\d{9}`), "RO": vatForm(`\d{2,10}`), "SE": vatForm(`\d{10}01`),
	"SI": vatForm(`\d{8}`), "SK": vatForm(`\d{10}`), "XI": vatForm(`\d{9}|\d{12}`),
}

func vatForm(of string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + of + `)$`) }

// europeanVAT finds VAT identification numbers of the European Union near what
// names them.
func europeanVAT() []Detector {
	var countries []string
	for country := range vatForms {
		countries = append(countries, country)
	}
	return []Detector{{Class: EUVAT, Anchors: countries, Alone: -1, accept: vat,
		find: matches(regexp.MustCompile(`\b(?:AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI) ?[A-Z0-9+*]{2,4}(?:[ .-]?[A-Z0-9+*]{2,5}){0,4}`)),
		Near: []string{"vat", "vat id", "vat no", "vat no.", "vat number", "vat reg", "vat registration", "vat_id", "vat_number", "ust-idnr", "ust-id", "ust.-id", "ustid", "uid", "tva", "n° tva", "partita iva", "p.iva", "piva", "nif", "btw", "btw-nr", "mwst", "moms", "增值税号", "欧盟税号", "vat税号", "税号"}}}
}

// vat tells a number of that form, and with the right check where the country
// publishes one that is known here.
func vat(before, value, after []byte) bool {
	number := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(string(value))
	country, rest := number[:2], number[2:]
	if form := vatForms[country]; form == nil || !form.MatchString(rest) || !apart(before, after) || strings.Trim(rest, "0") == "" {
		return false
	}
	if check := vatChecks[country]; check != nil {
		return check(rest)
	}
	return strings.ContainsAny(rest, "0123456789")
}

// vatChecks are checks of single countries.
var vatChecks = map[string]func(string) bool{
	"DE": func(n string) bool { return mod1110([]byte(n)) }, // ISO 7064 MOD 11,10
	"HR": func(n string) bool { return mod1110([]byte(n)) },
	"IT": func(n string) bool { return luhn([]byte(n)) },
	"BE": func(n string) bool { return (number(n[:8])+number(n[8:]))%97 == 0 },
	"FR": func(n string) bool { // of the SIREN behind it, where the key is of digits
		if n[0] > '9' || n[1] > '9' {
			return true
		}
		return (12+3*(number(n[2:])%97))%97 == number(n[:2])
	},
	"PL": func(n string) bool { return weighed(n, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(n[9]-'0') },
	"PT": func(n string) bool { return (11-weighed(n, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == int(n[8]-'0') },
	"DK": func(n string) bool { return weighed(n, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 },
	"FI": func(n string) bool { return weighed(n, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0 },
	"EL": func(n string) bool { return weighed(n, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == int(n[8]-'0') },
	"LU": func(n string) bool { return number(n[:6])%89 == number(n[6:]) },
	"SE": func(n string) bool { return luhn([]byte(n[:10])) },
	"AT": func(n string) bool { // U and seven digits, Luhn with 4 more
		sum := 4
		for i, c := range n[1:8] {
			d := int(c - '0')
			if i%2 == 1 {
				d = d/5 + d*2%10
			}
			sum += d
		}
		return (10-sum%10)%10 == int(n[8]-'0')
	},
}

func number(digits string) int { n, _ := strconv.Atoi(digits); return n }

func weighed(digits string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += int(digits[i]-'0') * w
	}
	return sum
}
