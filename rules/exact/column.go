package exact

import (
	"fmt"
	"slices"
)

// Kind is what a column holds; it says how cells are normalised and how they
// are looked for in text.
type Kind string

// The kinds.
const (
	Name    Kind = "name"
	Mobile  Kind = "mobile"
	ID      Kind = "id"   // resident ID, passport: letters and digits
	Card    Kind = "card" // account numbers as well
	Email   Kind = "email"
	Address Kind = "address"
	Other   Kind = "other" // customer number, company, user name
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Name, Mobile, ID, Card, Email, Address, Other} }

// identifies tells whether one cell of this kind stands for one person.
func (k Kind) identifies() bool {
	return k == Mobile || k == ID || k == Card || k == Email
}

// Codes stand for kinds in hashes; they must never change.
const (
	nameCode byte = iota
	mobileCode
	idCode
	cardCode
	emailCode
	addressCode
	otherCode
)

func (k Kind) code() byte { return byte(slices.Index(Kinds(), k)) }

// Column is a column of the customer table that goes into the list.
type Column struct {
	Name string `json:"name"` // of the column, not of anybody in it
	Kind Kind   `json:"kind"`
	// Primary columns are what people are found by: a pair is stored of each
	// primary cell with every other cell of its row.
	Primary bool `json:"primary"`
}

const maxColumns = 20

// checkColumns makes the identifying columns primary when none is.
func checkColumns(columns []Column) ([]Column, error) {
	columns = slices.Clone(columns)
	if len(columns) < 2 || len(columns) > maxColumns {
		return nil, fmt.Errorf("a list takes 2 to %d columns, not %d", maxColumns, len(columns))
	}
	primary := false
	for _, c := range columns {
		if !slices.Contains(Kinds(), c.Kind) {
			return nil, fmt.Errorf("%q is not a kind of column; kinds are %v", c.Kind, Kinds())
		}
		if c.Primary && (c.Kind == Name || c.Kind == Address) {
			return nil, fmt.Errorf("a column of the kind %s does not identify a person: make another one primary", c.Kind)
		}
		primary = primary || c.Primary
	}
	for i, c := range columns {
		if !primary && c.Kind.identifies() {
			columns[i].Primary = true
		}
	}
	if !primary && !slices.ContainsFunc(columns, func(c Column) bool { return c.Primary }) {
		return nil, fmt.Errorf("no column identifies a person: take one of the kind mobile, id, card or email in, or name the primary one")
	}
	return columns, nil
}
