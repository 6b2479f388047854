package extract

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/extract/pdf"
)

// pdf reads a PDF document page by page, then what is attached to it.
func (w *walker) pdf(location string, at io.ReaderAt, size int64, depth int) {
	whole := func() { w.runs(location, io.NewSectionReader(at, 0, size)) }
	if w.engine == nil {
		w.note(problem{Unsupported})
		whole()
		return
	}
	ctx, cancel := context.WithDeadline(w.ctx, w.deadline)
	defer cancel()
	d, err := w.engine.Open(ctx, at, size)
	if errors.Is(err, pdf.ErrDamaged) && startsAsText(at) {
		whole()
		return
	}
	if err != nil {
		w.notePDF(err)
		if !errors.Is(err, pdf.ErrPassword) {
			whole()
		}
		return
	}
	defer d.Close()
	err = w.pages(location, d, depth)
	if err == nil {
		err = w.attachments(location, d, depth)
	}
	w.notePDF(err)
	w.aroundPDF(location, at, size)
}

// startsAsText tells text that is about PDF from a document behind other bytes.
func startsAsText(at io.ReaderAt) bool {
	head := make([]byte, 1024)
	n, _ := at.ReadAt(head, 0) // what cannot be read is no text
	k, _ := lookAtText(head[:n], "text/plain")
	return k == plainKind && bytes.Index(head[:n], []byte(headerOfPDF)) > 0
}

// notePDF takes what the reader of PDF answered into the result.
func (w *walker) notePDF(err error) {
	switch {
	case err == nil:
	case w.ctx.Err() != nil && !errors.Is(w.ctx.Err(), context.DeadlineExceeded):
		w.note(readError{w.ctx.Err()})
	case errors.Is(err, context.DeadlineExceeded):
		w.note(problem{TimedOut})
	case errors.Is(err, pdf.ErrPassword):
		w.note(problem{Encrypted})
	case errors.Is(err, pdf.ErrMemory):
		w.note(problem{TooLarge})
	case errors.Is(err, pdf.ErrStart):
		w.note(problem{Unsupported})
	default:
		w.note(err)
	}
}

func (w *walker) pages(location string, d *pdf.Document, depth int) error {
	pages, err := d.Pages()
	if err != nil {
		return err
	}
	letters := 0
	give := func(text string) {
		letters += utf8.RuneCountInString(strings.Join(strings.Fields(text), ""))
		w.expanded -= int64(len(text))
		w.sink.Write([]byte(text))
	}
	if pages == 0 {
		return problem{Corrupt}
	}
	w.sink.Begin(location)
	if err := d.Properties(give); err != nil {
		return err
	}
	broken := false
	for i := range pages {
		if w.over() {
			return w.limit()
		}
		letters = 0
		page := join(location, "page "+strconv.Itoa(i+1))
		w.sink.Begin(page)
		err := d.Page(i, give)
		if err == nil {
			err = w.drawnPage(page, d, i, letters < fewLetters, depth)
		}
		switch {
		case errors.Is(err, pdf.ErrDamaged): // the others may be fine
			broken = true
		case err != nil:
			return err
		}
	}
	if broken {
		return problem{Corrupt}
	}
	return nil
}

// What of a page makes it one to look at, beside having next to no text.
const (
	fewLetters = 16
	codeShare  = 0.005 // pictures cover so much: a code of 2 cm on A4
	textShare  = 0.1   // pictures cover so much: more than a letterhead
)

// drawnPage looks at a page as people see it where the limits ask for it and
// pictures make it up.
func (w *walker) drawnPage(location string, d *pdf.Document, number int, bare bool, depth int) error {
	if !bare && !w.limits.LooksAtPictures() {
		return nil
	}
	look, err := d.Look(number)
	if err != nil {
		return err
	}
	bare = bare && look.Drawn
	text := bare || look.Pictures >= textShare
	if text && look.Pictures > 0 && !w.limits.Pictures {
		w.pictures++
	}
	codes := w.limits.Codes && (bare || look.Pictures >= codeShare)
	text = text && w.limits.Pictures
	if !codes && !text {
		return nil
	}
	drawn, err := d.Draw(number, MostGrayPixels)
	if err != nil {
		return err
	}
	if codes {
		w.codes(location, drawn, depth)
	}
	if text {
		w.recognized(location, drawn)
	}
	return nil
}

func (w *walker) attachments(location string, d *pdf.Document, depth int) error {
	n, err := d.Attachments()
	if err != nil {
		return err
	}
	for i := range n {
		if !w.admit() {
			return nil
		}
		name, content, err := d.Attachment(i)
		if err != nil {
			return err
		}
		w.expanded -= int64(len(content))
		w.stream(join(location, name), bytes.NewReader(content), int64(len(content)), depth+1)
	}
	return nil
}

const (
	headerOfPDF = "%PDF-"
	endOfPDF    = "%%EOF"
)

// aroundPDF looks at what stands before and behind the document, which no
// reader of PDF shows.
func (w *walker) aroundPDF(location string, at io.ReaderAt, size int64) {
	buf := make([]byte, blockSize)
	n, err := at.ReadAt(buf[:min(1024, size)], 0)
	if err != nil && err != io.EOF {
		w.note(err)
		return
	}
	if i := bytes.Index(buf[:n], []byte(headerOfPDF)); i > 0 {
		w.runs(location, io.NewSectionReader(at, 0, int64(i)))
	}
	for end := size; end > 0 && !w.over(); {
		from := max(0, end-int64(len(buf)))
		n, err := at.ReadAt(buf[:end-from], from)
		if err != nil && err != io.EOF {
			w.note(err)
			return
		}
		if i := bytes.LastIndex(buf[:n], []byte(endOfPDF)); i >= 0 {
			from += int64(i + len(endOfPDF))
			w.runs(location, io.NewSectionReader(at, from, size-from))
			return
		}
		if from == 0 {
			return
		}
		end = from + int64(len(endOfPDF)) - 1
	}
}
