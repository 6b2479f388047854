// Package strictyaml reads a YAML file that people write by hand into a struct
// and finds everything that is wrong with it at once, each problem with line,
// field and remedy, in the reader's language. It refuses what makes YAML
// surprising: unknown and repeated fields, anchors, aliases, merge keys, tags,
// several documents. It never quotes what could be customer data: a file
// handed over by mistake does not end up in a log.
package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Bounds on a document.
const (
	MaxBytes    = 4 << 20
	maxNodes    = 100_000
	maxProblems = 100
)

// Place is where something stands in a document.
type Place struct {
	Line  int    // 1-based, 0 when it stands nowhere
	Field string // "rules[2].action"
}

// In answers the place of a field that is missing: its parent's line.
func (p Place) In(field string) Place {
	if p.Field != "" {
		field = p.Field + "." + field
	}
	return Place{p.Line, field}
}

// Scalar is one written value. Its text is what was written, without quotes.
type Scalar struct {
	Text  string
	Place Place
}

// Given tells whether the field was there at all.
func (s Scalar) Given() bool { return s.Place.Line > 0 }

// ScalarReader is implemented by structs that may also be written as a single
// value.
type ScalarReader interface{ ReadScalar(Scalar) }

// Document is a file being read, with what was found wrong so far.
type Document struct {
	name     string
	problems Problems
	fields   map[reflect.Type]map[string][]int // of structs met so far: where what a tag names is
}

// Decode reads data, which came from a file called name, into the struct that
// into points to. Fields are named by their yaml tags; every struct has a field
// Place, which is set when the struct was written as one should be; a list of
// scalars may be written as one. What could be read is
// there even when there were problems.
func Decode(name string, data []byte, into any) *Document {
	d := &Document{name: name, fields: map[reflect.Type]map[string][]int{}}
	if len(data) > MaxBytes {
		d.Report(Place{Line: 1}, d.say("too-large", "Bytes", MaxBytes))
		return d
	}
	root, ok := d.load(data)
	if !ok || !d.plain(root) {
		return d
	}
	d.bind(root, "", into)
	return d
}

// Err answers all problems, in the order of their lines, as Problems; nil when
// there are none.
func (d *Document) Err() error {
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b Problem) int { return a.Line - b.Line })
	return d.problems
}

// Report adds a problem. After a hundred they are no longer kept.
func (d *Document) Report(at Place, say Say) {
	switch {
	case len(d.problems) < maxProblems:
		d.problems = append(d.problems, d.Problem(at, say))
	case len(d.problems) == maxProblems:
		d.problems = append(d.problems, d.Problem(Place{Line: at.Line}, d.say("too-many")))
	}
}

// Problem answers something to say about a place of this document without
// counting it against the document: a warning.
func (d *Document) Problem(at Place, say Say) Problem {
	return Problem{File: d.name, Line: max(at.Line, 1), Field: at.Field, say: say}
}

// load parses exactly one document.
func (d *Document) load(data []byte) (*yaml.Node, bool) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		d.Report(Place{Line: 1}, d.say("syntax", "Reason", "unreadable"))
		return nil, false
	}
	var root, more yaml.Node
	if err := loader.Load(&root); err != nil || len(root.Content) == 0 {
		d.syntax(err)
		return nil, false
	}
	switch err := loader.Load(&more); {
	case err == nil:
		d.Report(Place{Line: max(more.Line, 1)}, d.say("several-documents"))
	case !errors.Is(err, io.EOF):
		d.syntax(err)
	}
	return root.Content[0], true
}

func (d *Document) syntax(err error) {
	if err == nil || errors.Is(err, io.EOF) {
		d.Report(Place{Line: 1}, d.say("empty-document"))
		return
	}
	var one *yaml.LoadError
	var many *yaml.LoadErrors
	switch {
	case errors.As(err, &many):
		for _, e := range many.Errors {
			d.Report(Place{Line: e.Mark.Line}, d.say("syntax", "Reason", unquoted(e.Message)))
		}
	case errors.As(err, &one):
		d.Report(Place{Line: one.Mark.Line}, d.say("syntax", "Reason", unquoted(one.Message)))
	default:
		d.Report(Place{Line: 1}, d.say("syntax", "Reason", "unreadable"))
	}
}

// plain refuses what the package comment says it refuses, wherever it stands.
func (d *Document) plain(root *yaml.Node) bool {
	before := len(d.problems)
	todo := []*yaml.Node{root}
	for seen := 0; len(todo) > 0; seen++ {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		at := Place{Line: n.Line}
		switch {
		case seen > maxNodes:
			d.Report(at, d.say("too-many-values", "Most", maxNodes))
			return false
		case n.Kind == yaml.AliasNode || n.Anchor != "":
			d.Report(at, d.say("anchor"))
		case n.Style&yaml.TaggedStyle != 0:
			d.Report(at, d.say("tag"))
		}
		todo = append(todo, n.Content...)
	}
	return len(d.problems) == before
}
