package rules

import (
	"strings"

	"github.com/trustline/trustline/message"
)

// WhyText says a reason of a finding, as detect.Why wrote it, in the first of
// the preferred languages there is. Known is false, and the text as it was,
// where this version knows no such reason: what a newer agent has sent, or one
// of before there were codes, which is English.
func WhyText(reason string, preferred ...string) (text string, known bool) {
	catalog, err := texts()
	if err != nil {
		return reason, false
	}
	p := catalog.Printer(preferred...)
	code, values, _ := strings.Cut(reason, ":")
	if !p.Has("why." + code) {
		return reason, false
	}
	first, rest, _ := strings.Cut(values, ":")
	if !strings.Contains(p.Text("why."+code, message.Args{"A": "", "B": "\x00"}), "\x00") {
		first, rest = values, "" // it has one value, which may hold a colon
	}
	return p.Text("why."+code, message.Args{"A": first, "B": rest}), true
}

// WhyTexts says all reasons of a finding in one line.
func WhyTexts(reasons []string, preferred ...string) string {
	said := make([]string, len(reasons))
	for i, r := range reasons {
		said[i], _ = WhyText(r, preferred...)
	}
	separator := "; "
	if message.Match(preferred...) == "zh" {
		separator = "；"
	}
	return strings.Join(said, separator)
}
