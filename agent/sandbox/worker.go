package sandbox

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"runtime/debug"

	"github.com/trustline/trustline/rules/extract"
)

// Work is the whole life of a worker: it loads what it is told to, gives up
// what it may do, then reads files for the process at the other end of in and
// out until in ends. memory is in bytes.
func Work(ctx context.Context, in io.Reader, out io.Writer, memory int64) error {
	c := newWire(in, out)
	kind, payload, err := c.receive()
	if err != nil {
		return fmt.Errorf("take first order: %w", err)
	}
	folder := string(payload)
	switch kind {
	case compileFrame:
		return compileCode(c, folder)
	case becomeFrame:
		return become(c, payload)
	case beginWorkFrame:
		x := load(folder, (&remoteEyes{c}).recognize)
		if err := confine(memory); err != nil {
			return fmt.Errorf("confine worker: %w", err)
		}
		return serve(ctx, c, x)
	}
	return errProtocol
}

func compileCode(c *wire, folder string) error {
	if err := extract.New(extract.Options{Cache: folder}).Prepare(); err != nil {
		return err
	}
	if err := c.send(compileFrame); err != nil {
		return err
	}
	return c.w.Flush()
}

// load answers an Extractor that has loaded the code in folder. Where that
// fails, it compiles when it has to.
func load(folder string, r extract.Recognizer) *extract.Extractor {
	if folder == "" {
		return extract.New(extract.Options{Recognize: r})
	}
	x := extract.New(extract.Options{Cache: folder, Recognize: r})
	if err := x.Prepare(); err != nil {
		return extract.New(extract.Options{Recognize: r})
	}
	debug.FreeOSMemory()
	return x
}

func serve(ctx context.Context, c *wire, x *extract.Extractor) error {
	for {
		kind, payload, err := c.receive()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("take job: %w", err)
		case kind != jobFrame:
			return errProtocol
		}
		size, limits, err := decodeJob(payload)
		if err != nil {
			return err
		}
		s := &remoteSink{wire: c}
		result, err := x.Extract(ctx, &remoteFile{c}, size, limits, s)
		if err != nil && !errors.Is(err, errRemoteEnd) {
			return err
		}
		if s.err == nil {
			s.err = c.send(doneFrame, encodeResult(result))
		}
		if s.err == nil {
			s.err = c.w.Flush()
		}
		if s.err != nil {
			return fmt.Errorf("answer: %w", s.err)
		}
	}
}

// remoteEyes has the other side read pictures.
type remoteEyes struct{ *wire }

func (e *remoteEyes) recognize(_ context.Context, p *image.Gray) (string, error) {
	var size [8]byte
	order.PutUint32(size[:], uint32(p.Rect.Dx()))
	order.PutUint32(size[4:], uint32(p.Rect.Dy()))
	err := e.send(lookFrame, size[:], p.Pix)
	if err == nil {
		err = e.w.Flush()
	}
	if err != nil {
		return "", fmt.Errorf("show picture: %w", err)
	}
	kind, payload, err := e.receive()
	switch {
	case err != nil:
		return "", fmt.Errorf("take text of picture: %w", err)
	case kind == failFrame:
		return "", errRemoteEnd
	case kind != lookFrame:
		return "", errProtocol
	}
	return string(payload), nil
}

// remoteFile asks the other side for bytes.
type remoteFile struct{ *wire }

func (f *remoteFile) ReadAt(p []byte, offset int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := f.read(p[done:min(len(p), done+largestRead)], offset+int64(done))
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (f *remoteFile) read(p []byte, offset int64) (int, error) {
	var want [12]byte
	order.PutUint64(want[:], uint64(offset))
	order.PutUint32(want[8:], uint32(len(p)))
	err := f.send(readFrame, want[:])
	if err == nil {
		err = f.w.Flush()
	}
	if err != nil {
		return 0, fmt.Errorf("ask for bytes: %w", err)
	}
	kind, payload, err := f.receive()
	if err != nil {
		return 0, fmt.Errorf("take bytes: %w", err)
	}
	n := copy(p, payload)
	switch {
	case kind == dataFrame && n == len(p):
		return n, nil
	case kind == endFrame:
		return n, io.EOF
	case kind == failFrame:
		return 0, errRemoteEnd
	}
	return n, errProtocol
}

// remoteSink gives what was found to the other side.
type remoteSink struct {
	*wire
	row []byte
	err error
}

func (s *remoteSink) Begin(location string) { s.give(beginFrame, []byte(location)) }

func (s *remoteSink) Write(text []byte) {
	for len(text) > 0 {
		n := min(len(text), largestRead)
		s.give(textFrame, text[:n])
		text = text[n:]
	}
}

func (s *remoteSink) Row(number int, cells []extract.Cell) {
	s.row = appendRow(s.row[:0], number, cells)
	s.give(rowFrame, s.row)
}

func (s *remoteSink) give(kind byte, payload []byte) {
	if s.err == nil {
		s.err = s.send(kind, payload)
	}
}
