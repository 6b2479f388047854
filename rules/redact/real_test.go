package redact

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The people in the files that other programs wrote: see testdata/make.py of
// package extract. Two of their identity numbers are no valid ones.
var realValues = []string{
	"欧阳明轩", "13812345678", "11010119900307811X", "mingxuan@example.com",
	"李娜", "13987654321", "lina@example.com",
	"王建国", "15012340987", "jianguo@example.com",
	"13600001111", "13700002222", "15112345678",
}

const realFiles = "../extract/testdata/real"

func TestFilesOfOtherPrograms(t *testing.T) {
	for _, name := range []string{
		"openpyxl.xlsx", "openpyxl-stream.xlsx", "calc.xlsx", "python-docx.docx", "writer.docx",
		"utf8.csv", "utf8-bom.csv", "gb18030.csv", "utf16le.csv", "utf16be.csv", "utf16-bom.csv",
	} {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join(realFiles, name))
			if err != nil {
				t.Fatal(err)
			}
			out, report := masked(t, name, content)
			if len(report.Masked) < 3 {
				t.Errorf("masked %+v", report.Masked)
			}
			if strings.HasSuffix(name, "x") {
				sameParts(t, content, out)
			}
		})
	}
}

// sameParts compares the parts of two documents and looks for people in one.
func sameParts(t *testing.T, before, after []byte) {
	t.Helper()
	was, is := parts(t, before), parts(t, after)
	for name := range was {
		if _, ok := is[name]; !ok && name != "xl/calcChain.xml" && !strings.HasPrefix(name, "docProps/thumbnail") {
			t.Errorf("%s is lost", name)
		}
	}
	for name, content := range is {
		for _, v := range realValues {
			if strings.Contains(content, v) {
				t.Errorf("%s still holds %q", name, v)
			}
		}
	}
}

func parts(t testing.TB, content []byte) map[string]string {
	t.Helper()
	parts := partsOf(content)
	if len(parts) == 0 {
		t.Fatal("no document")
	}
	return parts
}

// partsOf answers the parts of a document, none if it is not whole.
func partsOf(content []byte) map[string]string {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return nil
		}
		parts[f.Name] = string(b)
	}
	return parts
}

func TestRefusedFilesOfOtherPrograms(t *testing.T) {
	for name, want := range map[string]Reason{
		"calc-password.xlsx": Encrypted, "writer-password.docx": Encrypted,
		"writer.doc": Format, "calc.xls": Format, "calc.ods": Format, "writer.odt": Format, "impress.pptx": Format,
		"zip.zip": Format, "writer.rtf": Format, "calc.html": Format, "python.eml": Format, "zip-password.zip": Encrypted,
	} {
		content, err := os.ReadFile(filepath.Join(realFiles, name))
		if err != nil {
			t.Fatal(err)
		}
		refused(t, name, content, want)
	}
}
