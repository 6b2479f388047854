package redact

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// fataler is a test of either kind.
type fataler interface {
	Helper()
	Fatal(...any)
}

// zipped makes a document of parts.
func zipped(t fataler, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(parts[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	wordSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"`
	cellSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	relSpace  = `xmlns="http://schemas.openxmlformats.org/package/2006/relationships"`
	relBase   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

func relations(list ...string) string { // id, type, target, …
	var b strings.Builder
	b.WriteString(xmlHead + `<Relationships ` + relSpace + `>`)
	for i := 0; i+2 < len(list); i += 3 {
		mode := ""
		if strings.Contains(list[i+2], ":") {
			mode = ` TargetMode="External"`
		}
		fmt.Fprintf(&b, `<Relationship Id="%s" Type="%s%s" Target="%s"%s/>`, list[i], relBase, list[i+1], list[i+2], mode)
	}
	return b.String() + `</Relationships>`
}

func contentTypes(overrides ...string) string { // part, type, …
	var b strings.Builder
	b.WriteString(xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>`)
	for i := 0; i+1 < len(overrides); i += 2 {
		fmt.Fprintf(&b, `<Override PartName="%s" ContentType="application/vnd.openxmlformats-officedocument.%s+xml"/>`, overrides[i], overrides[i+1])
	}
	return b.String() + `</Types>`
}

// document answers the parts of a document with that body.
func wordParts(body string) map[string]string {
	return map[string]string{
		"[Content_Types].xml":          contentTypes("/word/document.xml", "wordprocessingml.document.main"),
		"_rels/.rels":                  relations("rId1", "officeDocument", "word/document.xml"),
		"word/_rels/document.xml.rels": relations(),
		"word/document.xml":            xmlHead + `<w:document ` + wordSpace + `><w:body>` + body + `</w:body></w:document>`,
	}
}

// bookParts answers the parts of a workbook of one sheet.
func bookParts(sheet string, shared ...string) map[string]string {
	var sst strings.Builder
	for _, s := range shared {
		if !strings.HasPrefix(s, "<") {
			s = "<t>" + s + "</t>"
		}
		sst.WriteString("<si>" + s + "</si>")
	}
	return map[string]string{
		"[Content_Types].xml": contentTypes("/xl/workbook.xml", "spreadsheetml.sheet.main",
			"/xl/worksheets/sheet1.xml", "spreadsheetml.worksheet", "/xl/sharedStrings.xml", "spreadsheetml.sharedStrings"),
		"_rels/.rels":                relations("rId1", "officeDocument", "xl/workbook.xml"),
		"xl/workbook.xml":            xmlHead + `<workbook ` + cellSpace + `><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": relations("rId1", "worksheet", "worksheets/sheet1.xml", "rId2", "sharedStrings", "sharedStrings.xml"),
		"xl/worksheets/sheet1.xml":   xmlHead + `<worksheet ` + cellSpace + `>` + sheet + `</worksheet>`,
		"xl/sharedStrings.xml":       xmlHead + `<sst ` + cellSpace + `>` + sst.String() + `</sst>`,
	}
}

// maskedParts masks a document of parts and answers those of the copy.
func maskedParts(t *testing.T, in map[string]string) map[string]string {
	t.Helper()
	out, _ := masked(t, "document", zipped(t, in))
	return parts(t, out)
}

func contains(t *testing.T, parts map[string]string, part string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(parts[part], w) {
			t.Errorf("%s holds no %q:\n%s", part, w, parts[part])
		}
	}
}

func lacks(t *testing.T, parts map[string]string, values ...string) {
	t.Helper()
	for name, content := range parts {
		for _, v := range values {
			if strings.Contains(content, v) {
				t.Errorf("%s still holds %q", name, v)
			}
		}
	}
}
