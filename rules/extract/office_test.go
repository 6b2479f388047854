package extract

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

// TestOfficeFiles reads documents, workbooks and presentations with text in
// every place LibreOffice can put it, in every format it writes;
// testdata/make_office.py made them.
func TestOfficeFiles(t *testing.T) {
	files := unpacked(t, real(t, "../office.tar.xz"))
	var manifest map[string][]string
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(manifest)) {
		t.Run(name, func(t *testing.T) {
			text, result := extracted(t, files[name])
			if result.Reason != "" {
				t.Errorf("reason %q", result.Reason)
			}
			for _, want := range manifest[name] {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in:\n%.1500s", want, text)
				}
			}
		})
		kinds[path.Ext(name)]++
	}
	for kind, n := range kinds {
		if n < 10 {
			t.Errorf("%d files of %s", n, kind)
		}
	}
	if len(kinds) < 12 {
		t.Errorf("%d formats", len(kinds))
	}
}

func unpacked(t testing.TB, packed []byte) map[string][]byte {
	t.Helper()
	plain, err := xz.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(plain); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}
