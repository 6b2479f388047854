package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Keys are sealed with DPAPI where that exists: opened again, refused when
// damaged, and taken over from an earlier version that did not seal them.
func TestWindowsKeysUnderWine(t *testing.T) {
	w := newWindows(t)
	build := exec.Command("go", "test", "-c", "-o", filepath.Join(w.c, "keyfile.test.exe"), "../uploader/keyfile")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	said := w.run("wine", `C:\keyfile.test.exe`, "-test.v")
	for _, name := range []string{"TestWritten", "TestCreatedOnce", "TestSealed", "TestEarlierVersion", "TestDamaged"} {
		if !strings.Contains(said, "--- PASS: "+name+" ") {
			t.Errorf("%s did not pass:\n%s", name, said)
		}
	}

	// The agent itself: what it makes is sealed, what an earlier version left
	// is sealed with the same key in it, and what is damaged stops it and stays.
	state := filepath.Join(w.c, "ProgramData", "Trustline")
	w.write("ProgramData/Trustline/agent.yaml", "watch: ['C:\\cloud']\n")
	earlier := bytes.Repeat([]byte("k"), 16)
	if err := os.WriteFile(filepath.Join(state, "detect.key"), earlier, 0o600); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.kill()
	for _, name := range []string{"spool.key", "detect.key"} {
		raw, err := os.ReadFile(filepath.Join(state, name))
		if err != nil || !bytes.HasPrefix(raw, []byte("trustline sealed 1\n")) || bytes.Contains(raw, earlier) {
			t.Errorf("%s is not sealed (%v)", name, err)
		}
	}
	key := filepath.Join(state, "spool.key")
	raw, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(key, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := w.try("wine", `C:\trustline.exe`, "run"); err == nil || !strings.Contains(out, "sealed on another machine, or is damaged") {
		t.Errorf("with a damaged key it said %q (%v)", out, err)
	}
	if now, err := os.ReadFile(key); err != nil || !bytes.Equal(now, raw) {
		t.Errorf("the damaged key was changed (%v)", err)
	}
}
