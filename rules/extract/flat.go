package extract

import (
	"bytes"
	"strconv"
)

// wordInOneFile are names by which one recognises documents of Office in a
// single file of XML: Word 2003 XML, and what later versions write as
// "Word XML" and "PowerPoint XML".
var wordInOneFile = [][]byte{
	[]byte("http://schemas.microsoft.com/office/word/2003/wordml"),
	[]byte("http://schemas.microsoft.com/office/2006/xmlPackage"),
}

// documentOf answers a reader for a file of XML that begins with head, if it is
// a document in one file; nil if not.
func (w *walker) documentOf(head []byte, location string) *document {
	d := newDocument(w, location)
	if bytes.Contains(head, []byte("urn:oasis:names:tc:opendocument:xmlns:office")) && bytes.Contains(head, []byte("office:document")) {
		return d
	}
	d.apart = true
	for _, name := range wordInOneFile {
		if bytes.Contains(head, name) {
			return d
		}
	}
	if bytes.Contains(head, []byte("http://schemas.uof.org/")) {
		d.names = namesOfUOF
		return d
	}
	return nil
}

// namesOfUOF are the elements of UOF (GB/T 20916), which Chinese office programs
// write, as document knows them. From version 2 on a number follows the name.
var namesOfUOF = map[string]string{
	"文字表": "tbl", "工作表": "tbl", "行": "tr", "单元格": "tc", "数据": "数据",
	"段落": "p", "文本串": "t", "制表符": "tab", "换行符": "br", "空格符": "s",
}

// rename names an element as document knows it.
func (d *document) rename(m *markup) {
	name, _, _ := bytes.Cut(m.name, []byte("_"))
	m.name = []byte(d.names[string(name)])
}

// place answers where UOF says that a row or cell stands, from 1 on, or what
// else it is.
func (d *document) place(m *markup, attribute string, otherwise int) int {
	if d.names == nil {
		return otherwise
	}
	if n, err := strconv.Atoi(string(m.attr(attribute))); err == nil && n > 0 && n <= mostColumns*100 {
		return n
	}
	return otherwise
}
