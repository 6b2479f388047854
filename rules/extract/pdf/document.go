package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"
)

// largestFile is what PDFium can address, in bytes.
const largestFile = 1<<31 - 1

// Document is one document being read. It is not safe for concurrent use.
//
// A call of PDFium cannot be interrupted: ctx counts between pages. Whoever
// needs more reads in a process that can be ended.
type Document struct {
	engine   *Engine
	ctx      context.Context
	source   *source
	instance pdfium.Pdfium
	memory   *bounded
	ref      references.FPDF_DOCUMENT
	forms    bool
	read     int  // pages since it was opened
	dead     bool // a call failed in a way that leaves PDFium unusable
}

// Open opens a document of size bytes. It has to be closed. Errors are
// ErrPassword, ErrDamaged, ErrMemory, ErrStart, those of ctx, and those of
// reading r; so it is with every method.
func (e *Engine) Open(ctx context.Context, r io.ReaderAt, size int64) (*Document, error) {
	if size > largestFile {
		return nil, ErrMemory
	}
	d := &Document{engine: e, ctx: ctx, source: newSource(r, size)}
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Document) open() (err error) {
	if d.instance, d.memory, err = d.engine.instance(d.ctx); err != nil {
		if errors.Is(err, ErrStart) {
			return err
		}
		return d.explain(err)
	}
	err = d.call(func() error {
		opened, err := d.instance.OpenDocument(&requests.OpenDocument{FileReader: d.source, FileReaderSize: d.source.size})
		if err != nil {
			return err
		}
		d.ref = opened.Document
		form, err := d.instance.FPDF_GetFormType(&requests.FPDF_GetFormType{Document: d.ref})
		d.forms = err == nil && form.FormType != enums.FPDF_FORMTYPE_NONE
		return nil
	})
	if err != nil {
		d.Close()
	}
	return err
}

// Pages leave something behind in the memory of PDFium. A document that has
// taken up reopenFrom bytes is opened anew, once in a while.
const (
	reopenFrom = largestMemory / 2
	reopenStep = 200 // pages
)

func (d *Document) renew() error {
	d.read++
	if d.read < reopenStep || d.memory.used < reopenFrom {
		return nil
	}
	d.Close()
	d.read = 0
	return d.open()
}

// Close ends reading.
func (d *Document) Close() {
	if d.dead {
		_ = d.instance.Kill() // it is gone either way
		return
	}
	_ = d.instance.Close()
}

// call runs f, which calls PDFium, and says what went wrong in words of this
// package.
func (d *Document) call(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			d.dead = true
			err = d.explain(fmt.Errorf("%v: %w", r, ErrDamaged))
		}
	}()
	switch {
	case d.ctx.Err() != nil:
		return d.ctx.Err()
	case d.dead:
		return ErrDamaged
	}
	if err := f(); err != nil {
		return d.explain(err)
	}
	return d.source.err
}

func (d *Document) explain(err error) error {
	d.dead = d.dead || trapped(err)
	switch {
	case d.ctx.Err() != nil:
		return d.ctx.Err()
	case d.source.err != nil:
		return d.source.err
	case errors.Is(err, pdfiumerrors.ErrPassword), errors.Is(err, pdfiumerrors.ErrSecurity):
		return ErrPassword
	case errors.Is(err, ErrMemory), d.memory != nil && d.memory.refused:
		return ErrMemory
	}
	return ErrDamaged
}

// trapped tells whether PDFium broke off in the middle: nothing can be said of
// its state any more.
func trapped(err error) bool { return err != nil && strings.Contains(err.Error(), "wasm error") }

// unlessTrapped forgives what is only not there, or is not what it should be.
func unlessTrapped(err error) error {
	if trapped(err) {
		return err
	}
	return nil
}

// Pages answers how many pages the document says it has.
func (d *Document) Pages() (n int, err error) {
	err = d.call(func() error {
		count, err := d.instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.ref})
		if err == nil {
			n = count.PageCount
		}
		return err
	})
	return n, err
}

