package redact

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
)

// The media types of documents that can be rewritten.
const (
	spreadsheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	documentType    = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// office rewrites a document of the Open Packaging Conventions (ECMA-376 part
// 2), part by part.
type office struct {
	*job
	ctx      context.Context
	files    []*zip.File
	out      *zip.Writer
	folder   string // of its main parts
	strings  sharedStrings
	headings map[string]bool // of the tables of a workbook
	gone     map[string]bool // parts left out, by lower-case path
}

// office copies a document.
func (j *job) office(ctx context.Context, in io.ReaderAt, size int64, out io.Writer) error {
	z, err := zip.NewReader(in, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return refuse(Damaged, "")
	}
	o := &office{job: j, ctx: ctx, files: z.File, folder: "word/", headings: map[string]bool{}, gone: map[string]bool{}}
	if j.kind == spreadsheetType {
		o.folder = "xl/"
	}
	o.out = zip.NewWriter(out)
	o.out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.DefaultCompression) })
	if err := o.check(); err != nil {
		return err
	}
	if err := o.prepare(); err != nil {
		return err
	}
	slices.SortStableFunc(o.files, func(a, b *zip.File) int { return o.rank(a) - o.rank(b) })
	for _, f := range o.files {
		if err := j.over(ctx); err != nil {
			return err
		}
		if o.gone[lower(f)] {
			continue
		}
		if err := o.copy(f); err != nil {
			return at(placeOf(f), err)
		}
	}
	if err := o.out.Close(); err != nil {
		return fmt.Errorf("write the masked copy: %w", err)
	}
	return nil
}

func lower(f *zip.File) string { return strings.ToLower(f.Name) }

// placeOf names a part as people would: its path may hold customer data only
// where the document is refused for it anyway.
func placeOf(f *zip.File) string {
	name := path.Base(f.Name)
	for _, r := range name {
		if r < ' ' || r >= 0x7F {
			return path.Dir(f.Name)
		}
	}
	if len(name) > 40 {
		return path.Dir(f.Name)
	}
	return strings.TrimSuffix(name, ".xml")
}

