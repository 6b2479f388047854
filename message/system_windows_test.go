package message

import (
	"os"
	"testing"
)

// What runs here runs under Wine as well: go test -exec wine. The caller says
// which language Windows has there.
func TestLanguageOfWindows(t *testing.T) {
	want := os.Getenv("WINDOWS_SPEAKS")
	if want == "" {
		t.Skip("SKIPPED: WINDOWS_SPEAKS does not say which language Windows has")
	}
	if got := FromEnvironment(func(string) string { return "" }); got != want {
		t.Errorf("%s, want %s; Windows says %q", got, want, system())
	}
}
