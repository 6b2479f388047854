package custom

import (
	"regexp"
	"strings"
)

// provinces are the first characters of number plates (GA 36-2018, annex A).
const provinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

// Serials of GA 36-2018, 5.2: digits and letters without I and O. New energy
// plates have six characters: of small cars the first, of large ones the last
// tells the drive (D, A, B, C, E electric; F, G, H, J, K not only). Of rescue
// vehicles (since 2019) the letter behind the province is X or S. The armed
// police write WJ, the province and five more characters (2012 form).
var plateForm = regexp.MustCompile(`(?:[` + provinces + `][A-HJ-NP-Z][ ·•・.-]?` +
	`(?:[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJK]|[A-HJ-NP-Z0-9]{5}|[A-HJ-NP-Z0-9]{4}[学警挂领港澳试超])` +
	`|[` + provinces + `][XS][ ·•・.-]?\d{4}应急|WJ[` + provinces + `][ ·•・.-]?\d{4}[\dA-Z]|使 ?\d{6}|\d{6}使)`)

// plates finds number plates of the mainland. Those of the army (two letters,
// five digits; 2012 form) look like many codes: a label has to stand right
// before them.
func plates() []Detector {
	var anchors []string
	for _, p := range provinces {
		for letter := 'A'; letter <= 'H'; letter++ {
			anchors = append(anchors, string(p)+string(letter))
		}
	}
	rest := Detector{Class: Plate, Near: plateLabels, accept: plate, find: matches(plateForm), Anchors: []string{"使"}}
	for _, p := range provinces {
		rest.Anchors = append(rest.Anchors, "WJ"+string(p))
		for letter := 'J'; letter <= 'R'; letter++ {
			if letter != 'O' {
				rest.Anchors = append(rest.Anchors, string(p)+string(letter))
			}
		}
	}
	last := rest
	last.Anchors = nil
	for _, p := range provinces {
		for letter := 'S'; letter <= 'Z'; letter++ {
			last.Anchors = append(last.Anchors, string(p)+string(letter))
		}
	}
	army := Detector{Class: Plate, Near: armyLabels, Alone: -1, labelled: true, find: matches(regexp.MustCompile(`[A-HJ-NP-Z]{2}\d{5}`)), Anchors: pairs("ABCDEFGHJKLMNPQRSTUVWXYZ", digitsAll),
		accept: func(before, _, after []byte) bool { return apart(before, after) }}
	return []Detector{{Class: Plate, Near: plateLabels, accept: plate, find: matches(plateForm), Anchors: anchors}, rest, last, army}
}

var (
	plateLabels = []string{"车牌", "车牌号", "车牌号码", "号牌", "号牌号码", "牌照", "牌号", "车号", "车辆", "车主", "机动车", "行驶证", "停车", "违章", "license plate", "licence plate", "plate number", "plate no", "number plate", "plate", "vehicle"}
	armyLabels  = []string{"车牌", "车牌号", "车牌号码", "号牌", "号牌号码", "军车", "军牌", "军车号牌", "军车牌号"}
	notAPlate   = regexp.MustCompile(`(?i)(?:型号|编号|货号|图号|批号|合同号|文号|单号|料号|件号|版本|房号|model|part no\.?|sku|lot)[ :：=为是]{0,3}$`)
	chinaBefore = regexp.MustCompile(`(?:北|南|东|盛|燕|进|入)$`)
)

func plate(before, value, after []byte) bool {
	text := string(value)
	serial := strings.TrimLeft(text[strings.IndexAny(text, "ABCDEFGHJKLMNPQRSTUVWXYZ使0123456789"):], " ")
	if !strings.ContainsAny(serial, "0123456789") || strings.Contains(text, "使") && !hasAnySuffix(before, "车牌", "号牌", "：", ":", "", " ") {
		return false
	}
	letters := 0 // of the serial: two at most (GA 36-2018, 5.2.2), of new energy plates as well
	for _, c := range serial[min(1, len(serial)):] {
		if c >= 'A' && c <= 'Z' {
			letters++
		}
	}
	if tail := []rune(text); strings.ContainsRune("港澳", tail[len(tail)-1]) && !strings.HasPrefix(text, "粤Z") {
		return false
	}
	if strings.HasSuffix(text, "应急") && hasAnyPrefix(after, "预案", "管理", "救援", "处置", "响应", "物资") {
		return false
	}
	return letters <= 3 && !notAPlate.Match(before) && !(strings.HasPrefix(text, "京") && chinaBefore.Match(before)) &&
		!(len(after) > 1 && (after[0] == '-' || after[0] == '_') && alnum(after[1]))
}
