package installer

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedCommandsExist: every command of ours that the documents show is
// one the programs know, with the flags they show.
func TestDocumentedCommandsExist(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin+string(filepath.Separator), "../cmd/trustline", "../cmd/trustline-console")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	documents, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	help, seen := map[string]string{}, 0
	ask := func(command string) string {
		if _, asked := help[command]; !asked {
			args := strings.Fields(command)
			out, err := exec.Command(filepath.Join(bin, args[0]), append(args[1:], "--help")...).CombinedOutput()
			if err != nil {
				t.Errorf("%q: %v: %s", command, err, out)
			}
			help[command] = string(out)
		}
		return help[command]
	}
	for _, path := range append(documents, "../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range shownCommands(string(text)) {
			seen++
			command, flags := split(words, ask)
			ask(command)
			// A command that is not known is answered with the help of the one above it.
			if !strings.Contains(help[command], " "+command+" ") && !strings.Contains(help[command], " "+command+"\n") && !strings.HasPrefix(help[command], command) {
				t.Errorf("%s shows %q, which is no command", filepath.Base(path), command)
			}
			for _, f := range flags {
				if !strings.Contains(help[command], f) {
					t.Errorf("%s shows %s of %q, which it does not have", filepath.Base(path), f, command)
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d commands were found in the documents", seen)
	}
}

// shown is one of our programs with what follows it.
var shown = regexp.MustCompile("(?m)(?:^|[\\s`\"(])(trustline(?:-console)?)((?: +[^\\s`#|;\"]+)*)")

// shownCommands answers the commands in blocks of code and in backquotes.
func shownCommands(text string) (commands [][]string) {
	// Not commands: whom something runs as, and what a file begins with.
	text = strings.NewReplacer("\\\n", " ", "-u trustline-console", "", "trustline sealed", "").Replace(text)
	for _, line := range strings.Split(text, "\n") {
		code := ""
		if strings.HasPrefix(line, "    ") {
			code, _, _ = strings.Cut(line, "#")
		} else {
			for i, part := range strings.Split(line, "`") {
				if i%2 == 1 {
					code += part + "\n"
				}
			}
		}
		for _, m := range shown.FindAllStringSubmatch(code, -1) {
			if words := strings.Fields(m[2]); len(words) > 0 {
				commands = append(commands, append([]string{m[1]}, words...))
			}
		}
	}
	return commands
}

var subcommand = regexp.MustCompile(`^[a-z][a-z-]*$`)

// split tells a command from its arguments: one word, and another where the
// first has commands of its own.
func split(words []string, help func(command string) string) (command string, flags []string) {
	command = words[0]
	if len(words) > 1 && subcommand.MatchString(words[1]) {
		command += " " + words[1]
		if len(words) > 2 && subcommand.MatchString(words[2]) && strings.Contains(help(command), "\n  "+words[2]+" ") {
			command += " " + words[2]
		}
	}
	for _, w := range words[1:] {
		if name, _, _ := strings.Cut(w, "="); strings.HasPrefix(name, "--") && len(name) > 2 {
			flags = append(flags, strings.TrimRight(name, ".,:"))
		}
	}
	return command, flags
}

// TestDocumentedPropertiesExist: the MSI knows every property the documents give.
func TestDocumentedPropertiesExist(t *testing.T) {
	recipe := ""
	for _, path := range []string{"packages/agent.wxs", "../scripts/package"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		recipe += string(text)
	}
	document, err := os.ReadFile("../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`\b([A-Z]{3,})=\S`).FindAllStringSubmatch(strings.Join(regexp.MustCompile("(?s)## Windows.*?\n## ").FindAllString(string(document), -1), ""), -1)
	if len(found) < 3 {
		t.Fatalf("found %v", found)
	}
	for _, m := range found {
		if !strings.Contains(recipe, "["+m[1]+"]") && !strings.Contains(recipe, "NOT "+m[1]) {
			t.Errorf("the MSI has no property %s", m[1])
		}
	}
}
