package clipboard

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestReadersOfFileListsAreBounded(t *testing.T) {
	files, complete := fileList(strings.Repeat("file:///a\n", 2*maxFiles))
	if len(files) != maxFiles || complete {
		t.Errorf("%d files, complete %v", len(files), complete)
	}
}

func FuzzFileList(f *testing.F) {
	f.Add("copy\nfile:///a%20b\r\n")
	f.Add("file://%zz\x00")
	f.Fuzz(func(t *testing.T, text string) {
		files, _ := fileList(text)
		for _, name := range files {
			if !filepath.IsAbs(name) || name != filepath.Clean(name) {
				t.Errorf("answered %q", name)
			}
		}
	})
}
