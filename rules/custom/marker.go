package custom

import (
	_ "embed"
	"regexp"
)

//go:embed terms/markers.zh.txt
var markersZH string

// result is what a laboratory says of something it measured.
var result = regexp.MustCompile(`^(?: ?\([^()]{1,20}\))?(?:定量|定性|检测|测定|检查|初筛|筛查|试验|复查)?(?:结果)?["' ]{0,2}(?:[\t:=,|;]|为|是|呈|示|:)?["'\t ]{0,3}` +
	`(?:(?:弱|强|可疑)?阳性?|阴性?|\(?[+\-±]{1,4}\)?|[<>≤≥]?=? ?\d{1,6}(?:\.\d+)?|未检出|检出|(?:无|有)?反应性|偏[高低]|升高|降低|[↑↓])` +
	`(?:["'\t ,;|。、)(↑↓]|\r|$|，|；)`)

// markerWithResult tells a marker with its result from one that is spoken of.
func markerWithResult(before, value, after []byte) bool {
	return result.Match(after) && !hasAnyPrefix(after, "者", "的") && notInGeneral(before, value, after)
}