// Page gives the text of a page, counted from 0, and then the texts of its
// notes and form fields, a line each.
func (d *Document) Page(number int, give func(text string)) error {
	if err := d.renew(); err != nil {
		return err
	}
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: d.ref, Index: number}}
	return d.call(func() error {
		text, err := d.text(page)
		if err != nil {
			return err
		}
		give(text)
		return errors.Join(d.notes(page, give), d.fields(page, give))
	})
}

func (d *Document) text(page requests.Page) (string, error) {
	loaded, err := d.instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return "", err
	}
	count, err := d.instance.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: loaded.TextPage})
	if err != nil {
		return "", err
	}
	var text string
	if count.Count > 0 {
		got, err := d.instance.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: loaded.TextPage, Count: count.Count})
		if err != nil {
			return "", err
		}
		text = strings.ReplaceAll(got.Text, "\r\n", "\n")
	}
	_, err = d.instance.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: loaded.TextPage})
	return text, err
}

// mostNotes bounds the notes looked at on one page.
const mostNotes = 10_000

// notes gives what people wrote onto the page.
func (d *Document) notes(page requests.Page, give func(string)) error {
	count, err := d.instance.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: page})
	if err != nil {
		return unlessTrapped(err)
	}
	for i := range min(count.Count, mostNotes) {
		note, err := d.instance.FPDFPage_GetAnnot(&requests.FPDFPage_GetAnnot{Page: page, Index: i})
		if err != nil {
			if trapped(err) {
				return err
			}
			continue
		}
		for _, key := range []string{"Contents", "T", "Subj"} {
			value, err := d.instance.FPDFAnnot_GetStringValue(&requests.FPDFAnnot_GetStringValue{Annotation: note.Annotation, Key: key})
			if err == nil && value.Value != "" {
				give(value.Value + "\n")
			}
		}
		_, _ = d.instance.FPDFPage_CloseAnnot(&requests.FPDFPage_CloseAnnot{Annotation: note.Annotation}) // fails only for what is closed
	}
	return nil
}

// fields gives what forms were filled in with.
func (d *Document) fields(page requests.Page, give func(string)) error {
	if !d.forms {
		return nil
	}
	form, err := d.instance.GetForm(&requests.GetForm{Page: page})
	if err != nil {
		return unlessTrapped(err)
	}
	for _, f := range form.Fields {
		give(fieldText(f))
	}
	return nil
}

func fieldText(f responses.FormField) string {
	values := f.Values
	if f.Value != nil {
		values = append(values, *f.Value)
	}
	return strings.TrimSpace(strings.Join([]string{f.Name, f.ToolTip}, " ")) + ": " + strings.Join(values, ", ") + "\n"
}

// Properties gives title, author and the like, a line each.
func (d *Document) Properties(give func(text string)) error {
	return d.call(func() error {
		data, err := d.instance.GetMetaData(&requests.GetMetaData{Document: d.ref, Tags: &[]string{"Title", "Author", "Subject", "Keywords"}})
		if err != nil {
			return unlessTrapped(err)
		}
		for _, t := range data.Tags {
			if t.Value != "" {
				give(t.Tag + ": " + t.Value + "\n")
			}
		}
		return nil
	})
}

// Attachments answers how many files are attached.
func (d *Document) Attachments() (n int, err error) {
	err = d.call(func() error {
		count, err := d.instance.FPDFDoc_GetAttachmentCount(&requests.FPDFDoc_GetAttachmentCount{Document: d.ref})
		if err == nil {
			n = count.AttachmentCount
		}
		return err
	})
	return n, err
}

// Attachment answers name and content of an attached file.
func (d *Document) Attachment(number int) (name string, content []byte, err error) {
	err = d.call(func() error {
		attached, err := d.instance.FPDFDoc_GetAttachment(&requests.FPDFDoc_GetAttachment{Document: d.ref, Index: number})
		if err != nil {
			return err
		}
		if n, err := d.instance.FPDFAttachment_GetName(&requests.FPDFAttachment_GetName{Attachment: attached.Attachment}); err == nil {
			name = n.Name
		}
		file, err := d.instance.FPDFAttachment_GetFile(&requests.FPDFAttachment_GetFile{Attachment: attached.Attachment})
		if err == nil {
			content = file.Contents
		}
		return err
	})
	return name, content, err
}
