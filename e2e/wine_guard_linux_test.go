package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
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
		"TestOverlayFinishes", "TestOverlayHoldsWhatWasWritten", "TestOverlayManyAtOnce", "TestOverlayJudgesForThoseWhoWrite", "TestOverlayJudgesMappedPages",
		"TestOverlayDoesNotStampWhatCamePast", "TestOverlayStampsFollow", "TestOverlayTimesAfterClosing", "TestOverlaySweepsItsOwnOnly", "TestOverlayReadOnlyOnceWritten",
		"TestOverlayReservesNames")

	doctor := func(want string) {
		t.Helper()
		if said, _ := w.try("wine", `C:\trustline.exe`, "doctor"); !strings.Contains(said, want) {
			t.Errorf("doctor does not say %q:\n%s", want, said)
		}
	}
	doctor("WinFsp is not installed")
	w.installStandIn()
	passed("TestWindowsGuardServesTheStandIn", "TestWindowsGuardRefusedByTheStandIn", "TestWindowsGuardThatComesLate", "TestWindowsGuardTimesAfterClosing", "TestWindowsGuardOfAVolumeThatGoes")

	// Wine's drives cannot be taken over: the agent goes on as without a guard.
	doctor("WinFsp 2.1: what is written")
	w.write("ProgramData/Trustline/agent.yaml", "policy: 'C:\\ProgramData\\Trustline\\policy.yaml'\n")
	w.write("ProgramData/Trustline/policy.yaml", `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: not-on-sticks
    title: {en: Not on sticks, zh: 不得放到 U 盘}
    when: {class: list, channel: removable-media}
    action: block
`)
	var list bytes.Buffer
	if err := synthetic.CSV(&list, synthetic.New(13).People(60), "zh"); err != nil {
		t.Fatal(err)
	}
	w.write("list.csv", list.String())
	w.start()
	w.run("wine", "cmd", "/c", `copy C:\list.csv E:\names.csv`)
	w.until("the list is taken back", func() bool { return missing(filepath.Join(w.e, "names.csv")) })
}
