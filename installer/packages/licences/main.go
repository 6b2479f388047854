// Command licences prints the licences of all that a program is built with, to
// be shipped beside it: licences PROGRAM.
package main

import (
	"bufio"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: licences PROGRAM")
	}
	info, err := buildinfo.ReadFile(os.Args[1])
	if err != nil {
		return fmt.Errorf("read %s: %w", os.Args[1], err)
	}
	out := bufio.NewWriter(os.Stdout)
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("find Go: %w", err)
	}
	if err := print(out, "Go "+info.GoVersion, strings.TrimSpace(string(root))); err != nil {
		return err
	}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", dep.Path).Output()
		if err != nil {
			return fmt.Errorf("find %s: %w", dep.Path, err)
		}
		if err := print(out, dep.Path+" "+dep.Version, strings.TrimSpace(string(dir))); err != nil {
			return err
		}
	}
	return out.Flush()
}

// print writes every licence that stands at the top of a folder.
func print(out *bufio.Writer, name, dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for the licence of %s: %w", name, err)
	}
	found := false
	for _, f := range files {
		upper := strings.ToUpper(f.Name())
		licence := strings.HasPrefix(upper, "LICEN") || strings.HasPrefix(upper, "COPYING") || strings.HasPrefix(upper, "NOTICE")
		if f.IsDir() || !licence {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return fmt.Errorf("read the licence of %s: %w", name, err)
		}
		fmt.Fprintf(out, "%s\n%s, %s\n%s\n%s\n", strings.Repeat("=", 78), name, f.Name(), strings.Repeat("=", 78), text)
		found = true
	}
	if !found {
		return fmt.Errorf("%s has no licence: it cannot be shipped", name)
	}
	return nil
}
