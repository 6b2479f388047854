package redact

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/trustline/trustline/rules"
)

// binaryMost bounds a part that is held in memory, in bytes.
const binaryMost = 128 << 20

func (o *office) held(f *zip.File) ([]byte, error) {
	r, err := o.open(f)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, binaryMost+1))
	if err == nil && len(content) > binaryMost {
		err = refuse(TooLarge, "")
	}
	return content, err
}

// Binary parts that are copied as they are, if nothing is found in them: what
// anything else holds, nobody can tell.
var (
	pictures  = regexp.MustCompile(`/media/[^/]*\.(png|jpe?g|jfif|gif|bmp|tiff?|emf|wmf|wdp|svg|webp|ico)$`)
	technical = regexp.MustCompile(`/printersettings/|^word/fonts/`)
)

func (o *office) copyBinary(f *zip.File) error {
	picture := pictures.MatchString(lower(f))
	if !picture && !technical.MatchString(lower(f)) {
		return refuse(Part, "")
	}
	content, err := o.held(f)
	if err != nil {
		return err
	}
	found, err := o.engine.Scan(o.ctx, "", bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return fmt.Errorf("read a part: %w", err)
	}
	if found.Status != rules.Clean {
		return refuse(Part, "")
	}
	if picture {
		o.pictures++
	}
	if err := o.out.Copy(f); err != nil {
		return fmt.Errorf("write the masked copy: %w", err)
	}
	return nil
}

// isPackage tells documents inside a document that can be masked themselves,
// such as the workbook behind a diagram.
func isPackage(name string) bool {
	return strings.HasSuffix(name, ".xlsx") || strings.HasSuffix(name, ".docx")
}

// copyEmbedded masks a document inside the document, one level deep.
func (o *office) copyEmbedded(f *zip.File) error {
	if o.inner {
		return refuse(Embedded, "")
	}
	content, err := o.held(f)
	if err != nil {
		return err
	}
	found, err := o.engine.Scan(o.ctx, "", bytes.NewReader(content), int64(len(content)))
	switch {
	case err != nil:
		return fmt.Errorf("read a part: %w", err)
	case found.Reason != "" || found.Type != spreadsheetType && found.Type != documentType:
		return refuse(Embedded, "")
	}
	w, err := o.out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store, Modified: f.Modified})
	if err != nil {
		return fmt.Errorf("write the masked copy: %w", err)
	}
	outer := o.kind
	o.kind, o.inner = found.Type, true
	err = o.job.office(o.ctx, bytes.NewReader(content), int64(len(content)), w)
	o.kind, o.inner = outer, false
	return err
}
