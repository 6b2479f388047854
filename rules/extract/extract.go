package extract

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"github.com/trustline/trustline/rules/extract/pdf"
)

// Result is what can be said of a file besides its text.
type Result struct {
	Type   string // media type found by content
	Reason Reason // why some of it could not be read, "" when all could
	// Pictures is how many pictures are there whose text Limits did not ask for.
	Pictures int
}

// walker goes through one file and everything inside it.
type walker struct {
	ctx       context.Context
	engine    *pdf.Engine // nil when there is none
	recognize Recognizer  // nil when there is none
	limits    Limits
	sink      Sink
	deadline  time.Time
	expanded  int64 // bytes that may still come out of containers
	members   int   // members that may still be opened
	reason    Reason
	failure   error // of the file itself
	pictures  int   // whose text nobody asked for
	copied    []byte
}

// note takes what a reader or parser answered into the result.
func (w *walker) note(err error) {
	var failed readError
	switch {
	case err == nil:
	case errors.As(err, &failed):
		if w.failure == nil {
			w.failure = failed.error
		}
	default:
		w.reason = Worse(w.reason, reasonOf(err))
	}
}

// over tells whether to stop at once.
func (w *walker) over() bool {
	return w.failure != nil || w.reason == TimedOut || w.expanded <= 0 || time.Now().After(w.deadline)
}

// guard turns a parser's panic into corrupt content: a document must never
// take the program along.
func (w *walker) guard() {
	if p := recover(); p != nil {
		w.note(problem{Corrupt})
	}
}

// file reads content that allows random access.
func (w *walker) file(location string, at io.ReaderAt, size int64, depth int) (mt string) {
	defer w.guard()
	head := make([]byte, min(size, sniffed))
	n, err := at.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		w.note(err)
		return ""
	}
	if int64(n) < min(size, sniffed) {
		w.note(problem{Truncated})
	}
	k, mt := look(head[:n])
	if _, inMemory := at.(*bytes.Reader); k.whole() && !inMemory {
		at = &paged{r: at}
	}
	switch k {
	case zipKind:
		return cmp.Or(w.zip(location, at, size, depth, false), mt)
	case oleKind:
		return w.ole(location, at, size, depth)
	case sevenZipKind:
		w.sevenZip(location, at, size, depth)
		return mt
	case rarKind:
		w.rar(location, at, size, depth)
		return mt
	case sqliteKind:
		w.sqlite(location, at, size, depth)
		return mt
	case pdfKind:
		w.pdf(location, at, size, depth)
		if hasDirectory(at, size) {
			w.zip(location, at, size, depth, true)
		}
		return mt
	}
	counted := &counting{r: io.NewSectionReader(at, 0, size)}
	w.sequential(k, location, bufio.NewReaderSize(counted, sniffed), depth)
	if counted.n < size && (k == plainKind || k.picture() || k == markupKind) && w.reason == "" && w.failure == nil {
		w.note(problem{Truncated})
	}
	if k != gzipKind && k != tarKind && hasDirectory(at, size) {
		w.zip(location, at, size, depth, true) // an archive behind something else
	}
	if k == plainKind {
		w.selfExtracting(location, at, size, depth)
	}
	return mt
}

// stream reads the content of a member. Size is a hint, -1 when unknown.
func (w *walker) stream(location string, r io.Reader, size int64, depth int) {
	defer w.guard()
	if w.over() {
		w.note(w.limit())
		return
	}
	b := bufio.NewReaderSize(r, sniffed)
	head, err := b.Peek(sniffed)
	if err != nil && err != io.EOF {
		w.note(err)
	}
	k, _ := look(head)
	program := k == plainKind && isProgram(head) // behind which an archive may stand
	if !k.whole() && !program {
		w.sequential(k, location, b, depth)
		return
	}
	if !k.flat() && !program && depth >= w.limits.Depth {
		w.note(problem{TooDeep})
		w.runs(location, b)
		return
	}
	whole, err := w.hold(b)
	w.note(err)
	w.file(location, bytes.NewReader(whole), int64(len(whole)), depth)
}

// limit answers which limit it was that over found.
func (w *walker) limit() error {
	if w.expanded <= 0 {
		return problem{TooLarge}
	}
	return problem{TimedOut}
}

// hold reads a container that needs random access into memory. What could be
// read comes back also beside an error.
func (w *walker) hold(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, w.limits.Memory))
	if err == nil && n == w.limits.Memory {
		err = problem{TooLarge}
	}
	return b.Bytes(), err
}

// sequential reads content from its first byte to its last.
func (w *walker) sequential(k kind, location string, r *bufio.Reader, depth int) {
	switch k {
	case markupKind:
		w.markup(location, r)
	case gzipKind, bzip2Kind, xzKind, zstdKind, lzmaKind, lz4Kind:
		w.compressed(k, location, r, depth)
	case tarKind:
		w.tar(location, r, depth)
	case rtfKind:
		w.rtf(location, r, depth)
	case mailKind:
		w.mail(location, r, depth)
	case vCardKind:
		w.vCard(location, r, depth)
	case pictureKind, strangePictureKind:
		w.anyPicture(k, location, r, depth)
	case packedKind:
		w.note(problem{Unsupported})
		w.runs(location, r)
	case sealedKind:
		w.note(problem{Encrypted})
		w.runs(location, r)
	default:
		w.runs(location, r)
	}
}

// runs gives text in any charset, and the runs of text in anything else.
func (w *walker) runs(location string, r io.Reader) {
	w.sink.Begin(location)
	if w.copied == nil {
		w.copied = make([]byte, blockSize)
	}
	d := NewDecoder(w.sink.Write)
	for {
		n, err := r.Read(w.copied)
		d.Write(w.copied[:n])
		if err != nil {
			d.Close()
			if err != io.EOF {
				w.note(err)
			}
			return
		}
	}
}

// decodeString makes UTF-8 of a name or other short text in any charset.
func decodeString(p []byte) string {
	var text []byte
	d := NewDecoder(func(p []byte) { text = append(text, p...) })
	d.Write(p)
	d.Close()
	return string(text)
}

// timed is the file itself: every read checks context and deadline.
type timed struct {
	w *walker
	r io.ReaderAt
}

func (t *timed) ReadAt(p []byte, offset int64) (int, error) {
	if err := t.w.ctx.Err(); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return 0, problem{TimedOut}
		}
		return 0, readError{err}
	}
	if time.Now().After(t.w.deadline) {
		return 0, problem{TimedOut}
	}
	n, err := t.r.ReadAt(p, offset)
	if err != nil && err != io.EOF {
		err = readError{err}
	}
	return n, err
}

// counting counts what was read.
type counting struct {
	r io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// expanding is what comes out of a container: it is charged to the limits.
// Packed answers how many bytes went in so far.
type expanding struct {
	w      *walker
	r      io.Reader
	packed func() int64
	n      int64
}

// ratioFrom is how large a member may grow before its ratio matters.
const ratioFrom = 16 << 20

func (e *expanding) Read(p []byte) (int, error) {
	if e.w.over() {
		return 0, e.w.limit()
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.w.expanded)])
	e.n += int64(n)
	e.w.expanded -= int64(n)
	if e.n > ratioFrom && e.n/max(1, e.packed()) > e.w.limits.Ratio {
		e.w.note(problem{TooLarge})
		return n, problem{TooLarge}
	}
	return n, err
}
