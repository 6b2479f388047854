package detect_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/eval/corpus"
	"github.com/trustline/trustline/rules/synthetic"
)

// The same is found with the processor's vectors as without.
func TestVectorsFindTheSame(t *testing.T) {
	p := detect.NewPack(detect.Key{1})
	all := detect.Limits{Findings: 1 << 20}
	chosen, portable := detect.NewScanner(p, all), detect.NewPortableScanner(p, all)
	found := 0
	compare := func(name string, text []byte) {
		var summaries [2]detect.Summary
		for i, s := range []*detect.Scanner{chosen, portable} {
			s.Reset()
			s.Write(text)
			summaries[i] = s.Close()
		}
		if !reflect.DeepEqual(summaries[0], summaries[1]) {
			t.Errorf("%s: %+v, without vectors %+v", name, summaries[0].Classes, summaries[1].Classes)
		}
		found += len(summaries[0].Findings)
	}
	var joined bytes.Buffer
	for _, seed := range []uint64{1, 20_000_003} {
		for _, d := range corpus.Generate(seed, 200) {
			compare(d.Kind, []byte(d.Text))
			joined.WriteString(d.Text)
			joined.WriteString(strings.Repeat("\nno data on this line", 20)) // anchors only, no context
		}
	}
	compare("all documents as one", joined.Bytes())
	for _, lang := range []string{"zh", "en"} {
		var list bytes.Buffer
		if err := synthetic.CSV(&list, synthetic.New(5).People(2000), lang); err != nil {
			t.Fatal(err)
		}
		compare("a list, "+lang, list.Bytes())
		compare("a list without headings, "+lang, list.Bytes()[bytes.IndexByte(list.Bytes(), '\n')+1:])
	}
	if found < 5_000 {
		t.Errorf("%d findings: the corpora hold more", found)
	}
	compare("source", source(t))
}

// source is what ordinary text there is on any machine that runs tests.
func source(t *testing.T) []byte {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output() // a build without paths does not know it
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = filepath.WalkDir(filepath.Join(strings.TrimSpace(string(root)), "src"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if b.Len() > 8<<20 {
			return fs.SkipAll
		}
		text, err := os.ReadFile(path)
		b.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
