package rules

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	pictures Pictures    // that a policy asked for
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
		l := look{Scanner: detect.NewScanner(e.pack, e.limits.Detect), known: lists.matcher()}
		if set != nil {
			l.custom = set.NewMatcher()
		}
		l.bond = newBond(l.Scanner, l.custom)
		return newScan(l, detect.NewScanner(e.pack, detect.Limits{Distinct: 100, Findings: 20}))
	}}
	return e
}

// For answers the same Engine, which also looks for what a policy itself
// describes, and at pictures where the policy asks for it. It costs nothing
// where that is the policy asked for last.
func (e *Engine) For(p *Policy) *Engine {
	if p.custom == e.custom && p.pictures == e.pictures {
		return e
	}
	if last := e.last.Load(); last != nil && last.custom == p.custom && last.pictures == p.pictures {
		return last
	}
	engine := *e
	engine.custom, engine.pictures = p.custom, p.pictures
	e.last.Store(engine.fresh())
	return &engine
}

// Custom answers what the engine looks for besides the pack, because a policy
// asks for it; nil where there is nothing.
func (e *Engine) Custom() *custom.Set { return e.custom }

// extraction answers the limits of reading, with what the policy asks for.
func (e *Engine) extraction() extract.Limits {
	l := e.limits.Extract
	l.Codes = l.Codes || e.pictures.Codes
	l.Pictures = l.Pictures || e.pictures.Text
	return l
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
	x, limits := e.isolated, e.extraction()
	if extract.Simple(r, size, limits) {
		x = extract.Extract
	}
	result, err := x(ctx, r, size, limits, s)
	if err != nil {
		return Content{}, fmt.Errorf("scan: %w", withoutPath(err))
	}
	return e.complete(ctx, s, result)
}

// withoutPath takes the path out of an error: it may hold customer data.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
