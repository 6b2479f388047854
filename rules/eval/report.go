package main

import (
	"fmt"
	"io"

	"github.com/trustline/trustline/rules/eval/corpus"
)

// report is what docs/accuracy.md holds.
type report struct {
	seed      uint64
	documents int
	scores    scores
	ordinary  *ordinaryResult
}

func (r report) write(w io.Writer) {
	fmt.Fprintf(w, `# Accuracy

Measured with `+"`make eval`"+` over %d generated documents of each of three grades (seed %d), and half as
many about companies, accounts and permits, a fifth as many on Hong Kong cards, a quarter as many on travel documents, a tenth as many forms in boxes, lists of places, and lists of people in columns, dumps and a value a line, half as many each on health, secrets, transactions and credit, a tenth as many on each kind of number
that is looked for behind its label or near what names it (plates, dates of birth, numbers abroad …): half with generated data, half hard negatives. Of a class, *hit* counts values
found, *missed* values not found, *false* findings where there is no such value; of customer lists
(20 people or more) the same in documents.

| class | precision | recall | F1 | hit | missed | false |
|---|---|---|---|---|---|---|
`, r.documents, r.seed)
	for _, class := range r.scores.classes() {
		c := r.scores.total(class)
		fmt.Fprintf(w, "| %s | %.4f | %.4f | %.4f | %d | %d | %d |\n", class, c.precision(), c.recall(), c.f1(), c.hit, c.missed, c.false)
	}
	fmt.Fprint(w, "\nBy grade, precision / recall:\n\n| class | plain | mixed | hard |\n|---|---|---|---|\n")
	for _, class := range r.scores.classes() {
		fmt.Fprintf(w, "| %s |", class)
		for g := corpus.Plain; g <= corpus.Hard; g++ {
			c := r.scores[class][g]
			fmt.Fprintf(w, " %.4f / %.4f |", c.precision(), c.recall())
		}
		fmt.Fprintln(w)
	}
	if r.ordinary != nil {
		r.ordinary.write(w)
	}
	fmt.Fprint(w, `
*Plain*: labelled values in their usual form. *Mixed*: running text and tables, numbers with
separators and country codes. *Hard*: without labels, among look-alikes, full-width digits, rare
names, e-mail and Latin names in prose.

What the figures do not say: the people, and the sentences around them, are generated. The writer
of the documents shares no table with the detector, but the detector was improved against its
documents until few errors were left: read the figures as an upper bound. Of health data many names of the
writer's stand in the detector's lists as well (18 of 80 Chinese diseases, none of 44 Chinese medicines, about half
of the English words). The documents on kinds of numbers
are forms, tables, exports and letters of few shapes, with look-alikes under other labels: they show that labels, columns and checks
are understood, not every way people write. On names of another
generator recall was 0.99 behind labels and in lists and 0.91 in running text when first tried.
Resident IDs and cards are found by checksum and hold up best on documents of your own. Names outside lists are only looked for beside a label, a form of address
or another value of a person; addresses in Latin letters only behind a label or under a heading.
Codes of companies, accounts and Hong Kong cards with fewer than eleven digits in a row are missed in running text
where no label with a full-width colon and no other data is near; letters in them must be capitals.
`)
}
