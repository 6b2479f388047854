package redact

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
	"github.com/trustline/trustline/rules/mask"
)

// Redactor makes masked copies. It is safe for concurrent use.
type Redactor struct {
	engine *rules.Engine
	pack   *detect.Pack
	limits Limits
}

// New answers a Redactor. The engine judges files and copies; the pack, which
// should be the engine's own, says what is masked, and so do the detectors of
// the policy that the engine is for.
func New(engine *rules.Engine, pack *detect.Pack, limits Limits) *Redactor {
	return &Redactor{engine: engine, pack: pack, limits: limits.withDefaults()}
}

// Report says what was done.
type Report struct {
	Type     string         // media type found by content
	Name     string         // a name for the copy that holds no customer data
	Before   detect.Summary // what stood in the file
	Masked   []ClassCount   // what was replaced, sorted by class
	Bytes    int64          // of the copy
	Pictures int            // pictures in it that were copied as they are: nobody looked at what they show
}

// ClassCount is how many values of a class were replaced.
type ClassCount struct {
	Class detect.Class `json:"id"`
	Count int          `json:"count"`
}

// rounds is how often a copy in which something is still found is gone through
// again; in the last two values become asterisks alone.
const rounds = 4

// File writes to out a copy of size bytes of in, a file of that base name,
// without customer data in it. Out gets its first byte when the copy is
// proven harmless; a *Refusal says why there is none. Other errors are of
// reading in, writing out or of ctx.
func (r *Redactor) File(ctx context.Context, in io.ReaderAt, size int64, name string, out io.Writer) (Report, error) {
	if size > r.limits.Size {
		return Report{}, refuse(TooLarge, "")
	}
	before, err := r.engine.Scan(ctx, "", in, size)
	if err != nil {
		return Report{}, fmt.Errorf("read the file: %w", err)
	}
	switch {
	case before.Reason == rules.Encrypted:
		return Report{}, refuse(Encrypted, "")
	case !rewritable(before.Type):
		return Report{}, refuse(Format, "")
	case before.Reason != "":
		return Report{}, unreadable(before.Reason, "")
	}
	j := &job{
		limits: r.limits, pack: r.pack, engine: r.engine, kind: before.Type,
		deadline: time.Now().Add(r.limits.Time), replaced: map[detect.Class]int{},
	}
	copied, err := j.rounds(ctx, in, size)
	if err != nil {
		return Report{}, err
	}
	defer copied.close()
	if _, err := io.Copy(out, io.NewSectionReader(copied, 0, copied.size)); err != nil {
		return Report{}, fmt.Errorf("write the masked copy: %w", err)
	}
	report := Report{Type: before.Type, Name: Name(r.pack, name), Before: before.Summary, Bytes: copied.size, Pictures: j.pictures}
	for class, n := range j.replaced {
		report.Masked = append(report.Masked, ClassCount{class, n})
	}
	slices.SortFunc(report.Masked, func(a, b ClassCount) int { return strings.Compare(string(a.Class), string(b.Class)) })
	return report, nil
}

func rewritable(mt string) bool { return isText(mt) || mt == spreadsheetType || mt == documentType }

// Name makes the base name of a file harmless, in characters that every file
// system takes: 138xxxx1234.csv.
func Name(pack *detect.Pack, name string) string {
	ext := path.Ext(name)
	base := strings.TrimSuffix(name, ext)
	if masked := mask.Text(pack, base); masked != base {
		return strings.ReplaceAll(masked, "*", "x") + ext
	}
	return name
}

// job is one file on its way.
type job struct {
	limits   Limits
	pack     *detect.Pack
	engine   *rules.Engine
	kind     string
	deadline time.Time
	batch    int  // bytes of text looked at together
	first    bool // round
	hard     bool // asterisks alone
	expanded int64
	pictures int
	replaced map[detect.Class]int
	classes  []detect.Class // found so far
	memory   memory
	found    *finder
	inner    bool // it is a document inside the document
}

// batchSize is how many bytes go through together. Each round cuts elsewhere,
// so that what one cut parts another keeps together.
const batchSize = 1 << 20

// rounds makes copies until one is proven harmless.
func (j *job) rounds(ctx context.Context, in io.ReaderAt, size int64) (*scratch, error) {
	for round := range rounds {
		j.batch = batchSize - round*batchSize/7
		j.first, j.hard = round == 0, round >= rounds-2
		j.expanded, j.pictures = j.limits.Expanded, 0
		next := &scratch{bound: j.limits.Memory}
		found, err := j.round(ctx, in, size, next)
		if s, ok := in.(*scratch); ok {
			s.close()
		}
		if err == nil && !found {
			return next, nil
		}
		if err != nil {
			next.close()
			return nil, err
		}
		in, size = next, next.size
	}
	if s, ok := in.(*scratch); ok {
		s.close()
	}
	return nil, refuse(Residual, "")
}

// round makes one copy and tells whether anything is still found in it.
func (j *job) round(ctx context.Context, in io.ReaderAt, size int64, out *scratch) (found bool, err error) {
	buffered := bufio.NewWriterSize(out, 256<<10)
	if err := j.rewrite(ctx, in, size, buffered); err != nil {
		return false, err
	}
	if err := buffered.Flush(); err != nil {
		return false, err
	}
	after, err := j.engine.Scan(ctx, "", out, out.size)
	switch {
	case err != nil:
		return false, fmt.Errorf("read the masked copy again: %w", err)
	case after.Reason != "":
		return false, refuse(Residual, "")
	}
	return len(after.Summary.Classes) > 0, nil
}

func (j *job) rewrite(ctx context.Context, in io.ReaderAt, size int64, out io.Writer) error {
	if isText(j.kind) {
		return j.text(ctx, in, size, out)
	}
	return j.office(ctx, in, size, out)
}

// over answers whether to stop at once.
func (j *job) over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("make a masked copy: %w", err)
	}
	if time.Now().After(j.deadline) {
		return refuse(TimedOut, "")
	}
	return nil
}

func readFailed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return unreadable(extract.Truncated, "")
	}
	return fmt.Errorf("read the file: %w", withoutPath(err))
}

// finder answers the finder of the job: parts go through one after the other.
func (j *job) finder() *finder {
	if j.found == nil {
		j.found = newFinder(j.pack, j.engine.Custom())
	}
	return j.found
}

// count counts a value for the report.
func (j *job) count(s span) {
	if j.first && !s.more {
		j.replaced[s.class]++
	}
}
