package installer

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// insidePackages tells the test program that it runs on the machine on which
// packages are tried, and of which kind.
const insidePackages = "TRUSTLINE_TEST_PACKAGES"

// wixl puts actions with the same anchor in an order of its own, at each build
// another: what each has to itself makes two builds identical.
func TestActionsOfTheMSIHaveOneOrder(t *testing.T) {
	raw, err := os.ReadFile("packages/agent.wxs")
	if err != nil {
		t.Fatal(err)
	}
	var wix struct {
		Custom []struct {
			Action string `xml:",attr"`
			Before string `xml:",attr"`
			After  string `xml:",attr"`
		} `xml:"Product>InstallExecuteSequence>Custom"`
	}
	if err := xml.Unmarshal(raw, &wix); err != nil || len(wix.Custom) == 0 {
		t.Fatalf("%d actions, %v", len(wix.Custom), err)
	}
	anchors := map[string]string{}
	for _, c := range wix.Custom {
		at := "before " + c.Before + " after " + c.After
		if other := anchors[at]; other != "" {
			t.Errorf("%s and %s are both %s", other, c.Action, at)
		}
		anchors[at] = c.Action
	}
}

// packages builds them all from the sources in a folder, and answers where they are.
func packages(t *testing.T, sources, version string, environment ...string) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command(filepath.Join(sources, "scripts", "package"), dir)
	build.Env = append(append(os.Environ(), "VERSION="+version), environment...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func needPackaging(t *testing.T) {
	t.Helper()
	_, root := os.Stat(filepath.Join(freshRoot, "ready"))
	var missing []string
	for _, program := range []string{"dpkg", "rpm", "git", "wixl", "msibuild", "wine", "jq", "chroot"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if os.Geteuid() == 0 && root == nil && len(missing) == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("root, %s (scripts/fresh-root) and %v must be there in CI", freshRoot, missing)
	}
	t.Skipf("SKIPPED: packages are tried as root, in a fresh system (scripts/fresh-root), with %v", missing)
}

func TestPackages(t *testing.T) {
	switch os.Getenv(insidePackages) {
	case "deb":
		lifeOfADeb(t)
		return
	case "rpm":
		lifeOfAnRPM(t)
		return
	}
	needPackaging(t)
	first, later := packages(t, "..", "1.2.3"), packages(t, "..", "1.3.0")
	t.Run("two builds are identical", func(t *testing.T) { identical(t, first, packagesElsewhere(t, "1.2.3")) })
	t.Run("rpm", func(t *testing.T) { looksRight(t, filepath.Join(first, "trustline-1.2.3-1.x86_64.rpm")) })
	t.Run("MSI under Wine", func(t *testing.T) { onWindows(t, first, later) })
	t.Run("deb on a fresh machine", func(t *testing.T) { onAFreshMachine(t, "deb", together(t, first, later)) })
	t.Run("rpm on a fresh machine", func(t *testing.T) { onAFreshMachine(t, "rpm", together(t, first, later)) })
}

// looksRight asks rpm itself about a package.
func looksRight(t *testing.T, path string) {
	ask := func(args ...string) string {
		out, err := exec.Command("rpm", append(args, path)...).CombinedOutput()
		if err != nil {
			t.Errorf("rpm %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	files := ask("-qpl", "--nosignature")
	for _, want := range []string{
		"/usr/bin/trustline", "/usr/lib/systemd/system/trustline.service", "/usr/share/man/man1/trustline.1.gz", "/etc/xdg/autostart/trustline-session.desktop", "/usr/lib/systemd/user/trustline-session.service",
		"/usr/share/bash-completion/completions/trustline", "/usr/share/trustline/policy.yaml", "/usr/share/doc/trustline/licences.txt", "/usr/share/doc/trustline/sbom.cdx.json",
	} {
		if !strings.Contains(files, want+"\n") {
			t.Errorf("%s is missing", want)
		}
	}
	ask("-K", "--nosignature")
	if scripts := ask("-qp", "--nosignature", "--scripts"); !strings.Contains(scripts, "systemctl daemon-reload") {
		t.Error("no scripts")
	}
}

// together answers a folder with all that is tried on a fresh machine.
func together(t *testing.T, folders ...string) string {
	t.Helper()
	all := t.TempDir()
	var files []string
	for _, dir := range folders {
		for _, kind := range []string{"*.deb", "*.rpm"} {
			found, _ := filepath.Glob(filepath.Join(dir, kind))
			files = append(files, found...)
		}
	}
	for _, f := range append(files, "../docs/install.md") {
		data, err := os.ReadFile(f)
		if err == nil {
			err = os.WriteFile(filepath.Join(all, filepath.Base(f)), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
