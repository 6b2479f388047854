package rules

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
)

// Limits bound one scan. Zero fields take their defaults.
type Limits struct {
	Extract extract.Limits
	Detect  detect.Limits
}

// ReportingConfidence is from where on a finding makes content sensitive;
// nothing below it is found at all.
const ReportingConfidence = 0.5

// Extractor turns a file into text, as extract.Extract does.
type Extractor func(ctx context.Context, r io.ReaderAt, size int64, limits extract.Limits, sink extract.Sink) (extract.Result, error)

// Engine finds customer data in files and streams of any format. It is safe
// for concurrent use.
type Engine struct {
	limits   Limits
	isolated Extractor
	idle     *sync.Pool // of *scan
	lists    *Lists
	pack     *detect.Pack
	custom   *custom.Set // nil: nothing
	last     *atomic.Pointer[Engine]
}

// NewEngine answers an Engine that looks for what the pack describes.
func NewEngine(pack *detect.Pack, limits Limits) *Engine {
	e := &Engine{limits: limits, isolated: extract.Extract, pack: pack}
	return e.With(nil)
}

// With answers the same Engine, which also looks for what is on a company's
// own lists. Lists may be replaced while the engine before is still at work.
func (e *Engine) With(lists *Lists) *Engine {
	with := *e
	with.lists = lists
	return with.fresh()
}

// fresh gives a changed Engine scans of its own.
func (e *Engine) fresh() *Engine {
	lists, set := e.lists, e.custom
	e.last = &atomic.Pointer[Engine]{}
	e.idle = &sync.Pool{New: func() any {
		s := &scan{
			Scanner: detect.NewScanner(e.pack, e.limits.Detect),
			names:   detect.NewScanner(e.pack, detect.Limits{Distinct: 100, Findings: 20}),
			known:   lists.matcher(),
		}
		if set != nil {
			s.custom = set.NewMatcher()
		}
		return s
	}}
	return e
}

// For answers the same Engine, which also looks for what a policy itself
// describes. It costs nothing where that is the policy asked for last.
func (e *Engine) For(p *Policy) *Engine {
	if p.custom == e.custom {
		return e
	}
	if last := e.last.Load(); last != nil && last.custom == p.custom {
		return last
	}
	engine := *e
	engine.custom = p.custom
	e.last.Store(engine.fresh())
	return &engine
}

// Isolated answers the same Engine with formats that have to be taken apart
// read by x, such as a sandboxed process. Plain text is still read here.
func (e *Engine) Isolated(x Extractor) *Engine {
	isolated := *e
	isolated.isolated = x
	return isolated.fresh()
}

// Scan looks at size bytes of r, which stand in a file of that base name; the
// name is looked at as well ("" for none). The error is one of reading r or of
// ctx; whatever is wrong with the content is said by Content.Reason.
func (e *Engine) Scan(ctx context.Context, name string, r io.ReaderAt, size int64) (Content, error) {
	s := e.begin(name)
	defer e.end(s)
	x := e.isolated
	if extract.Simple(r, size) {
		x = extract.Extract
	}
	result, err := x(ctx, r, size, e.limits.Extract, s)
	if err != nil {
		return Content{}, fmt.Errorf("scan: %w", withoutPath(err))
	}
	return s.content(result), nil
}

// withoutPath takes the path out of an error: it may hold customer data.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// scan is one piece of content being looked at.
type scan struct {
	*detect.Scanner
	names  *detect.Scanner // makes locations harmless
	lead   int64           // bytes looked at before the content itself
	cells  []detect.Cell
	known  *knownMatcher // nil without lists
	labels labels
	custom *custom.Matcher // nil where the policy describes nothing itself
}

// fileName is the location of what is found in the name of the file.
const fileName = "file name"

func (e *Engine) begin(name string) *scan {
	s := e.idle.Get().(*scan)
	s.Reset()
	s.known.reset()
	s.labels.reset()
	if s.custom != nil {
		s.custom.Reset()
	}
	s.lead = 0
	if name = strings.TrimSuffix(name, path.Ext(name)); name != "" {
		s.lead = int64(len(name))
		s.Scanner.Begin(fileName)
		s.known.begin()
		if s.custom != nil {
			s.custom.Begin(fileName)
		}
		s.Write([]byte(name))
	}
	return s
}

func (e *Engine) end(s *scan) { e.idle.Put(s) }

// Begin starts a fragment. What a location holds of customer data is masked:
// it goes wherever a finding goes.
func (s *scan) Begin(location string) {
	if location != "" {
		s.names.Reset()
		s.names.Begin("")
		_, _ = s.names.Write([]byte(location)) // never fails
		location = masked(location, s.names.Close().Findings)
	}
	s.labels.begin(location)
	s.Scanner.Begin(location)
	s.known.begin()
	if s.custom != nil {
		s.custom.Begin(location)
	}
}

// Write gives text to the Scanner, which never fails, and to the lists.
func (s *scan) Write(text []byte) {
	_, _ = s.Scanner.Write(text)
	s.known.write(text)
	s.labels.write(text)
	if s.custom != nil {
		s.custom.Write(text)
	}
}

// Row gives a row of a table to the Scanner.
func (s *scan) Row(number int, cells []extract.Cell) {
	s.cells = s.cells[:0]
	for _, c := range cells {
		s.cells = append(s.cells, detect.Cell{Column: c.Column, Text: c.Text})
	}
	s.Scanner.Row(number, s.cells)
	s.known.row(cells)
	if s.custom != nil {
		s.custom.Row(number, s.cells)
	}
}

// released answers how many leading bytes of the text hold no candidate.
func (s *scan) released() int64 {
	clean := s.known.clean(s.Clean())
	if s.custom != nil {
		clean = min(clean, s.custom.Clean())
	}
	return max(0, clean-s.lead)
}

// content sums up.
func (s *scan) content(result extract.Result) Content {
	s.labels.end()
	c := Content{Labels: s.labels.found, Type: result.Type, Reason: result.Reason, Summary: s.Close(), Known: s.known.close()}
	if s.custom != nil {
		found := s.custom.Close()
		c.Summary.Classes = mergeClasses(c.Summary.Classes, found.Classes)
		c.Summary.Findings = append(c.Summary.Findings, found.Findings...)
		if found.Incomplete {
			c.Summary.Incomplete = "distinct values"
		}
	}
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