// check refuses what cannot be rewritten safely, by the parts there are.
func (o *office) check() error {
	if len(o.files) > o.limits.Parts {
		return refuse(TooLarge, "")
	}
	seen := map[string]bool{}
	for _, f := range o.files {
		name := lower(f)
		if seen[name] || strings.Contains(name, `\`) || strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") {
			return refuse(Damaged, "")
		}
		seen[name] = true
		switch {
		case f.Flags&1 != 0:
			return refuse(Encrypted, "")
		case strings.Contains(name, "vbaproject") || strings.Contains(name, "vbadata") || strings.HasPrefix(name, "xl/macrosheets/") || strings.HasPrefix(name, "customui/"):
			return refuse(Macros, "")
		case strings.HasPrefix(name, "_xmlsignatures/"):
			return refuse(Signed, "")
		case strings.Contains(name, "/embeddings/") && !isPackage(name) || strings.Contains(name, "/activex/") || strings.HasPrefix(name, "word/afchunk") || strings.Contains(name, "/ctrlprops/"):
			return refuse(Embedded, "")
		case strings.HasPrefix(name, "xl/worksheets/") && strings.HasSuffix(name, ".bin"), name == "xl/workbook.bin":
			return refuse(Format, "")
		}
	}
	if !seen["[content_types].xml"] {
		return refuse(Damaged, "")
	}
	return nil
}

// prepare finds out what the copy needs to know before it begins: parts that
// are left out, strings that cells point to, headings of tables.
func (o *office) prepare() error {
	for _, f := range o.files {
		switch name := lower(f); {
		case name == "xl/calcchain.xml", strings.HasPrefix(name, "docprops/thumbnail"):
			o.gone[name] = true // programs make both anew; the latter is a picture of the first page
		case strings.HasPrefix(name, "xl/tables/") && strings.HasSuffix(name, ".xml"):
			if err := o.readHeadings(f); err != nil {
				return at(placeOf(f), err)
			}
		case name == "xl/sharedstrings.xml":
			r, err := o.open(f)
			if err != nil {
				return err
			}
			if err := o.strings.load(o.newPart(o.ctx, "", r, io.Discard)); err != nil {
				return at(placeOf(f), err)
			}
		}
	}
	return nil
}

func (o *office) readHeadings(f *zip.File) error {
	r, err := o.open(f)
	if err != nil {
		return err
	}
	x := newTokens(r)
	for {
		if err := x.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if x.kind == startToken && string(x.name) == "tableColumn" && len(o.headings) < 100_000 {
			o.headings[x.attr("name")] = true
		}
	}
}

// rank orders the parts: what names the others first, so that programs know
// the file by its first bytes; then those with the data, then those that
// repeat it.
func (o *office) rank(f *zip.File) int {
	switch name := lower(f); {
	case name == "[content_types].xml":
		return 0
	case name == "_rels/.rels":
		return 1
	case name == "word/document.xml" || strings.HasPrefix(name, "xl/worksheets/sheet"):
		return 2
	case strings.HasPrefix(name, o.folder) && strings.Count(name, "/") == 1 && name != "xl/sharedstrings.xml" && name != "xl/workbook.xml":
		return 3
	case name == "xl/sharedstrings.xml":
		return 4
	}
	return 5
}

// copy copies one part.
func (o *office) copy(f *zip.File) error {
	name := lower(f)
	xml := strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") || strings.HasSuffix(name, ".vml")
	if strings.HasSuffix(name, "/") {
		return nil
	}
	switch {
	case strings.Contains(name, "/embeddings/"):
		return o.copyEmbedded(f)
	case !xml:
		return o.copyBinary(f)
	}
	r, err := o.open(f)
	if err != nil {
		return err
	}
	w, err := o.out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: f.Modified})
	if err != nil {
		return fmt.Errorf("write the masked copy: %w", err)
	}
	buffered := bufio.NewWriterSize(w, 64<<10)
	if err := o.rewriteXML(o.newPart(o.ctx, placeOf(f), r, buffered), name); err != nil {
		return err
	}
	return buffered.Flush()
}

// rewriteXML rewrites a part by its root element, as the extractor reads it.
func (o *office) rewriteXML(p *part, name string) error {
	for {
		if ok, err := p.next(); err != nil {
			return err
		} else if !ok {
			return p.flush()
		}
		if p.kind == startToken {
			break
		}
	}
	switch root := string(p.name); root {
	case "sst":
		return o.strings.write(p)
	case "worksheet":
		return p.sheet(&o.strings, o.headings)
	case "dialogsheet", "macrosheet":
		return refuse(Macros, "")
	case "document", "glossaryDocument", "hdr", "ftr", "comments", "footnotes", "endnotes", "ThreadedComments",
		"wsDr", "drawing", "xml", "diagramData", "chartSpace", "userShapes", "dataModel":
		p.known = true
		return p.document()
	case "styleSheet", "styles", "theme", "fonts", "webSettings", "tblStyleLst", "numbering", "stylesWithEffects":
		return p.texts()
	case "Types":
		return o.types(p)
	case "Relationships":
		return p.links(o.leftOut(name))
	default:
		p.strict = strictness(root, name)
		p.known = p.strict != "" || strings.HasPrefix(name, "customxml/") || name == "docprops/custom.xml"
		return p.tree()
	}
}

// strictness says why a part is refused when something is found in it; "" for
// parts whose texts may become anything.
func strictness(root, name string) Reason {
	switch {
	case strings.HasPrefix(name, "docprops/"), strings.HasPrefix(name, "customxml/"), strings.Contains(name, "/persons/"), root == "people":
		return ""
	case strings.HasPrefix(root, "pivot"):
		return PivotCache
	case root == "externalLink":
		return LinkedCache
	case root == "workbook" || root == "table" || root == "chartsheet":
		return SheetName
	}
	return Part
}

// types copies the list of what is in the document without the parts left out.
func (o *office) types(p *part) error {
	for {
		ok, err := p.next()
		if err != nil {
			return err
		}
		if !ok {
			return p.flush()
		}
		if p.kind != startToken || string(p.name) != "Override" {
			continue
		}
		if o.gone[strings.ToLower(strings.TrimPrefix(p.attr("PartName"), "/"))] && p.empty {
			p.drop()
		}
		if strings.Contains(p.attr("ContentType"), "macroEnabled") {
			return refuse(Macros, "")
		}
	}
}

// leftOut tells, for the relations at a path, which targets are left out.
func (o *office) leftOut(rels string) func(string) bool {
	base := path.Dir(path.Dir(rels))
	return func(target string) bool {
		if !strings.HasPrefix(target, "/") {
			target = path.Join(base, target)
		}
		return o.gone[strings.ToLower(strings.TrimPrefix(path.Clean(target), "/"))]
	}
}

// open reads a part within the limits.
func (o *office) open(f *zip.File) (io.Reader, error) {
	r, err := f.Open()
	if err != nil {
		return nil, refuse(Damaged, placeOf(f))
	}
	return &bounded{job: o.job, r: r, packed: int64(f.CompressedSize64)}, nil
}

// bounded is what comes out of a part.
type bounded struct {
	job    *job
	r      io.Reader
	packed int64
	n      int64
}

const ratioFrom = 16 << 20

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	b.job.expanded -= int64(n)
	switch {
	case b.job.expanded < 0, b.n > ratioFrom && b.n/max(1, b.packed) > b.job.limits.Ratio:
		return 0, refuse(TooLarge, "")
	case err != nil && !errors.Is(err, io.EOF):
		return n, refuse(Damaged, "")
	}
	return n, err
}
