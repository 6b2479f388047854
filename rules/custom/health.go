package custom

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	//go:embed terms/diseases.zh.txt
	diseasesZH string
	//go:embed terms/diseases.en.txt
	diseasesEN string
	//go:embed terms/medicines.zh.txt
	medicinesZH string
	//go:embed terms/medicines.en.txt
	medicinesEN string
	//go:embed terms/departments.zh.txt
	departmentsZH string
	//go:embed terms/departments.en.txt
	departmentsEN string
)

// health finds diseases, medicines, departments, results of laboratories and codes of diagnoses, where
// somebody's record is near: by name, and by the endings names are made with.
func health() []Detector {
	var words []string
	for _, list := range []string{diseasesZH, medicinesZH, departmentsZH} {
		words = append(words, terms(list, " ")...)
	}
	for _, list := range []string{diseasesEN, medicinesEN, departmentsEN} {
		words = append(words, terms(list, ",")...)
	}
	return []Detector{
		inRecords(Detector{Pattern: labelledDiagnosis, Anchors: []string{"诊断", "印象", "疾病名称"}, accept: diagnosis}),
		inRecords(Detector{find: endingIn(8), Anchors: strings.Split(endingsZH, "|"), accept: disease}),
		inRecords(Detector{Pattern: medicineZH, Anchors: strings.Split(stemsZH, "|"), accept: notInGeneral}),
		inRecords(Detector{Pattern: formedZH, Anchors: append(strings.Split(formsZH, "|"), "片"), accept: formed}),
		inRecords(Detector{Pattern: doseZH, Anchors: []string{"片", "粒", "支", "袋", "丸", "滴", "单位", "mg", "ml", "μg", "ug", "iu"}, accept: dosed}),
		inRecords(Detector{Pattern: `(?i)` + modifiers + `(?:[a-z'-]{4,16} )?[a-z]{2,18}(?:` + suffixesEN + `)`, Anchors: strings.Split(suffixesEN, "|"), accept: diseaseEN}),
		inRecords(Detector{Pattern: `(?i)[a-z'-]{4,20} (?:[a-z'-]{3,20} )?(?:` + headsEN + `)`, Anchors: strings.Split(headsEN, "|"), accept: diseaseEN}),
		inRecords(Detector{Pattern: `(?i)[a-z]{2,18}(?:` + stemsEN + `)|insulin [a-z]{5,10}`, Anchors: append(strings.Split(stemsEN, "|"), "insulin"), accept: notInGeneral}),
		inRecords(Detector{Pattern: `(?i)([a-z]{5,24}) \d+(?:\.\d+)? ?(?:mg|mcg|units)`, Anchors: []string{"mg", "mcg", "units"}, accept: dosed}),
		inRecords(Detector{Words: words, accept: notInGeneral}),
		inRecords(Detector{Words: terms(markersZH, " "), accept: markerWithResult}),
		diagnosisCodes(),
	}
}

func inRecords(d Detector) Detector {
	d.Class, d.Near, d.Alone, d.meant, d.byRow = Health, append(recordWords(), weakRecordWords()...), -1, ofRecord, true
	return d
}

// endingIn answers the stretches of a line that end with an anchor, with so many
// characters of a name before: of those that overlap the last, which is the
// longest name.
func endingIn(most int) func(line []byte, anchors []span) []span {
	return func(line []byte, anchors []span) (found []span) {
		before := len(line) + 1
		for _, a := range slices.Backward(anchors) {
			if a.end > before {
				continue
			}
			start := a.start
			for range most {
				r, size := utf8.DecodeLastRune(line[:start])
				if r < 0x80 || betweenNames[r] {
					break
				}
				start -= size
			}
			if start > 0 && bytes.HasPrefix(line[start:], []byte("型")) && line[start-1] >= '1' && line[start-1] <= '4' {
				start-- // 2型糖尿病
			}
			found, before = append(found, span{start, a.end}), start
		}
		return found
	}
}

// terms reads a list of names, parted by a sign; lines with # are comments.
func terms(list, sign string) (words []string) {
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for w := range strings.SplitSeq(line, sign) {
			if w = strings.TrimSpace(w); w != "" {
				words = append(words, w)
			}
		}
	}
	return words
}

// diagnosisCodes finds codes of ICD-10 (WHO, volume 1: a letter, two digits, a
// point; GB/T 14396-2016 with its extensions I10.x00; ICD-10-CM with C7A.0 and
// S72.001A), where a code of a diagnosis is spoken of. V is left to versions.
func diagnosisCodes() Detector {
	return Detector{Class: Health, byRow: true, Pattern: `[A-UW-Z](?:\d{2}|\d[AB])\.[0-9x][0-9X]{0,3}[A-Z]?(?:x\d{2,3})?`,
		Anchors: []string{".0", ".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".9", ".x"},
		Near:    []string{"ICD", "ICD-10", "ICD10", "诊断", "疾病编码", "疾病代码", "diagnosis", "diagnoses", "diagnosis code", "dx:", "出院诊断", "入院诊断", "主要诊断", "门诊诊断", "临床诊断"}, Alone: -1, meant: ofDiagnosis,
		accept: func(_, value, after []byte) bool { // T36.8℃ is a temperature
			after = bytes.TrimLeft(after, " ")
			return !(value[0] == 'T' && (hasAnyPrefix(after, "℃", "°", "P", "度", "C") || len(value) == 5 && value[1] >= '3' && value[1] <= '4' && !hasAnyPrefix(after, "\t", ",", "|", ")", ";")))
		}}
}

func hasAnyPrefix(text []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if bytes.HasPrefix(text, []byte(p)) {
			return true
		}
	}
	return false
}

func hasAnySuffix(text []byte, suffixes ...string) bool {
	for _, s := range suffixes {
		if bytes.HasSuffix(text, []byte(s)) {
			return true
		}
	}
	return false
}
