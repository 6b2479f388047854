package rules

import "github.com/trustline/trustline/rules/detect"

// ClassName answers what people call a class of data, in the first of the
// preferred languages there is ("zh", "en"); an unknown class is called by its
// id.
func ClassName(class detect.Class, preferred ...string) string {
	return named("class.", string(class), preferred)
}

// ReasonText says in words why content could not be read.
func ReasonText(reason Reason, preferred ...string) string {
	return named("unreadable.", string(reason), preferred)
}

func named(prefix, id string, preferred []string) string {
	catalog, err := texts()
	if err != nil {
		return id
	}
	p := catalog.Printer(preferred...)
	if !p.Has(prefix + id) {
		return id
	}
	return p.Text(prefix + id)
}
