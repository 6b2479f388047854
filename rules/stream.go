package rules

import (
	"context"
	"io"

	"github.com/trustline/trustline/rules/extract"
)

// Stream looks at content while it arrives, in file order: text at once,
// containers when they are complete. It is not safe for concurrent use.
type Stream struct {
	engine *Engine
	name   string
	scan   *scan
	opener *extract.Opener
}

// Stream begins a stream whose content is going to stand in a file called
// name ("" for none).
func (e *Engine) Stream(name string) *Stream {
	s := &Stream{engine: e, name: name}
	s.open()
	return s
}

func (s *Stream) open() {
	s.scan = s.engine.begin(s.name)
	s.opener = extract.NewOpener(s.scan, s.engine.extraction())
}

// Write takes the next bytes.
func (s *Stream) Write(p []byte) {
	if s.opener != nil {
		s.opener.Write(p)
	}
}

// People answers how many people were found so far.
func (s *Stream) People() int {
	if s.scan == nil {
		return 0
	}
	return s.scan.People()
}

// Held tells whether Finish may need the whole content again: always for
// containers, and until the first bytes have told what it is.
func (s *Stream) Held() bool { return s.opener == nil || !s.opener.Streams() }

// Released answers how many leading bytes are proven to hold no candidate and
// no part of one; 0 while Held.
func (s *Stream) Released() int64 {
	if s.Held() {
		return 0
	}
	return s.opener.Source(s.scan.released())
}

// Reset forgets what arrived: the content was not written in order and is going
// to be scanned as a whole by Finish.
func (s *Stream) Reset() { s.Close() }

// Finish answers about the complete content, size bytes of r: by what was
// seen of it where it was all written in order and could be read on the way,
// else by scanning r. Without r, content that would have to be scanned is
// unreadable.
func (s *Stream) Finish(ctx context.Context, r io.ReaderAt, size int64) (Content, error) {
	defer s.Close()
	if s.opener != nil {
		if result, complete := s.opener.Close(size); complete {
			return s.engine.complete(ctx, s.scan, result)
		}
	}
	if r == nil {
		return Content{Status: Unreadable, Reason: Unsupported}, nil
	}
	return s.engine.Scan(ctx, s.name, r, size)
}

// Close ends the stream without an answer; after Finish it does nothing.
func (s *Stream) Close() {
	if s.scan != nil {
		s.engine.end(s.scan)
	}
	s.scan, s.opener = nil, nil
}
