package extract

import (
	"errors"
	"io"
)

const (
	pageSize  = 32 << 10
	pagesKept = 32
)

// paged reads a file in pages and keeps some of them. Formats that are read
// here and there ask for a few bytes at a time, and what answers may be another
// process. It is not safe for concurrent use.
type paged struct {
	r     io.ReaderAt
	pages [pagesKept]page
}

// page is one of those kept.
type page struct {
	number  int64
	content []byte // nil for none
	err     error  // that stands behind the content
}

func (f *paged) ReadAt(p []byte, offset int64) (int, error) {
	if len(p) >= pageSize || offset < 0 {
		return f.r.ReadAt(p, offset)
	}
	done := 0
	for done < len(p) {
		kept := f.page((offset + int64(done)) / pageSize)
		from := int((offset + int64(done)) % pageSize)
		if from < len(kept.content) {
			done += copy(p[done:], kept.content[from:])
		}
		if done < len(p) && kept.err != nil {
			return done, kept.err
		}
	}
	return done, nil
}

func (f *paged) page(number int64) *page {
	kept := &f.pages[number%pagesKept]
	if kept.content != nil && kept.number == number {
		return kept
	}
	if kept.content == nil {
		kept.content = make([]byte, pageSize)
	}
	n, err := f.r.ReadAt(kept.content[:pageSize], number*pageSize)
	kept.number, kept.content, kept.err = number, kept.content[:n], err
	if err == nil && n < pageSize {
		kept.err = io.ErrUnexpectedEOF
	} else if n == pageSize && errors.Is(err, io.EOF) {
		kept.err = nil // the next page says so
	}
	return kept
}
