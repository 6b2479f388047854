package extract

import (
	"bufio"
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
)

// office reads an office document of the Open Packaging Conventions (ECMA-376
// part 2). What a part is, its root element says, not its name.
type office struct {
	*archive
	mediaType string
	strings   sharedStrings
	sheets    map[string]string // part path -> name of the sheet
	order     []string          // part paths of sheets, as the workbook lists them
}

// The office formats, by the folder of their main part.
var officeTypes = map[string]string{
	"xl":   "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"ppt":  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}

// office answers the archive as an office document, nil when it is none.
func (z *archive) office() *office {
	types, mt := false, ""
	for i := range z.entries {
		name := strings.ToLower(z.entries[i].name)
		types = types || name == "[content_types].xml"
		folder, _, _ := strings.Cut(name, "/")
		if t := officeTypes[folder]; t != "" && mt == "" {
			mt = t
		}
	}
	if !types && mt == "" {
		return nil
	}
	if mt == "" {
		mt = "application/vnd.openxmlformats-package"
	}
	return &office{archive: z, mediaType: mt, sheets: map[string]string{}}
}

// read reads every part: what cells point to first, sheets in the order of the
// workbook, then everything else.
func (o *office) read() string {
	var rest []*entry
	var workbook *entry
	relations := map[string]string{}
	for i := range o.entries {
		e := &o.entries[i]
		switch name := strings.ToLower(e.name); {
		case strings.HasSuffix(name, "sharedstrings.xml"), strings.HasSuffix(name, "sharedstrings.bin"):
			o.part(e, "")
		case strings.HasPrefix(name, "xl/_rels/workbook") && strings.HasSuffix(name, ".rels"):
			o.relations(e, relations)
			rest = append(rest, e)
		case name == "xl/workbook.xml", name == "xl/workbook.bin":
			workbook = e
			rest = append(rest, e)
		default:
			rest = append(rest, e)
		}
	}
	switch {
	case workbook == nil:
	case strings.HasSuffix(strings.ToLower(workbook.name), ".bin"):
		o.binaryWorkbook(workbook, relations)
	default:
		o.workbook(workbook, relations)
	}
	slices.SortStableFunc(rest, func(a, b *entry) int { return o.rank(a) - o.rank(b) })
	for _, e := range rest {
		o.part(e, o.sheets[strings.ToLower(e.name)])
	}
	o.strings.unused(o.w, o.location)
	return o.mediaType
}

// rank orders parts: sheets as the workbook lists them, then the others.
func (o *office) rank(e *entry) int {
	if i := slices.Index(o.order, strings.ToLower(e.name)); i >= 0 {
		return i
	}
	return len(o.order)
}

// relations reads which part an id stands for.
func (o *office) relations(e *entry, into map[string]string) {
	r := o.content(e)
	if r == nil {
		return
	}
	m := newMarkup(r)
	for m.next() {
		if m.kind == startToken && string(m.name) == "Relationship" && len(into) < 10_000 {
			target := string(m.attr("Target"))
			if !strings.HasPrefix(target, "/") {
				target = "xl/" + target
			}
			into[string(m.attr("Id"))] = strings.ToLower(strings.TrimPrefix(path.Clean(target), "/"))
		}
	}
}

// workbook reads the names of the sheets, hidden ones like all others.
func (o *office) workbook(e *entry, relations map[string]string) {
	r := o.content(e)
	if r == nil {
		return
	}
	m := newMarkup(r)
	for m.next() {
		if m.kind != startToken || string(m.name) != "sheet" || len(o.order) >= 10_000 {
			continue
		}
		if target := relations[string(m.attr("id"))]; target != "" {
			o.sheets[target] = string(appendEntities(nil, m.attr("name")))
			o.order = append(o.order, target)
		}
	}
}

// part reads one part. Name is the sheet's, where it is known.
func (o *office) part(e *entry, name string) {
	lower := strings.ToLower(e.name)
	if strings.HasSuffix(lower, ".bin") {
		o.binary(e, name)
		return
	}
	if !strings.HasSuffix(lower, ".xml") && !strings.HasSuffix(lower, ".rels") && !strings.HasSuffix(lower, ".vml") {
		o.readMember(e)
		return
	}
	r := o.content(e)
	if r == nil {
		return
	}
	defer o.w.guard()
	if name == "" {
		name = partName(e.name)
	}
	o.xml(join(o.location, name), bufio.NewReaderSize(r, sniffed))
	o.w.note(r.check())
}

// binary reads a part that is not XML: of a binary workbook, or anything else.
func (o *office) binary(e *entry, name string) {
	r := o.content(e)
	if r == nil {
		return
	}
	defer o.w.guard()
	if name == "" {
		name = strings.TrimSuffix(path.Base(e.name), ".bin")
	}
	b := bufio.NewReaderSize(r, sniffed)
	if head, _ := b.Peek(4); isBinaryPart(head) {
		o.binaryPart(join(o.location, name), b)
	} else {
		o.w.stream(join(o.location, e.name), b, e.size, o.depth+1)
	}
	o.w.note(r.check())
}

// partName shortens the path of a part to what a reader would call it:
// "word/comments.xml" is "comments", the main document needs no name.
func partName(name string) string {
	base := path.Base(name)
	if strings.EqualFold(name, "word/document.xml") {
		return ""
	}
	if ext := path.Ext(base); ext == ".xml" {
		base = strings.TrimSuffix(base, ext)
	}
	return base
}

// xml reads a part by its root element.
func (o *office) xml(location string, r *bufio.Reader) {
	if head, _ := r.Peek(sniffed); !looksLikeXML(head) {
		o.w.stream(location, r, -1, o.depth+1) // something else under a part's name
		return
	}
	m := newMarkup(utf8Reader(r))
	for m.next() {
		if m.kind != startToken {
			continue
		}
		switch string(m.name) {
		case "sst":
			o.strings.read(o.w, m)
		case "worksheet", "dialogsheet", "macrosheet":
			newSheet(o.w, location, &o.strings).read(m)
		case "document", "glossaryDocument", "hdr", "ftr", "comments", "footnotes", "endnotes",
			"sld", "notes", "sldMaster", "sldLayout", "notesMaster", "handoutMaster", "cmLst", "threadedcomments", "ThreadedComments",
			"wsDr", "drawing", "chartSpace", "userShapes", "xml", "dataModel", "diagramData":
			newDocument(o.w, location).read(m)
		case "styleSheet", "styles", "theme", "fonts", "Types", "webSettings", "tblStyleLst", "numbering", "stylesWithEffects":
			o.texts(location, m)
		case "Relationships":
			o.links(location, m)
		default:
			newTree(o.w, location, false).read(m)
		}
	}
	o.w.note(m.failure())
}

// texts gives only the text of parts whose attributes are measures.
func (o *office) texts(location string, m *markup) {
	o.w.sink.Begin(location)
	var buf []byte
	for m.next() {
		if m.kind == textToken && len(bytes.TrimSpace(m.text)) > 0 {
			buf = append(m.content(buf[:0]), '\n')
			o.w.sink.Write(buf)
		}
	}
}

// links gives where a part points to outside of the document.
func (o *office) links(location string, m *markup) {
	o.w.sink.Begin(location)
	var buf []byte
	for m.next() {
		if m.kind == startToken && string(m.attr("TargetMode")) == "External" {
			buf = append(appendEntities(buf[:0], m.attr("Target")), '\n')
			o.w.sink.Write(buf)
		}
	}
}

func looksLikeXML(head []byte) bool {
	k, _ := look(head)
	return k == markupKind
}

// utf8Reader reads text in any charset as UTF-8.
func utf8Reader(r io.Reader) io.Reader {
	u := &transcoder{r: r}
	u.d = NewDecoder(func(p []byte) { u.text = append(u.text, p...) })
	return u
}

type transcoder struct {
	r    io.Reader
	d    *Decoder
	text []byte
	pos  int
	err  error
	buf  [16 << 10]byte
}

func (u *transcoder) Read(p []byte) (int, error) {
	for u.pos == len(u.text) {
		if u.err != nil {
			return 0, u.err
		}
		u.text, u.pos = u.text[:0], 0
		n, err := u.r.Read(u.buf[:])
		u.d.Write(u.buf[:n])
		if err != nil {
			u.d.Close()
			u.err = err
		}
	}
	n := copy(p, u.text[u.pos:])
	u.pos += n
	return n, nil
}
