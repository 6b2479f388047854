package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/eval/corpus"
)

// counts is what became of the values of one class in documents of one grade.
// Whole numbers, so that a change of one is seen.
type counts struct{ hit, missed, false int }

func (c counts) precision() float64 { return ratio(c.hit, c.hit+c.false) }
func (c counts) recall() float64    { return ratio(c.hit, c.hit+c.missed) }

func (c counts) f1() float64 {
	p, r := c.precision(), c.recall()
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// customerList is the row for whole documents: lists of 20 people or more.
const (
	customerList = "customer-list"
	listOf       = 20
)

// scores holds counts by class, or customerList, and grade.
type scores map[string]map[corpus.Grade]counts

func (s scores) add(class string, g corpus.Grade, c counts) {
	if s[class] == nil {
		s[class] = map[corpus.Grade]counts{}
	}
	was := s[class][g]
	s[class][g] = counts{was.hit + c.hit, was.missed + c.missed, was.false + c.false}
}

func (s scores) classes() []string {
	var list []string
	for c := range s {
		list = append(list, c)
	}
	slices.Sort(list)
	return list
}

func (s scores) total(class string) counts {
	var sum counts
	for _, c := range s[class] {
		sum = counts{sum.hit + c.hit, sum.missed + c.missed, sum.false + c.false}
	}
	return sum
}

// score looks at documents and compares what is found with the truth. Where
// detail is not nil every miss and every false find is written to it: the
// people are generated.
func score(docs []corpus.Document, detail io.Writer) (scores, error) {
	all := scores{}
	scanner, err := newScanner()
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		scanner.reset()
		io.WriteString(scanner, d.Text)
		found := scanner.close()
		found.Findings = slices.DeleteFunc(found.Findings, func(f detect.Finding) bool { return !about(d, f.Class) })
		compare(all, d, found, detail)
	}
	return all, nil
}

// about tells whether the truth about a document says where a class stands.
func about(d corpus.Document, class detect.Class) bool {
	if len(d.About) > 0 {
		return slices.Contains(d.About, class)
	}
	return !slices.Contains(custom.BuiltInClasses(), class)
}

// scanner looks for the classes of people's records and, beside them, for all
// built-in ones that are looked for only where a policy counts them.
type scanner struct {
	records *detect.Scanner
	counted *custom.Matcher
	places  *[]detect.Finding // all that the matcher found, which keeps but the best
}

func newScanner() (scanner, error) {
	set, err := custom.Compile(custom.BuiltIn())
	if err != nil {
		return scanner{}, err
	}
	s := scanner{detect.NewScanner(detect.NewPack(detect.Key{}), detect.Limits{Findings: 1 << 20}), set.NewMatcher(), new([]detect.Finding)}
	s.counted.Located(func(at custom.Place) {
		*s.places = append(*s.places, detect.Finding{Class: at.Class, Offset: at.Offset, Length: at.Length})
	})
	return s, nil
}

func (s scanner) reset() {
	s.records.Reset()
	s.counted.Reset()
	*s.places = (*s.places)[:0]
}

func (s scanner) Write(p []byte) (int, error) {
	s.counted.Write(p)
	return s.records.Write(p)
}

func (s scanner) close() detect.Summary {
	found, counted := s.records.Close(), s.counted.Close()
	found.Classes = append(slices.Clone(found.Classes), counted.Classes...)
	found.Findings = append(slices.Clone(found.Findings), *s.places...)
	return found
}

func compare(all scores, d corpus.Document, found detect.Summary, detail io.Writer) {
	used := make([]bool, len(found.Findings))
	for _, t := range d.Truth {
		hit := false
		for i, f := range found.Findings {
			if f.Class == t.Class && covers(t, f) {
				used[i], hit = true, true
			}
		}
		if hit {
			all.add(string(t.Class), d.Grade, counts{hit: 1})
			continue
		}
		all.add(string(t.Class), d.Grade, counts{missed: 1})
		explain(detail, "missed", d, string(t.Class), t.Start, t.End)
	}
	for i, f := range found.Findings {
		if !used[i] {
			all.add(string(f.Class), d.Grade, counts{false: 1})
			explain(detail, "false", d, string(f.Class), int(f.Offset), int(f.Offset)+f.Length)
		}
	}
	if len(d.About) > 0 {
		return // of its people nothing is told
	}
	switch is := found.People >= listOf; {
	case d.List && is:
		all.add(customerList, d.Grade, counts{hit: 1})
	case d.List:
		all.add(customerList, d.Grade, counts{missed: 1})
		explain(detail, fmt.Sprintf("missed (%d of %d people)", found.People, d.People), d, customerList, 0, min(len(d.Text), 200))
	case is:
		all.add(customerList, d.Grade, counts{false: 1})
		explain(detail, fmt.Sprintf("false (%d people)", found.People), d, customerList, 0, min(len(d.Text), 200))
	}
}

// covers tells whether a finding is the value: it covers at least two thirds of
// it and is not twice as long.
func covers(t corpus.Truth, f detect.Finding) bool {
	start, end := max(t.Start, int(f.Offset)), min(t.End, int(f.Offset)+f.Length)
	return 3*(end-start) >= 2*(t.End-t.Start) && f.Length <= 2*(t.End-t.Start)
}

func explain(w io.Writer, what string, d corpus.Document, class string, start, end int) {
	if w == nil {
		return
	}
	from, to := max(0, start-40), min(len(d.Text), end+40)
	fmt.Fprintf(w, "%s %s in %s (%s): %q [%s] %q\n", what, class, d.Kind, d.Grade, d.Text[from:start], d.Text[start:end], d.Text[end:to])
}
