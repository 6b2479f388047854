package detect

// accountForms are what stands behind the four first characters of account
// numbers, by country: how many digits (n), capitals (a) or either (c), as the
// registry of ISO 13616 has them (SWIFT; as python-stdnum 1.18 and ibantools
// 4.5 give it). Countries that use such numbers without being
// registered are left out.
var accountForms = map[string]string{
	"AD": "8n12c", "AE": "19n", "AL": "8n16c", "AT": "16n", "AZ": "4a20c", "BA": "16n", "BE": "12n", "BG": "4a6n8c", "BH": "4a14c", "BI": "23n", "BR": "23n1a1c",
	"BY": "4c4n16c", "CH": "5n12c", "CR": "18n", "CY": "8n16c", "CZ": "20n", "DE": "18n", "DJ": "23n", "DK": "14n", "DO": "4c20n", "EE": "16n", "EG": "25n",
	"ES": "20n", "FI": "14n", "FK": "2a12n", "FO": "14n", "FR": "10n11c2n", "GB": "4a14n", "GE": "2a16n", "GI": "4a15c", "GL": "14n", "GR": "7n16c", "GT": "24c",
	"HN": "4a20n", "HR": "17n", "HU": "24n", "IE": "4a14n", "IL": "19n", "IQ": "4a15n", "IS": "22n", "IT": "1a10n12c", "JO": "4a4n18c", "KW": "4a22c", "KZ": "3n13c",
	"LB": "4n20c", "LC": "4a24c", "LI": "5n12c", "LT": "16n", "LU": "3n13c", "LV": "4a13c", "LY": "21n", "MC": "10n11c2n", "MD": "20c", "ME": "18n", "MK": "3n10c2n",
	"MN": "16n", "MR": "23n", "MT": "4a5n18c", "MU": "4a19n3a", "NI": "4a20n", "NL": "4a10n", "NO": "11n", "OM": "3n16c", "PK": "4a16c", "PL": "24n", "PS": "4a21c",
	"PT": "21n", "QA": "4a21c", "RO": "4a16c", "RS": "18n", "RU": "14n15c", "SA": "2n18c", "SC": "4a20n3a", "SD": "14n", "SE": "20n", "SI": "15n", "SK": "20n",
	"SM": "1a10n12c", "SO": "19n", "ST": "21n", "SV": "4a20n", "TL": "19n", "TN": "20n", "TR": "6n16c", "UA": "6n19c", "VA": "18n", "VG": "4a16n", "XK": "16n",
	"YE": "4a4n18c",
}

// formPart answers the first part of a form, and the rest of it.
func formPart(form string) (n int, class byte, rest string) {
	i := 0
	for ; form[i] <= '9'; i++ {
		n = n*10 + int(form[i]-'0')
	}
	return n, form[i], form[i+1:]
}

func formLength(form string) (length int) {
	for form != "" {
		n, _, rest := formPart(form)
		length, form = length+n, rest
	}
	return length
}

// formHolds tells whether what stands behind the check digits, capitals and
// digits of the right length, has its form.
func formHolds(form string, code []byte) bool {
	for form != "" {
		n, class, rest := formPart(form)
		for _, c := range code[:n] {
			if class != 'c' && isDigit(c) != (class == 'n') {
				return false
			}
		}
		code, form = code[n:], rest
	}
	return true
}

// accountNumber proves what begins at m.start, in one piece or in groups of
// four with a space between, to be an international bank account number: ISO
// 13616, the form of its country, the check digits of ISO 7064 MOD 97-10.
func (p *Pack) accountNumber(m *match, text []byte) bool {
	rest := text[m.start:]
	if len(rest) < 15 || isDigit(rest[0]) || isDigit(rest[1]) || !isDigit(rest[2]) || !isDigit(rest[3]) {
		return false
	}
	form := accountForms[string(rest[:2])]
	if form == "" {
		return false
	}
	length := 4 + formLength(form)
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
	if n < length || !endsAt(rest, i) || !formHolds(form, code[4:n]) || !mod97(code[:n]) {
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
