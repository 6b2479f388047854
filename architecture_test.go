package trustline

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/trustline/trustline/"

// layers says what each part of the tree may import of ours, and why. A
// folder answers to the longest prefix that names it.
var layers = map[string]struct {
	may []string
	why string
}{
	"message":           {[]string{"message"}, "texts are looked up, nothing else"},
	"rules/activity":    {nil, "plain data at the bottom"},
	"uploader/incident": {nil, "plain data at the bottom"},
	"beacon":            {nil, "agent and console both speak it, hence it knows neither"},
	"enrol":             {nil, "agent and console both speak it, hence it knows neither"},
	"job":               {nil, "agent and installer both hold processes in one, hence it knows neither"},
	"signed":            {nil, "agent and console both use it, hence it knows neither"},
	"orders":            {[]string{"signed"}, "agent and console both speak it, hence it knows neither"},
	"grant":             {[]string{"signed"}, "agent and console both speak it, hence it knows neither"},
	"task":              {[]string{"signed"}, "agent and console both speak it, hence it knows neither"},
	"rules":             {[]string{"rules", "message"}, "usable as a library: no agent, no network, no console"},
	"uploader":          {[]string{"uploader", "enrol", "orders", "rules", "message"}, "carries incidents, knows no sensor"},
	"installer":         {[]string{"installer", "job", "uploader", "rules", "message"}, "installs programs, does not run them"},
	"console":           {[]string{"console", "beacon", "enrol", "grant", "orders", "task", "signed", "uploader/incident", "rules", "message"}, "the console never imports the agent"},
	"agent":             {[]string{"agent", "beacon", "enrol", "grant", "job", "orders", "task", "signed", "uploader", "rules", "message"}, "the agent never imports the console"},
	"cmd":               {[]string{"agent", "beacon", "enrol", "grant", "orders", "task", "console", "installer", "uploader", "rules", "message", "cmd"}, "commands wire everything"},
	"e2e":               {[]string{"uploader/incident", "rules/synthetic"}, "tests from outside: only the record and generated people are shared"},
	"bench":             {[]string{"agent", "enrol", "console", "installer", "uploader", "rules", "message", "bench"}, "benchmarks drive everything"},
}

func layerOf(pkg string) string {
	best := ""
	for l := range layers {
		if (pkg == l || strings.HasPrefix(pkg, l+"/")) && len(l) > len(best) {
			best = l
		}
	}
	return best
}

func TestDependenciesPointOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkg, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		layer := layerOf(pkg)
		if layer == "" {
			t.Errorf("%s belongs to no layer: name it in layers with its reason", pkg)
			continue
		}
		imports := p.Imports
		if pkg == "rules" || strings.HasPrefix(pkg, "rules/") { // who takes the library can run its tests
			imports = slices.Concat(imports, p.TestImports, p.XTestImports)
		}
		for _, imp := range imports {
			if dep, ours := strings.CutPrefix(imp, module); ours && !mayImport(layer, dep) {
				t.Errorf("%s imports %s: %s", pkg, dep, layers[layer].why)
			}
		}
	}
}

func mayImport(layer, dep string) bool {
	for _, m := range layers[layer].may {
		if dep == m || strings.HasPrefix(dep, m+"/") {
			return true
		}
	}
	return false
}

// banned calls, each with what to use instead.
var banned = map[string]string{
	"http.DefaultClient": "a client of your own with timeouts",
	"http.Get":           "a client of your own with timeouts",
	"http.Post":          "a client of your own with timeouts",
	"slog.Default":       "the logger you were given",
	"fmt.Print":          "a writer you were given, or slog",
	"fmt.Println":        "a writer you were given, or slog",
	"fmt.Printf":         "a writer you were given, or slog",
	"log.Print":          "slog",
	"log.Printf":         "slog",
	"log.Println":        "slog",
	"log.Fatal":          "an error",
	"log.Fatalf":         "an error",
}

func TestNoBannedCalls(t *testing.T) {
	eachSource(t, func(path string, f *ast.File, set *token.FileSet) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if !ok {
					return true
				}
				name := x.Name + "." + n.Sel.Name
				if use, bad := banned[name]; bad && !(f.Name.Name == "main" && strings.HasPrefix(path, "bench/")) {
					t.Errorf("%s: %s is banned: use %s", set.Position(n.Pos()), name, use)
				}
				if name == "os.Exit" && f.Name.Name != "main" {
					t.Errorf("%s: os.Exit outside main: return an error", set.Position(n.Pos()))
				}
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" {
					t.Errorf("%s: panic is banned: return an error", set.Position(n.Pos()))
				}
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s: init() is banned: construct what is needed where it is needed", set.Position(n.Pos()))
				}
			}
			return true
		})
	})
}

// Names that say nothing about what a package is for.
func TestPackagesAreNounsOfTheField(t *testing.T) {
	eachSource(t, func(path string, _ *ast.File, _ *token.FileSet) {
		switch base := filepath.Base(filepath.Dir(path)); base {
		case "util", "utils", "common", "helpers", "helper", "manager", "misc", "base", "shared":
			t.Errorf("%s: a package called %q says nothing about what it is for", path, base)
		}
	})
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	said := map[string]bool{}
	eachSource(t, func(path string, f *ast.File, _ *token.FileSet) {
		dir := filepath.Dir(path)
		said[dir] = said[dir] || f.Doc != nil && len(strings.TrimSpace(f.Doc.Text())) > 0
	})
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func eachSource(t *testing.T, visit func(path string, f *ast.File, set *token.FileSet)) {
	t.Helper()
	set := token.NewFileSet()
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		files++
		visit(path, f, set)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatal("no source was looked at")
	}
}
