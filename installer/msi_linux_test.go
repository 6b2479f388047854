package installer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// onWindows installs the MSI silently on a Windows made of Wine, upgrades it and
// removes it. Wine 8 starts no service of ours, hence NOSTART.
func onWindows(t *testing.T, first, later string) {
	dir := t.TempDir()
	c := filepath.Join(dir, "prefix", "drive_c")
	try := func(args ...string) (string, error) {
		said := filepath.Join(dir, "said") // programs that live on would hold a pipe open
		f, err := os.Create(said)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "WINEPREFIX="+filepath.Join(dir, "prefix"), "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=", "DISPLAY=")
		cmd.Stdout, cmd.Stderr = f, f
		err = cmd.Run()
		text, _ := os.ReadFile(said)
		return string(text), err
	}
	run := func(args ...string) string {
		t.Helper()
		out, err := try(args...)
		if err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		return out
	}
	t.Cleanup(func() { _, _ = try("wineserver", "-k") })
	run("wineboot", "-i")
	run("x86_64-w64-mingw32-gcc", "-shared", "-O2", "-o", filepath.Join(c, "windows", "system32", "bcryptprimitives.dll"), "../e2e/testdata/processprng.c", "-ladvapi32")

	const service, starts = `HKLM\System\CurrentControlSet\Services\trustline`, `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run`
	program, config := filepath.Join(c, "Program Files", "Trustline", "trustline.exe"), filepath.Join(c, "ProgramData", "Trustline", "agent.yaml")
	old, next := filepath.Join(first, "trustline-1.2.3-x64.msi"), filepath.Join(later, "trustline-1.3.0-x64.msi")
	run("wine", "msiexec", "/i", "Z:"+old, "/qn", "CONSOLE=https://console.example:8443", "PIN=sha256//abc", "TOKEN=the-token", "NOSTART=1")
	if out := run("wine", program, "--version"); !strings.Contains(out, "1.2.3") {
		t.Errorf("installed: %s", out)
	}
	if said := run("wine", "reg", "query", service); !strings.Contains(said, `trustline.exe run --config`) || !strings.Contains(said, "LocalSystem") {
		t.Errorf("the service: %s", said)
	}
	if said := run("wine", "reg", "query", starts, "/v", "Trustline"); !strings.Contains(said, `trustline.exe" session`) {
		t.Errorf("sessions start: %s", said)
	}
	text, err := os.ReadFile(config)
	if err != nil || !strings.Contains(string(text), `url: "https://console.example:8443"`) || strings.Contains(string(text), "the-token") {
		t.Errorf("the configuration: %s, %v", text, err)
	}
	if token, err := os.ReadFile(filepath.Join(filepath.Dir(config), "token")); err != nil || strings.TrimSpace(string(token)) != "the-token" {
		t.Errorf("the token: %v", err)
	}
	run("wine", "reg", "export", "HKLM", `C:\all.reg`)
	if all, err := os.ReadFile(filepath.Join(c, "all.reg")); err != nil || strings.Contains(strings.ReplaceAll(string(all), "\x00", ""), "the-token") {
		t.Errorf("the token is in the registry, or it was not looked at: %v", err)
	}

	if err := os.WriteFile(config, append(text, "watch: ['C:\\cloud']\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	run("wine", "msiexec", "/i", "Z:"+next, "/qn", "CONSOLE=https://another.example", "NOSTART=1")
	if out := run("wine", program, "--version"); !strings.Contains(out, "1.3.0") {
		t.Errorf("upgraded: %s", out)
	}
	if text, err := os.ReadFile(config); err != nil || !strings.Contains(string(text), "cloud") || strings.Contains(string(text), "another") {
		t.Errorf("the upgrade changed the configuration: %s, %v", text, err)
	}
	run("wine", "msiexec", "/x", "Z:"+next, "/qn")
	for _, key := range [][]string{{service}, {starts, "/v", "Trustline"}} {
		// A service goes when the last who looked at it has closed it.
		for end := time.Now().Add(120 * time.Second); ; time.Sleep(time.Second) {
			out, err := try(append([]string{"wine", "reg", "query"}, key...)...)
			if err != nil {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("left behind: %s", out)
			}
		}
	}
	if _, err := os.Stat(program); err == nil {
		t.Error("the program is left behind")
	}
}
