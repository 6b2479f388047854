package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

// masked writes the masked form of every finding in its place.
func masked(text string, findings []detect.Finding) string {
	if len(findings) == 0 {
		return text
	}
	slices.SortFunc(findings, func(a, b detect.Finding) int { return cmp.Compare(a.Offset, b.Offset) })
	var b strings.Builder
	at := 0
	for _, f := range findings {
		start, end := int(f.Offset), int(f.Offset)+f.Length
		if start < at || end > len(text) {
			continue
		}
		b.WriteString(text[at:start])
		b.WriteString(f.Masked)
		at = end
	}
	b.WriteString(text[at:])
	return b.String()
}
