//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/trustline/trustline/rules/synthetic"
)

// writer makes office documents of a CSV with python3-docx and openpyxl.
const writer = `
import csv, sys
rows = list(csv.reader(open("people.csv", encoding="utf-8-sig")))
import docx
d = docx.Document()
for r in rows[:int(sys.argv[1])]: d.add_paragraph("  ".join(r))
d.save("people.docx")
import openpyxl
w = openpyxl.Workbook(write_only=True); s = w.create_sheet("customers")
for r in rows: s.append(r)
w.save("people.xlsx")
d = docx.Document()
for r in rows[:6000]: d.add_paragraph("  ".join(r))
d.save("long.docx")
`

// documents makes the files to be read in folder dir.
func documents(dir string, people int) error {
	var b bytes.Buffer
	if err := synthetic.CSV(&b, synthetic.New(5).People(people), "zh"); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "people.csv"), b.Bytes(), 0o600); err != nil {
		return err
	}
	steps := [][]string{
		{"/usr/bin/python3", "-c", writer, "1300"},
		{"soffice", "--headless", "-env:UserInstallation=file://" + dir + "/office", "--convert-to", "doc", "long.docx"},
		{"soffice", "--headless", "-env:UserInstallation=file://" + dir + "/office", "--convert-to", "pdf", "long.docx"},
		{"sh", "-c", `n=$((20000000 / $(stat -c %s long.pdf) + 1)); set --; while [ $n -gt 0 ]; do set -- "$@" long.pdf; n=$((n-1)); done; pdfunite "$@" people.pdf`},
		{"zip", "-q", "people.zip", "people.csv"},
		{"gzip", "-k", "people.csv"},
		{"7z", "a", "-bd", "people.7z", "people.csv"},
	}
	for _, step := range steps {
		c := exec.Command(step[0], step[1:]...)
		c.Dir = dir
		if said, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("make documents: %s: %w\n%s", step[0], err, said)
		}
	}
	return os.Rename(filepath.Join(dir, "long.doc"), filepath.Join(dir, "people.doc"))
}
