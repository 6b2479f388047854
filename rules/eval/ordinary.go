package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
)

// ordinaryResult is what was found in files that hold no customer list: lists as
// text alone shows them, and decisions as the product takes them, formats and all.
type ordinaryResult struct {
	files, bytes int64
	lists        []string // files taken for customer lists: all of them false
	near         []string // five people or more
	with         map[detect.Class]int
	counted      []string       // files with data that is looked for only where a policy counts it
	decided      map[string]int // by what the product\'s own policy would do, and the rule
	stopped      []string       // files it would stop, with the rule
}

const mostOfFile = 16 << 20

// lookAtOrdinary scans the files of folders, at most so many, evenly over all.
func lookAtOrdinary(dirs []string, most int) (*ordinaryResult, error) {
	paths, err := ordinaryFiles(dirs)
	if err != nil {
		return nil, err
	}
	step := max(1, (len(paths)+most-1)/most)
	r := &ordinaryResult{with: map[detect.Class]int{}, decided: map[string]int{}}
	engine, policy := rules.NewEngine(detect.NewPack(detect.Key{}), rules.Limits{}), rules.DefaultPolicy()
	s, err := newScanner()
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(paths); i += step {
		if err := r.file(s, paths[i]); err != nil {
			return nil, err
		}
		if err := r.decide(engine, policy, paths[i]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func ordinaryFiles(dirs []string) ([]string, error) {
	var paths []string
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				paths = append(paths, path)
			}
			return nil // what cannot be read is not measured
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", dir, err)
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no files in %v: name folders with ordinary files", dirs)
	}
	slices.Sort(paths)
	return paths, nil
}

func (r *ordinaryResult) file(s scanner, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("look at ordinary files: %w", err)
	}
	defer f.Close()
	s.reset()
	n, err := io.Copy(s, io.LimitReader(f, mostOfFile))
	if err != nil {
		return fmt.Errorf("look at ordinary files: %w", err)
	}
	found := s.close()
	r.files++
	r.bytes += n
	if found.People >= listOf {
		r.lists = append(r.lists, fmt.Sprintf("%s (%d people)", path, found.People))
	} else if found.People >= 5 {
		r.near = append(r.near, fmt.Sprintf("%s (%d people)", path, found.People))
	}
	for _, c := range found.Classes {
		if r.with[c.Class]++; slices.Contains(custom.BuiltInClasses(), c.Class) {
			r.counted = append(r.counted, fmt.Sprintf("%s: %d of %s", path, c.Count, c.Class))
		}
	}
	return nil
}

// decide asks what the product's own policy says of the file being copied to a
// removable medium.
func (r *ordinaryResult) decide(e *rules.Engine, p *rules.Policy, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("decide about ordinary files: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("decide about ordinary files: %w", err)
	}
	content, err := e.For(p).Scan(context.Background(), filepath.Base(path), f, info.Size())
	if err != nil {
		return fmt.Errorf("decide about ordinary files: %w", err)
	}
	d := rules.Decide(p, activity.Activity{Channel: activity.RemovableMedia, Operation: activity.Write}, content, rules.Context{})
	what := fmt.Sprintf("%s by %s", d.Action, d.Rule)
	r.decided[what]++
	if d.Action.Stops() {
		r.stopped = append(r.stopped, path+": "+what)
	}
	return nil
}

// writeDecisions says what became of the files, the commonest first.
func (r *ordinaryResult) writeDecisions(w io.Writer) {
	fmt.Fprint(w, "\nMeasured with `go run ./rules/eval -ordinary FOLDER,…` over what Debian's packages install, evenly over all files.\n")
	fmt.Fprintf(w, "\nThe product's own policy would stop %d of them on their way to a removable medium:", len(r.stopped))
	for _, what := range slices.SortedFunc(maps.Keys(r.decided), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.decided[b], r.decided[a]), cmp.Compare(a, b))
	}) {
		fmt.Fprintf(w, " %s %d;", what, r.decided[what])
	}
	fmt.Fprintln(w)
	for _, l := range r.stopped {
		fmt.Fprintf(w, "- %s\n", l)
	}
}

func (r *ordinaryResult) write(w io.Writer) {
	fmt.Fprintf(w, "\nOver %d ordinary files (%d MB) %d were taken for customer lists of %d people or more, %d for 5 to %d people.\n",
		r.files, r.bytes>>20, len(r.lists), listOf, len(r.near), listOf-1)
	for _, l := range append(r.lists, r.near...) {
		fmt.Fprintf(w, "- %s\n", l)
	}
	r.writeDecisions(w)
	fmt.Fprint(w, "\nOrdinary files with at least one finding of a class, true or false:")
	for _, c := range slices.Concat([]detect.Class{detect.Address, detect.BankCard, detect.CNLandline, detect.CNMobile, detect.CNResidentID, detect.CNPermanentResidence, detect.CNResidencePermit, detect.CNPassport, detect.HKMacauPass, detect.TaiwanPass, detect.PassportMRZ, detect.Email, detect.HKID, detect.IBAN, detect.PersonName, detect.USCC}, custom.BuiltInClasses()) {
		fmt.Fprintf(w, " %s %d;", c, r.with[c])
	}
	fmt.Fprintln(w)
	for _, l := range r.counted {
		fmt.Fprintf(w, "- %s\n", l)
	}
}
