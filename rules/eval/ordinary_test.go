package main

import (
	"os"
	"testing"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

// Files that every Debian has hold no customers: none is taken for a list, and
// none is stopped. The whole measurement is in docs/accuracy.md.
func TestOrdinaryFilesGoThrough(t *testing.T) {
	var dirs []string
	for _, d := range []string{"/usr/share/common-licenses", "/usr/share/doc", "/usr/include", "/usr/lib/python3"} {
		if _, err := os.Stat(d); err == nil {
			dirs = append(dirs, d)
		}
	}
	if len(dirs) == 0 {
		t.Skip("this system has none of Debian's folders")
	}
	r, err := lookAtOrdinary(dirs, 500)
	if err != nil {
		t.Fatal(err)
	}
	if r.files == 0 {
		t.Fatal("nothing was looked at")
	}
	for _, list := range [][]string{r.lists, r.near, r.stopped} {
		for _, l := range list {
			t.Error(l)
		}
	}
}

// The measurement must be able to see what the policy stops.
func TestWhatIsStoppedIsSeen(t *testing.T) {
	dir := t.TempDir()
	list := ""
	for _, p := range synthetic.New(5).People(120) {
		list += p.Mobile + "\n"
	}
	path := dir + "/numbers.txt"
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &ordinaryResult{decided: map[string]int{}}
	if err := r.decide(rules.NewEngine(detect.NewPack(detect.Key{}), rules.Limits{}), rules.DefaultPolicy(), path); err != nil {
		t.Fatal(err)
	}
	if len(r.stopped) != 1 || r.decided["block by no-bulk-numbers-on-removable-media"] != 1 {
		t.Errorf("a column of numbers was not stopped: %v", r.decided)
	}
}
