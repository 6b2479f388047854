package extract

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// packedHello is the example of [MS-OXRTFCP] 3.1.1.
const packedHello = "\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42" +
	"\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0"

func TestPackedRTF(t *testing.T) {
	const header = "\x2d\x00\x00\x00\x2b\x00\x00\x00"
	for name, tt := range map[string]struct {
		packed, text string
		reason       Reason
	}{
		"packed":      {packedHello, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n", ""},
		"not packed":  {header + "MELA\x00\x00\x00\x00{\\rtf1 hello}", "{\\rtf1 hello}", ""},
		"cut":         {packedHello[:30], "{\\rtf1\\ansi\\ansicpg1252", Truncated},
		"no header":   {"LZFu", "", Truncated},
		"other":       {header + "????\x00\x00\x00\x00hello", "hello", Corrupt},
		"nothing":     {packedHello[:16], "", Truncated},
		"over itself": {header + "LZFu\x00\x00\x00\x00\x02x\x0c\xfe\x0c\xf0", "x" + strings.Repeat("x", 16), Truncated},
	} {
		text, err := unpackRTF([]byte(tt.packed))
		if !strings.HasPrefix(string(text), tt.text) || reasonOf(err) != tt.reason {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// TestMessageOfOutlook reads a message Outlook itself saved, from the tests of
// a module this program is built with.
func TestMessageOfOutlook(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/richardlehane/mscfb").Output()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "test/test.msg"))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "test.msg", content, "", "\nSubject: test\nReceived: from EXCHANGE", "\nState Records' logo\n", "[test.doc]\n")
}
