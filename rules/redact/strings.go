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
	marks map[int][]stringMark
}

// stringMark replaces a stretch of one shared string.
type stringMark struct {
	start, end int
	text       string
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

// mark says that a stretch of a string is to be replaced.
func (s *sharedStrings) mark(i int, m stringMark) {
	if s.marks == nil {
		s.marks = map[int][]stringMark{}
	}
	if !slices.Contains(s.marks[i], m) {
		s.marks[i] = append(s.marks[i], m)
	}
}

// write copies the part with what was marked replaced; strings no cell points
// to are looked at by themselves.
func (s *sharedStrings) write(p *part) error {
	i := 0
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
		if marks := s.marks[i]; len(marks) > 0 {
			p.frame.cuts = append(p.frame.cuts, readings...)
			if err := s.replace(p, text, marks); err != nil {
				return err
			}
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
	slices.SortFunc(marks, func(a, b stringMark) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	end := 0
	for _, m := range marks {
		if m.start < end {
			if m.end <= end {
				continue
			}
			m.text = strings.Repeat("*", min(m.end-end, 16))
			m.start = end
		}
		if err := p.frame.replace(span{start + m.start, start + m.end, "", -1}, m.text); err != nil {
			return err
		}
		end = m.end
	}
	return nil
}
