package rules

import (
	"encoding/json"
	"slices"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
)

// Masking answers a policy, at most so many bytes long, that a masked copy is
// made with: it counts the built-in kinds of data that this one counts and, of
// those it describes itself, the ones found. It holds nothing else of this
// policy, for whoever makes a copy may read it. Nil: no copy needs one.
func (p *Policy) Masking(found []string, most int) []byte {
	type detectorOf struct {
		ID       string    `json:"id"`
		Name     Localized `json:"name,omitempty"`
		Words    []string  `json:"words,omitempty"`
		Pattern  string    `json:"pattern,omitempty"`
		Anchor   []string  `json:"anchor,omitempty"`
		Validate string    `json:"validate,omitempty"`
		Near     []string  `json:"near,omitempty"`
	}
	type count struct {
		Class   detect.Class `json:"class"`
		AtLeast int          `json:"at-least"`
	}
	var own []detectorOf
	var counts []map[string]count
	for _, d := range p.described {
		if slices.Contains(found, string(d.Class)) {
			own = append(own, detectorOf{string(d.Class), p.DataName(d.Class), d.Words, d.Pattern, d.Anchors, d.Validate, d.Near})
			counts = append(counts, map[string]count{"count": {d.Class, 1}})
		}
	}
	for _, class := range custom.BuiltInClasses() {
		if slices.Contains(p.counted, class) {
			counts = append(counts, map[string]count{"count": {class, 1}})
		}
	}
	if len(counts) == 0 {
		return nil
	}
	policy := map[string]any{
		"version": "masking", "detectors": own,
		"classes": []any{map[string]any{"id": "masked", "any": counts}},
		"rules":   []any{map[string]any{"id": "masked", "when": map[string]any{"class": "masked"}, "action": Report}},
	}
	if len(own) == 0 {
		delete(policy, "detectors")
	}
	text, err := json.Marshal(policy) // JSON is YAML
	if err != nil || len(text) > most {
		return nil
	}
	return text
}
