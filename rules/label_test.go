package rules

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
)

// officeDocument is a document by LibreOffice with properties added the way
// Word writes them.
func officeDocument(t *testing.T, custom string) []byte {
	t.Helper()
	dir := t.TempDir()
	script := `import docx,sys
d=docx.Document(); d.add_paragraph("Minutes"); d.core_properties.category="内部资料"; d.core_properties.keywords="board; secret"; d.save(sys.argv[1])`
	file := filepath.Join(dir, "a.docx")
	if out, err := exec.Command("/usr/bin/python3", "-c", script, file).CombinedOutput(); err != nil {
		t.Fatalf("python3-docx: %v %s", err, out)
	}
	r, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range r.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.Create("docProps/custom.xml")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(part, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">%s</Properties>`, custom)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func property(name, value string) string {
	return `<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="` + name + `"><vt:lpwstr>` + value + `</vt:lpwstr></property>`
}

func TestLabelsOfOfficeDocuments(t *testing.T) {
	engine := NewEngine(detect.DefaultPack(), Limits{})
	data := officeDocument(t, property("MSIP_Label_8f1d_Enabled", "true")+property("MSIP_Label_8f1d_Name", "Highly Confidential")+property("密级", "机密★3年")+property("Author", "somebody"))
	c, err := engine.Scan(context.Background(), "", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Highly Confidential", "机密★3年", "内部资料", "board", "secret"} {
		if !slices.Contains(c.Labels, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if slices.Contains(c.Labels, "true") || slices.Contains(c.Labels, "somebody") {
		t.Errorf("what is no label is one: %q", c.Labels)
	}
	p := mustParse(t, `version: "1"
rules:
  - id: marked
    title: {en: Marked documents stay, zh: 有密级标识的文件不得外传}
    when: {file: {label: ["highly *", "机密*"]}, channel: removable-media}
    action: block
`)
	a := activity.Activity{Channel: activity.RemovableMedia}
	if d := Decide(p, a, c, Context{}); d.Action != Block {
		t.Errorf("a marked document may leave: %s", d.Action)
	}
	if e := Explain(p, a, c, Context{}); e.Decision.Action != Block {
		t.Errorf("explained as %s", e.Decision.Action)
	}
	if d := Decide(p, a, Content{Labels: []string{"public"}}, Context{}); d.Action != Allow {
		t.Errorf("another label: %s", d.Action)
	}
	if _, early := p.BlockAt(a); early {
		t.Error("decided before the document was read")
	}
}

func TestLabelsAreBoundedAndTextHasNone(t *testing.T) {
	engine := NewEngine(detect.DefaultPack(), Limits{})
	if c := scanText(t, engine, "", "MSIP_Label_8f1d_Name: secret\nname=密级\tlpwstr: secret\n"); len(c.Labels) > 0 {
		t.Errorf("text is marked %q", c.Labels)
	}
	var many strings.Builder
	for i := range 500 {
		many.WriteString(property("密级", fmt.Sprintf("level %d", i)))
	}
	many.WriteString(property("密级", strings.Repeat("x", 500)))
	data := officeDocument(t, many.String())
	c, err := engine.Scan(context.Background(), "", bytes.NewReader(data), int64(len(data)))
	if err != nil || len(c.Labels) != maxLabels {
		t.Errorf("%d labels, %v", len(c.Labels), err)
	}
}
