package rules

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/encoded"
	"github.com/trustline/trustline/rules/extract"
)

// complete looks at the files that stand encoded in a content that was read to
// its end, and sums up.
func (e *Engine) complete(ctx context.Context, s *scan, result extract.Result) (Content, error) {
	s.decoder.Close()
	end := time.Now().Add(orElse(e.limits.Extract.Time, extract.DefaultTime))
	for layer := 1; len(s.files.met) > 0; layer++ {
		if layer > filesLayers {
			result.Reason = extract.Worse(result.Reason, extract.TooDeep)
			break
		}
		met := s.files.take()
		for _, f := range met {
			inner, err := e.open(ctx, s, f, len(met), end)
			if err != nil {
				return Content{}, err
			}
			result.Reason = extract.Worse(result.Reason, inner.Reason)
			result.Pictures += inner.Pictures
		}
	}
	result.Reason = extract.Worse(result.Reason, s.files.reason)
	return s.content(result), nil
}

// open takes one of n files apart, which share the bounds of one.
func (e *Engine) open(ctx context.Context, s *scan, f *file, n int, end time.Time) (extract.Result, error) {
	limits := e.extraction()
	if limits.Time = time.Until(end); limits.Time <= 0 {
		return extract.Result{Reason: extract.TimedOut}, nil
	}
	limits.Expanded = max(1, orElse(limits.Expanded, extract.DefaultExpanded)/int64(n))
	limits.Members = max(1, orElse(limits.Members, extract.DefaultMembers)/n)
	if s.inside == nil {
		s.inside = newInside(s)
	}
	s.inside.place = f.place
	result, err := e.isolated(ctx, bytes.NewReader(f.content), int64(len(f.content)), limits, s.inside)
	if err != nil {
		return extract.Result{}, fmt.Errorf("scan what stands encoded: %w", withoutPath(err))
	}
	s.inside.decoder.Close()
	return result, nil
}

// orElse answers a bound, or what stands for it where none is set.
func orElse[T int | int64 | time.Duration](bound, or T) T {
	if bound > 0 {
		return bound
	}
	return or
}

// inside takes the text of files that stand encoded in a content. It counts
// with the content's own.
type inside struct {
	scan    *scan
	look    *look
	layer   *layer // what is encoded in them
	decoder *encoded.Decoder
	place   string // of the file at hand
}

func newInside(s *scan) *inside {
	n := &inside{scan: s, look: s.look.beside()}
	n.layer = newLayer(n.look, &s.files, codedLayers)
	n.decoder = encoded.NewDecoder(n.layer, n.look.Lines)
	return n
}

func (n *inside) reset() {
	if n != nil {
		n.look.reset()
		n.layer.reset()
		n.decoder.Reset()
	}
}

// Begin starts a fragment of the file at hand.
func (n *inside) Begin(location string) {
	place := n.place
	if location != "" {
		place += " › " + n.scan.harmless(location)
	}
	n.scan.labels.begin(place)
	n.decoder.Begin()
	n.layer.place = place
	n.look.begin(place)
}

func (n *inside) Write(text []byte) {
	n.decoder.Write(text)
	n.look.write(text)
	n.scan.labels.write(text)
}

// Row gives a row of a table.
func (n *inside) Row(number int, cells []extract.Cell) {
	n.look.row(number, cells)
	for _, c := range cells {
		if len(c.Text) >= encoded.Least {
			n.decoder.Row(number, c.Text)
		}
	}
}

func (n *inside) close() ([]detect.Finding, bool) {
	summary, known := n.look.close()
	more, incomplete := n.layer.close()
	return append(summary.Findings, more...), known.Incomplete || incomplete
}
