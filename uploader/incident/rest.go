package incident

// Overdue is a class of the policy whose files are kept for so long and no
// longer.
type Overdue struct {
	Class string `json:"class"`          // id of the policy's class
	Days  int    `json:"days"`           // that it may be kept
	Age   int    `json:"age"`            // days, of this file
	Since string `json:"since"`          // changed, created
	Title Title  `json:"title,omitzero"` // of the policy's class
}

// Excess is a column that a list should not have beside what it is for.
type Excess struct {
	Kind    string `json:"kind"`              // class of data
	Heading string `json:"heading,omitempty"` // masked
	Column  string `json:"column"`            // "C"
	Place   string `json:"place,omitempty"`   // the sheet or member it stands in, masked
	Values  int    `json:"values"`            // of this kind in it, of those looked at
}

// Title is a text by language.
type Title map[string]string

// housekeeping answers the texts of what files at rest are told of.
func (c *Content) housekeeping() (t []text) {
	for _, o := range c.Overdue {
		t = append(t, text{"content.overdue.class", o.Class}, text{"content.overdue.since", o.Since})
		for lang, title := range o.Title {
			t = append(t, text{"content.overdue.title", lang}, text{"content.overdue.title", title})
		}
	}
	for _, e := range c.Excess {
		t = append(t, text{"content.excess.kind", e.Kind}, text{"content.excess.heading", e.Heading},
			text{"content.excess.column", e.Column}, text{"content.excess.place", e.Place})
	}
	return t
}
