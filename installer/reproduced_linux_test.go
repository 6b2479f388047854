package installer

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// packagesElsewhere builds them from a copy of the sources in another folder, with
// a cache in which nothing of ours is compiled.
func packagesElsewhere(t *testing.T, version string) string {
	t.Helper()
	cache := cacheOfOthers(t)
	dir := packages(t, elsewhere(t), version, "PROGRAMS_CACHE="+cache)
	compiled := 0
	err := filepath.WalkDir(cache, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, "-d") {
			compiled++
		}
		return err
	})
	if err != nil || compiled < 100 {
		t.Errorf("%d packages of ours were compiled anew, %v", compiled, err)
	}
	return dir
}

// elsewhere copies the sources as they are, with their history.
func elsewhere(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "quite", "another", "folder")
	line := `git clone -q --shared "$(git -C .. rev-parse --show-toplevel)" "$0" && cd .. && git ls-files -z -m -o --exclude-standard | tar -c --null --ignore-failed-read -T - | tar -x -C "$0"`
	if out, err := exec.Command("sh", "-ec", line, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// cacheOfOthers answers a cache of the compiler with the packages of others, as the
// usual one has them: to compile these again would take as long as all else here.
func cacheOfOthers(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	usual, cache := strings.TrimSpace(string(out)), t.TempDir()
	known := map[string]string{} // what came of it, by name
	for _, system := range []string{"linux", "windows"} {
		list := exec.Command("go", "list", "-deps", "-export", "-trimpath", "-f", `{{if or .Standard (ne .Module.Path "github.com/trustline/trustline")}}{{.Export}}{{end}}`, "../cmd/trustline", "../cmd/trustline-console")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("list what the programs for %s are made of: %v", system, err)
		}
		for path := range strings.Lines(string(out)) {
			path = strings.TrimSpace(path)
			known[strings.TrimSuffix(filepath.Base(path), "-d")] = path
		}
	}
	err = filepath.WalkDir(usual, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "-a") {
			return err
		}
		entry, err := os.ReadFile(path) // version, what was compiled, what came of it, …
		words := strings.Fields(string(entry))
		if err != nil || len(words) < 3 || known[words[2]] == "" {
			return err
		}
		from := known[words[2]]
		return errors.Join(put(filepath.Join(cache, filepath.Base(filepath.Dir(path)), filepath.Base(path)), entry),
			link(from, filepath.Join(cache, filepath.Base(filepath.Dir(from)), filepath.Base(from))))
	})
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

func put(path string, data []byte) error {
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644))
}

// link makes a link to a file, which may be there already.
func link(to, path string) error {
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.Symlink(to, path))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// identical compares the packages of two folders byte by byte.
func identical(t *testing.T, a, b string) {
	files, err := os.ReadDir(a)
	if err != nil || len(files) != 5 {
		t.Fatalf("%d packages, %v", len(files), err)
	}
	for _, f := range files {
		one, err := os.ReadFile(filepath.Join(a, f.Name()))
		two, err2 := os.ReadFile(filepath.Join(b, f.Name()))
		if err := errors.Join(err, err2); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(one, two) {
			t.Errorf("%s differs from one build to the next", f.Name())
		}
	}
}
