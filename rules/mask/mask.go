// Package mask makes customer data harmless for reports, excerpts and file
// names, following the norm: 138****1234, 张*, 110101********002X. It finds
// with package detect and rewrites text; it never opens files.
package mask

import (
	"slices"
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

// Value masks one value of a class.
func Value(c detect.Class, value string) string { return detect.Mask(c, value) }

// Text masks every finding in a short text such as a file name. The text may
// hold at most 64 KiB; what goes beyond is cut off.
func Text(p *detect.Pack, text string) string {
	const most = 64 << 10
	text = text[:min(len(text), most)]
	s := detect.NewScanner(p, detect.Limits{Findings: most})
	s.Write([]byte(text))
	found := s.Close().Findings
	slices.SortFunc(found, func(a, b detect.Finding) int { return int(a.Offset - b.Offset) })
	var b strings.Builder
	at := 0
	for _, f := range found {
		if start := int(f.Offset); start >= at {
			b.WriteString(text[at:start])
			b.WriteString(Value(f.Class, text[start:start+f.Length]))
			at = start + f.Length
		}
	}
	b.WriteString(text[at:])
	return b.String()
}
