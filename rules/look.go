package rules

import (
	"math"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
)

// look is all that looks at one text for one scan.
type look struct {
	*detect.Scanner
	known  *knownMatcher   // nil without lists
	custom *custom.Matcher // nil where the policy describes nothing itself
	bond   *bond           // nil where the two have nothing to make records of
	cells  []detect.Cell
	given  int64 // bytes of text
}

// beside answers a look at text that stands elsewhere, such as decoded text.
// Both count together, each person once.
func (l *look) beside() *look {
	b := &look{Scanner: l.Scanner.Beside(), known: l.known.beside()}
	if l.custom != nil {
		b.custom = l.custom.Beside()
	}
	b.bond = newBond(b.Scanner, b.custom)
	return b
}

func (l *look) reset() {
	l.Scanner.Reset()
	l.known.reset()
	if l.custom != nil {
		l.custom.Reset()
	}
	l.bond.reset()
	l.given = 0
}

func (l *look) begin(location string) {
	if l.custom != nil {
		l.custom.Begin(location)
	}
	l.Scanner.Begin(location)
	l.known.begin()
	l.bond.join(math.MaxInt)
}

func (l *look) write(text []byte) {
	if l.custom != nil {
		l.custom.Write(text)
	}
	if l.bond != nil { // what one finds the other looks at for who it is
		l.Await(l.custom.LookedTo())
	}
	_, _ = l.Scanner.Write(text) // never fails
	l.known.write(text)
	l.given += int64(len(text))
	if l.bond.full() {
		l.bond.join(min(l.Looked(), l.custom.Looked()) - bondSlack)
	}
}

func (l *look) row(number int, cells []extract.Cell) {
	l.cells = l.cells[:0]
	for _, c := range cells {
		l.cells = append(l.cells, detect.Cell{Column: c.Column, Text: c.Text})
	}
	unboxed := l.Unboxed(l.cells)
	if l.custom != nil {
		l.custom.Row(number, unboxed)
	}
	l.Scanner.Row(number, unboxed)
	l.known.row(unboxed)
	if l.bond.full() {
		l.bond.join(number - bondSlack)
	}
}

// clean answers how many bytes from the start hold no candidate.
func (l *look) clean() int64 {
	clean := l.known.clean(l.Scanner.Clean())
	if l.custom != nil {
		clean = min(clean, l.custom.Clean())
	}
	return clean
}

// close sums up: all that was counted, and the findings kept here.
func (l *look) close() (detect.Summary, Known) {
	var found custom.Found
	if l.custom != nil {
		found = l.custom.Close()
	}
	summary, known := l.Scanner.Close(), l.known.close()
	if l.custom != nil {
		if l.bond != nil {
			l.bond.join(math.MaxInt)
			summary = l.Scanner.Summary()
		}
		summary.Classes = mergeClasses(summary.Classes, found.Classes)
		summary.Findings = append(summary.Findings, found.Findings...)
		if found.Incomplete {
			summary.Incomplete = "distinct values"
		}
	}
	return summary, known
}
