package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/trustline/trustline/rules/eval/corpus"
)

// The corpus of the committed baseline.
const (
	baselineSeed      = 20261123
	baselineDocuments = 400 // of each grade
	baselineFile      = "testdata/baseline.txt"
)

// format writes scores as the baseline file holds them: class, grade, hit,
// missed, false.
func format(s scores) string {
	var b strings.Builder
	b.WriteString("# class grade hit missed false\n")
	for _, class := range s.classes() {
		for g := corpus.Plain; g <= corpus.Hard; g++ {
			c := s[class][g]
			fmt.Fprintf(&b, "%s %s %d %d %d\n", class, g, c.hit, c.missed, c.false)
		}
	}
	return b.String()
}

// readBaseline reads what format wrote.
func readBaseline(path string) (scores, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read baseline: %w", err)
	}
	grades := map[string]corpus.Grade{}
	for g := corpus.Plain; g <= corpus.Hard; g++ {
		grades[g.String()] = g
	}
	s := scores{}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var class, grade string
		var c counts
		if _, err := fmt.Sscanf(line, "%s %s %d %d %d", &class, &grade, &c.hit, &c.missed, &c.false); err != nil || grades[grade] == 0 {
			return nil, fmt.Errorf("%s line %d: want class, grade and three counts", path, i+1)
		}
		s.add(class, grades[grade], c)
	}
	return s, nil
}

// worse lists every count that is worse than it was.
func worse(was, is scores) []string {
	var list []string
	for _, class := range was.classes() {
		for g := corpus.Plain; g <= corpus.Hard; g++ {
			a, b := was[class][g], is[class][g]
			if b.hit < a.hit || b.missed > a.missed || b.false > a.false {
				list = append(list, fmt.Sprintf("%s, %s: hit %d, missed %d, false %d; was hit %d, missed %d, false %d", class, g, b.hit, b.missed, b.false, a.hit, a.missed, a.false))
			}
		}
	}
	for _, class := range is.classes() {
		if was[class] == nil {
			list = append(list, class+" is not in the baseline")
		}
	}
	return list
}
