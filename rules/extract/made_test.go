package extract

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// leastVariants is how many files of each format other programs write here.
const leastVariants = 10

// TestFilesMadeByTools has the tools and libraries that people use write one
// list in at least ten variants of each format, and looks for all of it in
// each. Office documents, PDF and RTF by other programs are in testdata.
func TestFilesMadeByTools(t *testing.T) {
	for _, tool := range []string{"/usr/bin/python3", "gzip", "bzip2", "xz", "zstd", "lz4", "tar", "7z", "zip"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	dir := t.TempDir()
	if out, err := exec.Command("/usr/bin/python3", "testdata/make_tools.py", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	variants := map[string]int{}
	files, err := filepath.Glob(filepath.Join(dir, "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		variants[filepath.Ext(file)]++
		text, result := extracted(t, content)
		if filepath.Base(file) == "7z-Deflate64.7z" { // packed in a rare way
			if result.Reason != Unsupported {
				t.Errorf("%s: %q", filepath.Base(file), result.Reason)
			}
			continue
		}
		if result.Reason != "" {
			t.Errorf("%s: %s", filepath.Base(file), result.Reason)
		}
		for _, p := range people {
			for _, value := range p {
				if !strings.Contains(text, value) {
					t.Errorf("%s: a value of %s is missing", filepath.Base(file), p[0][:3]+"*")
				}
			}
		}
	}
	for _, format := range []string{".gz", ".bz2", ".xz", ".zst", ".lzma", ".lz4", ".tar", ".7z", ".zip", ".csv", ".db", ".eml", ".mbox"} {
		if variants[format] < leastVariants {
			t.Errorf("%s: %d variants", format, variants[format])
		}
	}
}
