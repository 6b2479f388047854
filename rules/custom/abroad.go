package custom

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// americanNumbers finds numbers of the United States:
//
//   - social security numbers (SSA, POMS RM 10201.030: no area 000, 666 or 9xx,
//     no group 00, no serial 0000; randomised since 2011),
//   - individual taxpayer identification numbers (IRS, Publication 1915: 9xx, group
//     50–65, 70–88, 90–92, 94–99),
//   - employer identification numbers (IRS, valid prefixes).
func americanNumbers() []Detector {
	ssnLabels := []string{"ssn", "ssn#", "ss#", "social security", "social security number", "social security no", "soc sec", "soc. sec.", "social_security_number", "ssn_no", "社会安全号", "社会安全号码", "社安号"}
	itinLabels := []string{"itin", "individual taxpayer", "taxpayer identification", "taxpayer id", "tax id", "tin", "个人纳税识别号"}
	dashed, plain := matches(regexp.MustCompile(`\d{3}[- ]\d{2}[- ]\d{4}`)), matches(regexp.MustCompile(`\d{9}`))
	dashes, numbers := behind("-", digitsAll), pairs(digitsAll, digitsAll)
	return []Detector{
		{Class: SSN, Anchors: numbers, Alone: -1, Near: ssnLabels, find: dashed, accept: ssn},
		{Class: SSN, Anchors: numbers, Alone: -1, Near: ssnLabels, find: plain, accept: ssn, labelled: true},
		{Class: ITIN, Anchors: numbers, Alone: -1, Near: itinLabels, find: dashed, accept: itin},
		{Class: ITIN, Anchors: numbers, Alone: -1, Near: itinLabels, find: plain, accept: itin, labelled: true},
		{Class: EIN, Anchors: dashes, Alone: -1, find: matches(regexp.MustCompile(`\d{2}-\d{7}`)), accept: ein,
			Near: []string{"ein", "ein#", "fein", "employer identification", "employer id", "employer identification number", "federal tax", "federal tax id", "tax id", "tax identification", "tin", "雇主识别号"}},
	}
}

// apart tells whether a number stands by itself, and is no part of a longer one
// with hyphens.
func apart(before, after []byte) bool {
	n := len(before)
	return !(n > 1 && (before[n-1] == '-' || before[n-1] == '.' || before[n-1] == '/') && alnum(before[n-2])) &&
		!(len(after) > 1 && (after[0] == '-' || after[0] == '.' || after[0] == '/') && alnum(after[1]))
}

// onlyDigits answers the digits of a value.
func onlyDigits(value []byte) []byte {
	return slices.DeleteFunc(bytes.Clone(value), func(c byte) bool { return c < '0' || c > '9' })
}

// published are social security numbers that stand in advertising and law (SSA).
var published = []string{"078051120", "219099999", "457555462", "123456789", "111111111", "987654320"}

func ssn(before, value, after []byte) bool {
	d := string(onlyDigits(value))
	return apart(before, after) && evenly(value) && d[:3] != "000" && d[:3] != "666" && d[0] != '9' && d[3:5] != "00" && d[5:] != "0000" && !slices.Contains(published, d)
}

// evenly tells whether a number is parted by one sign alone.
func evenly(value []byte) bool {
	return bytes.IndexByte(value, '-') < 0 || bytes.IndexByte(value, ' ') < 0
}

func itin(before, value, after []byte) bool {
	d := onlyDigits(value)
	group := int(d[3]-'0')*10 + int(d[4]-'0')
	return apart(before, after) && evenly(value) && d[0] == '9' && (group >= 50 && group <= 65 || group >= 70 && group <= 88 || group >= 90 && group <= 92 || group >= 94)
}

// einPrefixes are those that campuses and the Internet assign (IRS, "How EINs
// are assigned and valid EIN prefixes").
const einPrefixes = "01 02 03 04 05 06 10 11 12 13 14 15 16 20 21 22 23 24 25 26 27 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 71 72 73 74 75 76 77 80 81 82 83 84 85 86 87 88 90 91 92 93 94 95 98 99"

func ein(before, value, after []byte) bool {
	return apart(before, after) && strings.Contains(einPrefixes, string(value[:2])) && string(value[3:]) != "0000000" && string(value) != "12-3456789"
}

// britishNumbers finds national insurance numbers (HMRC, NIM39110: neither
// letter D, F, I, Q, U or V, the second not O, no BG, GB, KN, NK, NT, TN, ZZ) and
// numbers of the National Health Service (NHS Data Dictionary: modulus 11 with
// weights 10 to 2; 999 is kept for tests and never given out).
func britishNumbers() []Detector {
	nhsLabels := []string{"nhs", "nhs number", "nhs no", "nhs no.", "nhs_number", "nhs_no", "英国医保号"}
	return []Detector{
		{Class: NINO, Anchors: pairs(digitsAll, digitsAll), Alone: -1, accept: nino,
			find: matches(regexp.MustCompile(`(?i)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]`)),
			Near: []string{"national insurance", "national insurance number", "national insurance no", "ni number", "ni no", "ni no.", "nino", "n.i.", "nin", "ni_number", "insurance no", "insurance number", "英国国民保险号", "国民保险号"}},
		{Class: NHS, Anchors: pairs(digitsAll, digitsAll), Alone: -1, Near: nhsLabels, accept: nhs, find: matches(regexp.MustCompile(`\d{3}[ -]\d{3}[ -]\d{4}`))},
		{Class: NHS, Anchors: pairs(digitsAll, digitsAll), Alone: -1, Near: nhsLabels, accept: nhs, find: matches(regexp.MustCompile(`\d{10}`)), labelled: true},
	}
}

func nino(before, value, after []byte) bool {
	prefix := strings.ToUpper(string(value[:2]))
	return apart(before, after) && !slices.Contains([]string{"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}, prefix)
}

func nhs(before, value, after []byte) bool {
	if !apart(before, after) || !evenly(value) {
		return false
	}
	d, sum := onlyDigits(value), 0
	for i, c := range d[:9] {
		sum += int(c-'0') * (10 - i)
	}
	check := 11 - sum%11
	return check != 10 && check%11 == int(d[9]-'0') && bytes.Count(d, d[:1]) < 10 && !bytes.HasPrefix(d, []byte("999"))
}
