package rules

import (
	"path"
	"strings"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/encoded"
	"github.com/trustline/trustline/rules/extract"
)

// scan is one piece of content being looked at.
type scan struct {
	look
	names   *detect.Scanner // makes locations harmless
	lead    int64           // bytes looked at before the content itself
	labels  labels
	decoder *encoded.Decoder
	layer   *layer // what is encoded in the content
	coded   int64  // where the first encoded text begins that holds something, -1: none does
	files   files  // that stand encoded in the content
	inside  *inside
}

func newScan(l look, names *detect.Scanner) *scan {
	s := &scan{look: l, names: names}
	s.layer = newLayer(&s.look, &s.files, codedLayers)
	s.layer.ended = func() {
		if s.layer.found && s.coded < 0 {
			s.coded = s.decoder.Since()
		}
	}
	s.decoder = encoded.NewDecoder(s.layer, s.look.Lines)
	return s
}

// fileName is the location of what is found in the name of the file.
const fileName = "file name"

func (e *Engine) begin(name string) *scan {
	s := e.idle.Get().(*scan)
	s.look.reset()
	s.layer.reset()
	s.decoder.Reset()
	s.labels.reset()
	s.files.reset()
	s.inside.reset()
	s.lead, s.coded = 0, -1
	if name = strings.TrimSuffix(name, path.Ext(name)); name != "" {
		s.lead = int64(len(name))
		s.look.begin(fileName)
		s.layer.place = fileName
		s.decoder.Write([]byte(name))
		s.look.write([]byte(name))
	}
	return s
}

func (e *Engine) end(s *scan) {
	s.files.reset() // nothing of them is kept
	e.idle.Put(s)
}

// Begin starts a fragment. What a location holds of customer data is masked:
// it goes wherever a finding goes.
func (s *scan) Begin(location string) {
	location = s.harmless(location)
	s.labels.begin(location)
	s.decoder.Begin()
	s.layer.place = location
	s.look.begin(location)
}

// harmless masks what a location holds of customer data.
func (s *scan) harmless(location string) string {
	if location == "" {
		return ""
	}
	s.names.Reset()
	s.names.Begin("")
	_, _ = s.names.Write([]byte(location)) // never fails
	return masked(location, s.names.Close().Findings)
}

// Write gives text to all that looks at it, and what is encoded in it.
func (s *scan) Write(text []byte) {
	s.decoder.Write(text)
	s.look.write(text)
	s.labels.write(text)
}

// Row gives a row of a table.
func (s *scan) Row(number int, cells []extract.Cell) {
	s.look.row(number, cells)
	for _, c := range cells {
		if len(c.Text) >= encoded.Least {
			s.decoder.Row(number, c.Text)
		}
	}
}

// released answers how many leading bytes of the text hold no candidate.
func (s *scan) released() int64 {
	clean := min(s.look.clean(), s.decoder.Settled())
	if s.coded >= 0 {
		clean = min(clean, s.coded)
	}
	return max(0, clean-s.lead)
}

// content sums up, once nothing is left to be looked at.
func (s *scan) content(result extract.Result) Content {
	s.labels.end()
	beside, incomplete := s.layer.close()
	if s.inside != nil {
		more, also := s.inside.close()
		beside, incomplete = append(beside, more...), incomplete || also
	}
	c := Content{Labels: s.labels.found, Type: result.Type, Reason: result.Reason, Pictures: result.Pictures}
	c.Summary, c.Known = s.look.close()
	c.Summary.Findings = append(c.Summary.Findings, beside...)
	c.Known.Incomplete = c.Known.Incomplete || incomplete
	switch {
	case len(c.Summary.Classes) > 0 || c.Known.any():
		c.Status = Sensitive
	case c.Reason != "":
		c.Status = Unreadable
	default:
		c.Status = Clean
	}
	return c
}
