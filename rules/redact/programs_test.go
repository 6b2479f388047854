package redact

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python runs a script with the modules of the system's own Python.
func python(t *testing.T, script, dir string) string {
	t.Helper()
	const interpreter = "/usr/bin/python3"
	if err := exec.Command(interpreter, "-c", "import openpyxl, docx").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("python3-openpyxl and python3-docx are not installed: scripts/install-test-tools does it")
		}
		t.Skip("NOT TESTED: python3-openpyxl and python3-docx are not installed")
	}
	out, err := exec.Command(interpreter, script, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
	return string(out)
}

// What openpyxl and python-docx wrote, they read again: with everything that
// is not masked as it was.
func TestCopiesOpenInOtherPrograms(t *testing.T) {
	dir := t.TempDir()
	python(t, "testdata/make.py", dir)
	for _, name := range []string{"rich.xlsx", "rich.docx"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out, report := masked(t, name, content)
		if len(report.Masked) < 4 {
			t.Errorf("%s: masked %+v", name, report.Masked)
		}
		if err := os.WriteFile(filepath.Join(dir, "masked-"+name), out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := python(t, "testdata/check.py", dir); !strings.Contains(out, "as wanted") {
		t.Error(out)
	}
	t.Run("LibreOffice", func(t *testing.T) { libreOffice(t, dir) })
}

// libreOffice has LibreOffice read the copies.
func libreOffice(t *testing.T, dir string) {
	soffice, err := exec.LookPath("soffice")
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatal("LibreOffice is not installed (apt-get install libreoffice-calc-nogui libreoffice-writer-nogui)")
	case err != nil || testing.Short():
		t.Skip("NOT TESTED: LibreOffice is not installed, or -short is set")
	}
	for from, to := range map[string]struct{ format, want, not string }{
		"masked-rich.xlsx": {"csv:Text - txt - csv (StarCalc):44,34,76", "李*,139****7218,310104********0023,l***@163.com,80", "13700002222"},
		"masked-rich.docx": {"txt:Text (encoded):UTF8", "，电话：135****6394，请保密。", "欧阳明轩"},
	} {
		cmd := exec.Command(soffice, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", to.format, "--outdir", dir, filepath.Join(dir, from))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", from, err, out)
		}
		format, _, _ := strings.Cut(to.format, ":")
		text, err := os.ReadFile(filepath.Join(dir, strings.TrimSuffix(from, filepath.Ext(from))+"."+format))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), to.want) || strings.Contains(string(text), to.not) {
			t.Errorf("%s reads as:\n%s", from, text)
		}
	}
}
