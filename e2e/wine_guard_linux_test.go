package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The guard for Windows: its core and what WinFsp calls of it, on a folder of
// Wine; then with a stand-in for WinFsp that calls from threads of its own.
func TestWindowsGuardUnderWine(t *testing.T) {
	w := newWindows(t)
	build := exec.Command("go", "test", "-c", "-o", filepath.Join(w.c, "guard.test.exe"), "../agent/guard")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	passed := func(names ...string) {
		t.Helper()
		said, _ := w.try("wine", `C:\guard.test.exe`, "-test.v", "-test.short", "-test.timeout=10m", "-test.run", "^("+strings.Join(names, "|")+")$")
		for _, name := range names {
			if !strings.Contains(said, "--- PASS: "+name+" ") {
				t.Errorf("%s did not pass:\n%s", name, said)
			}
		}
	}
	passed("TestWindowsWithoutLibrary", "TestWindowsMediaThatAreNotGuarded", "TestWindowsFace", "TestWindowsAnswers",
		"TestOverlayRefuses", "TestOverlayRefusesAtTheAnnouncedEnd", "TestOverlayLetsThrough", "TestOverlayKeepsWhatWasThere",
		"TestOverlayJudgesTogetherAndAgain", "TestOverlayNames", "TestOverlayShortNames", "TestOverlayRenames", "TestOverlayWaits",
		"TestOverlayFinishes", "TestOverlayHoldsWhatWasWritten", "TestOverlayManyAtOnce")

	bin := filepath.Join(w.c, "Program Files (x86)", "WinFsp", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	w.run("x86_64-w64-mingw32-gcc", "-shared", "-static", "-O2", "-o", filepath.Join(bin, "winfsp-x64.dll"), "../agent/guard/testdata/winfsp.c")
	w.run("wine", "reg", "add", `HKLM\Software\WinFsp`, "/reg:32", "/v", "InstallDir", "/t", "REG_SZ", "/d", `C:\Program Files (x86)\WinFsp\`, "/f")
	passed("TestWindowsGuardServesTheStandIn", "TestWindowsGuardRefusedByTheStandIn", "TestWindowsGuardOfAVolumeThatGoes")
}
