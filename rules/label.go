package rules

import (
	"bytes"
	"slices"
	"strings"
)

// Bounds on the labels of one piece of content.
const (
	maxLabels     = 20
	maxLabel      = 100      // bytes of one
	maxProperties = 64 << 10 // bytes of properties looked at
)

// labels reads how a document is marked from its properties: the labels of
// Microsoft Purview Information Protection (MSIP_Label_…_Name), custom
// properties that are called a label or a level of secrecy, and its category,
// keywords and status, as ECMA-376 part 2 and ISO 32000 keep them.
type labels struct {
	kind  propertyKind
	text  []byte
	begun int // fragments
	found []string
}

// propertyKind says where the properties of a fragment come from.
type propertyKind int

const (
	noProperties propertyKind = iota
	customProperties
	coreProperties
	pdfProperties // if the document turns out to be one
)

func (l *labels) reset() { *l = labels{text: l.text[:0], found: nil} }

// begin starts a fragment: the parts custom.xml and core.xml of an office
// document are called so, and properties of a PDF stand at its beginning.
func (l *labels) begin(location string) {
	l.end()
	l.text = l.text[:0]
	part := location[strings.LastIndex(location, " ")+1:]
	switch l.begun++; {
	case part == "custom":
		l.kind = customProperties
	case part == "core":
		l.kind = coreProperties
	case l.begun == 1:
		l.kind = pdfProperties
	default:
		l.kind = noProperties
	}
}

func (l *labels) write(text []byte) {
	if l.kind != noProperties && len(l.text) < maxProperties {
		l.text = append(l.text, text[:min(len(text), maxProperties-len(l.text))]...)
	}
}

func (l *labels) end() {
	kind := l.kind
	l.kind = noProperties
	switch kind {
	case customProperties:
		l.custom()
	case coreProperties:
		for field := range bytes.FieldsFuncSeq(l.text, func(r rune) bool { return r == '\t' || r == '\n' }) {
			l.marked(field, "category", "keywords", "contentStatus")
		}
	case pdfProperties:
		if !bytes.HasPrefix(l.text, []byte("Title: ")) && !bytes.Contains(l.text[:min(len(l.text), 4<<10)], []byte("Keywords: ")) {
			return
		}
		for line := range bytes.SplitSeq(l.text[:min(len(l.text), 4<<10)], []byte{'\n'}) {
			l.marked(line, "Keywords", "Subject")
		}
	}
}

// marked takes the value of a field of one of these names.
func (l *labels) marked(field []byte, names ...string) {
	name, value, ok := strings.Cut(string(field), ": ")
	if ok && slices.Contains(names, name) {
		for _, one := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' || r == '；' || r == '，' }) {
			l.add(one)
		}
	}
}

// custom reads properties, one to a line: name=…, and the value behind its type.
func (l *labels) custom() {
	for line := range bytes.SplitSeq(l.text, []byte{'\n'}) {
		name, value := "", ""
		for field := range strings.SplitSeq(string(line), "\t") {
			if n, ok := strings.CutPrefix(field, "name="); ok {
				name = n
			} else if _, v, ok := strings.Cut(field, ": "); ok && name != "" {
				value = v
			}
		}
		if says(name) {
			l.add(value)
		}
	}
}

// says tells whether a property of this name is a label.
func says(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	if strings.HasPrefix(name, "msip_label_") {
		return strings.HasSuffix(name, "_name")
	}
	return slices.Contains([]string{"label", "classification", "sensitivity", "security classification", "confidentiality", "securitylevel",
		"密级", "密级标识", "保密级别", "密级标志", "数据级别", "数据分级"}, name)
}

func (l *labels) add(label string) {
	label = strings.TrimSpace(label)
	if label != "" && len(label) <= maxLabel && len(l.found) < maxLabels && !slices.Contains(l.found, label) {
		l.found = append(l.found, label)
	}
}
