package redact

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// sharedStrings are the texts that cells of a workbook point to, and what of
// them has to be masked.
type sharedStrings struct {
	text  []byte
	ends  []uint32
	used  []uint64 // bit set
	marks []stringMark
}

// stringMark says that a stretch of one shared string is to be masked. There
// is one for every such cell of a workbook.
type stringMark struct {
	index, start, end uint32
	class             uint16 // number the job gave the class
}

// each reads the part string by string. It calls item with the passage of
// every one and with where it says how that is pronounced.
func (p *part) each(item func(text *passage, readings []cut) error) error {
	skipped := 0
	var readings []cut
	var text passage
	for {
		ok, err := p.next()
		if err != nil || !ok {
			return err
		}
		switch p.kind {
		case startToken:
			if string(p.name) == "rPh" && !p.empty {
				if skipped++; skipped == 1 {
					readings = append(readings, cut{from: p.at})
				}
			}
			if string(p.name) == "si" && p.empty {
				err = item(&text, nil)
			}
		case textToken, plainToken:
			if skipped == 0 {
				p.take(&text, elementText)
			}
		case endToken:
			switch string(p.name) {
			case "rPh":
				if skipped = max(0, skipped-1); skipped == 0 && len(readings) > 0 {
					readings[len(readings)-1].to = p.at + len(p.raw)
				}
			case "si":
				err = item(&text, readings)
				text.text, text.links, readings = text.text[:0], text.links[:0], readings[:0]
			}
		}
		if err != nil {
			return err
		}
	}
}

// load reads the strings of a workbook.
func (s *sharedStrings) load(p *part) error {
	return p.each(func(text *passage, _ []cut) error {
		if int64(len(s.text)+len(text.text)) > min(p.job.limits.Strings, 1<<31) {
			return refuse(TooLarge, "")
		}
		s.text = append(s.text, bytes.TrimSpace(text.text)...)
		s.ends = append(s.ends, uint32(len(s.text)))
		if len(s.ends) > 64*len(s.used) {
			s.used = append(s.used, 0)
		}
		p.frame.raw = p.frame.raw[:0]
		return nil
	})
}

// get answers the text a cell points to, and its number, -1 if there is none.
func (s *sharedStrings) get(index string) ([]byte, int) {
	i, err := strconv.Atoi(strings.TrimSpace(index))
	if err != nil || i < 0 || i >= len(s.ends) {
		return nil, -1
	}
	s.used[i/64] |= 1 << (i % 64)
	return s.at(i), i
}

func (s *sharedStrings) at(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.text[start:s.ends[i]]
}

// write copies the part with what was marked replaced; strings no cell points
// to are looked at by themselves.
func (s *sharedStrings) write(p *part) error {
	slices.SortFunc(s.marks, func(a, b stringMark) int {
		return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	s.marks = slices.Compact(s.marks)
	i, rest := 0, s.marks
	err := p.each(func(text *passage, readings []cut) error {
		defer func() { i++ }()
		if i >= len(s.ends) {
			return refuse(Damaged, "")
		}
		if s.used[i/64]&(1<<(i%64)) == 0 {
			if len(text.text) > 0 {
				p.frame.line(text)
			}
			return p.breathe()
		}
		n := 0
		for n < len(rest) && rest[n].index == uint32(i) {
			n++
		}
		if n > 0 {
			p.frame.cuts = append(p.frame.cuts, readings...)
			if err := s.replace(p, text, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return p.breathe()
	})
	if err != nil {
		return err
	}
	return p.flush()
}

func (s *sharedStrings) replace(p *part, text *passage, marks []stringMark) error {
	lead := len(text.text) - len(bytes.TrimLeftFunc(text.text, unicode.IsSpace))
	start := p.frame.commit(text) + lead
	end := 0
	for _, m := range marks {
		from, to := max(start+int(m.start), end), start+int(m.end)
		if from >= to {
			continue
		}
		sp := span{start: from, end: to, class: p.job.classes[m.class], cell: -1}
		if err := p.frame.replace(sp, p.frame.masked(sp, p.job.hard)); err != nil {
			return err
		}
		end = to
	}
	return nil
}
