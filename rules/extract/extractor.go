package extract

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/trustline/trustline/rules/extract/pdf"
)

// Options say what an Extractor has at hand.
type Options struct {
	// Cache is the folder for the compiled reader of PDF, see pdf.NewEngine.
	Cache string
	// Recognize reads the text in pictures, nil for nothing that does.
	Recognize Recognizer
}

// Extractor reads what needs more than this package alone: PDF. It is safe for
// concurrent use.
type Extractor struct {
	pdf       *pdf.Engine
	recognize Recognizer
}

// New answers an Extractor. It takes up next to no memory before the first
// document that needs it, or Prepare.
func New(o Options) *Extractor {
	return &Extractor{pdf: pdf.NewEngine(o.Cache), recognize: o.Recognize}
}

// Prepare does ahead what would hold the first document up.
func (x *Extractor) Prepare() error {
	if err := x.pdf.Prepare(); err != nil {
		return fmt.Errorf("prepare reader of PDF: %w", err)
	}
	return nil
}

// Close frees what Prepare or a document took.
func (x *Extractor) Close() error { return x.pdf.Close() }

// Extract reads size bytes of r and gives the text to sink. An error means
// that r failed or ctx was cancelled; whatever is wrong with the content is
// said by Result.Reason.
func (x *Extractor) Extract(ctx context.Context, r io.ReaderAt, size int64, limits Limits, sink Sink) (Result, error) {
	return read(ctx, x, r, size, limits, sink)
}

// Extract does what an Extractor does, but for PDF, which is Unsupported.
func Extract(ctx context.Context, r io.ReaderAt, size int64, limits Limits, sink Sink) (Result, error) {
	return read(ctx, &Extractor{}, r, size, limits, sink)
}

func read(ctx context.Context, x *Extractor, r io.ReaderAt, size int64, limits Limits, sink Sink) (Result, error) {
	limits = limits.withDefaults()
	w := &walker{
		ctx: ctx, engine: x.pdf, recognize: x.recognize, limits: limits, sink: sink,
		deadline: time.Now().Add(limits.Time),
		expanded: limits.Expanded, members: limits.Members,
	}
	file := &timed{w: w, r: r}
	kind := w.file("", file, size, 0)
	if w.failure != nil {
		return Result{}, fmt.Errorf("read content: %w", w.failure)
	}
	return Result{Type: kind, Reason: w.reason, Pictures: w.pictures}, nil
}
