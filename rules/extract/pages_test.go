package extract

import "testing"

// A directory that ends with the file is the last; one cut off elsewhere is
// damaged.
func TestLastDirectoryWithoutPointer(t *testing.T) {
	file := append([]byte("II*\x00\x08\x00\x00\x00\x01\x00"), make([]byte, 12)...)
	for name, tt := range map[string]struct {
		content []byte
		fails   bool
	}{
		"no pointer":     {file, false},
		"pointer":        {append(file[:len(file):len(file)], 0, 0, 0, 0), false},
		"half a pointer": {append(file[:len(file):len(file)], 0, 0), true},
		"half an entry":  {file[:len(file)-2], true},
	} {
		pages, failed := 0, false
		for _, err := range pagesOf(tt.content) {
			if pages++; err != nil {
				failed = true
			}
		}
		if failed != tt.fails || !failed && pages != 1 {
			t.Errorf("%s: %d pages, failed %v", name, pages, failed)
		}
	}
}
