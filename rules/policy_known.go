package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/trustline/trustline/rules/exact"
	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/rules/similar"
	"github.com/trustline/trustline/rules/strictyaml"
)

const (
	usualFields = 2 // of one person, where a policy says nothing
	mostFields  = 12
)

// exactCondition wants people of a list.
type exactCondition struct {
	list    string
	atLeast int
	fields  int
	except  []string
}

func (exactCondition) field() string              { return "exact" }
func (exactCondition) from(*question) (int, bool) { return 0, false }
func (c exactCondition) holds(q *question) bool   { return c.people(q) >= c.atLeast }
func (c exactCondition) found(q *question) string { return strconv.Itoa(c.people(q)) }
func (c exactCondition) wanted() string {
	return fmt.Sprintf("%s of %s, %d fields each", atLeast(c.atLeast), c.list, c.fields) + without(c.except)
}

func (c exactCondition) people(q *question) int {
	for _, m := range q.Known.Lists {
		if m.List == c.list {
			return m.People(c.fields, c.except)
		}
	}
	return 0
}

// similarCondition wants a part of a document of a set.
type similarCondition struct {
	set     string
	atLeast float64
}

func (similarCondition) field() string              { return "similar" }
func (similarCondition) from(*question) (int, bool) { return 0, false }
func (c similarCondition) holds(q *question) bool   { return c.share(q) >= c.atLeast }
func (c similarCondition) found(q *question) string { return fmt.Sprintf("%.2g", c.share(q)) }
func (c similarCondition) wanted() string {
	return fmt.Sprintf("≥ %.2g of a document of %s", c.atLeast, c.set)
}

func (c similarCondition) share(q *question) (most float64) {
	for _, m := range q.Known.Documents {
		if m.Set == c.set {
			most = max(most, m.Share)
		}
	}
	return most
}

func without(lists []string) string {
	if len(lists) == 0 {
		return ""
	}
	return ", without " + strings.Join(lists, ", ")
}

func (c *compiler) exact(s *exactSpec) condition {
	cond := exactCondition{list: c.listName(s.List, s.Place, "list", exact.FileKind), fields: usualFields}
	cond.atLeast = c.required(s.AtLeast, s.Place, "at-least")
	if s.Fields.Given() {
		n, err := strconv.Atoi(s.Fields.Text)
		if err != nil || n < 1 || n > mostFields {
			c.report(s.Fields.Place, "policy.fields", "Most", mostFields)
		}
		cond.fields = n
	}
	cond.except = c.listNames(s.Except)
	if cond.list != "" && slices.Contains(cond.except, cond.list) {
		c.report(s.Except[0].Place, "policy.list-twice")
	}
	return cond
}

func (c *compiler) similar(s *similarSpec) condition {
	c.require(s.AtLeast, s.Place, "at-least")
	return similarCondition{set: c.listName(s.Set, s.Place, "set", similar.FileKind), atLeast: c.fraction(s.AtLeast)}
}

func (c *compiler) listName(s scalar, parent place, field, kind string) string {
	c.require(s, parent, field)
	if s.Text == "" {
		return ""
	}
	if !listfile.ValidName(s.Text) {
		c.report(s.Place, "policy.list-name")
		return ""
	}
	c.lists = append(c.lists, listUse{kind: kind, name: s.Text, doc: c.doc, at: s.Place})
	return s.Text
}

func (c *compiler) listNames(specs []scalar) (names []string) {
	for _, s := range c.list(specs) {
		if name := c.listName(s, s.Place, "", exact.FileKind); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// listUse is a place in a policy that names a list.
type listUse struct {
	kind, name string
	doc        *strictyaml.Document
	at         place
}

// MissingLists answers the places where the policy names lists that are not
// there: their conditions never hold.
func (p *Policy) MissingLists(l *Lists) strictyaml.Problems {
	var missing strictyaml.Problems
	for _, use := range p.lists {
		id, names := "policy.no-list", l.names(use.kind)
		if use.kind == similar.FileKind {
			id = "policy.no-set"
		}
		if slices.Contains(names, use.name) {
			continue
		}
		pairs := []any{"Name", use.name}
		if near := strictyaml.Nearest(use.name, names); near != "" {
			id, pairs = id+"-near", append(pairs, "Near", near)
		}
		missing = append(missing, use.doc.Problem(use.at, say(id, pairs...)))
	}
	return missing
}

func given(fields ...bool) (n int) {
	for _, f := range fields {
		if f {
			n++
		}
	}
	return n
}
