package detect

import "fmt"

// Why writes one reason of a finding: a code and its values, parted by colons,
// the last of which may be any text. What people read is made of it where they
// read it, in their language: every code has its text in rules/messages, as
// why.CODE, in which the first value is {{.A}} and all behind it {{.B}}. A value
// never holds more of the customer's data than the masked excerpt does.
//
// A new kind of data calls Why with its code and adds the text in both
// languages; a test of package rules finds codes without one.
func Why(code string, values ...any) string {
	for _, v := range values {
		code += ":" + fmt.Sprint(v)
	}
	return code
}

// forms are what the form of a kind proves.
var forms = [kinds]string{
	creditCode: "organisation", iban: "iban", hkID: "hong-kong", cnPassport: "passport", hkMacauPass: "macau-pass", taiwanPass: "taiwan-pass",
	passportMRZ: "zone", permanentResidence: "foreigner", residencePermit: "permit", mobile: "mobile", landline: "landline", email: "email",
}

// favourable and adverse are what speaks for and against a match without a value.
var (
	favourable = []flagReason{
		{withCountry, "country"}, {withSeparators, "groups"}, {localNumber, "local"}, {familyName, "family-name"},
		{latinLetters, "capitals"}, {addressLevels, "address"},
	}
	adverse = []flagReason{
		{manyNumbers, "but-numbers"}, {unknownKey, "but-key"}, {loneInRow, "but-alone"}, {inURL, "but-url"}, {unitBehind, "but-unit"},
		{placeholder, "but-example"}, {roleAccount, "but-role"}, {makerLabel, "but-maker"},
	}
)

type flagReason struct {
	when flags
	code string
}
