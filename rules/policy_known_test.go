package rules

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/exact"
	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/rules/similar"
	"github.com/trustline/trustline/rules/synthetic"
)

func known(condition string) string {
	return fmt.Sprintf("version: '1'\nclasses:\n  - id: known\n    any:\n      - %s\nrules:\n  - {id: r, title: x, when: {class: known}, action: block}\n", condition)
}

// What a condition on a list says agrees with counting people one by one, and
// more people never make a decision milder.
func TestExactAgreesWithCounting(t *testing.T) {
	lists := []string{"crm", "leads", "staff"}
	rapid.Check(t, func(t *rapid.T) {
		atLeast, fields := rapid.IntRange(1, 8).Draw(t, "at least"), rapid.IntRange(1, 5).Draw(t, "fields")
		except := some(t, []string{"leads", "staff"}, "except")
		p, err := ParsePolicy("p", []byte(known(fmt.Sprintf("exact: {list: crm, at-least: %d, fields: %d, %s}", atLeast, fields, strings.TrimSuffix(list("except-list", except), ", ")))))
		if err != nil {
			t.Fatal(err)
		}
		var groups []exact.Group
		people := 0
		blocked := false
		for range rapid.IntRange(0, 12).Draw(t, "groups") {
			g := exact.Group{Fields: rapid.IntRange(1, 6).Draw(t, "found"), People: rapid.IntRange(1, 3).Draw(t, "people"), Also: some(t, lists[1:], "also")}
			groups = append(groups, g)
			counts := g.Fields >= fields
			for _, a := range g.Also {
				for _, e := range except {
					counts = counts && a != e
				}
			}
			if counts {
				people += g.People
			}
			c := Content{Status: Sensitive, Known: Known{Lists: []exact.Match{{List: "leads", Groups: groups}, {List: "crm", Groups: groups}}}}
			d := Decide(p, activity.Activity{}, c, Context{})
			if stops := d.Action.Stops(); stops != (people >= atLeast) || blocked && !stops {
				t.Fatalf("%d people of %d: %s", people, atLeast, d.Action)
			}
			blocked = d.Action.Stops()
		}
		if _, ok := p.BlockAt(activity.Activity{}); ok {
			t.Fatal("people alone settle nothing about a list")
		}
	})
}

func TestRecordsWithoutStaff(t *testing.T) {
	p := parse(t, known("records: {at-least: 20, except-list: [staff, interns]}"))
	content := func(people, staff, both, interns int) Content {
		return Content{Status: Sensitive, Summary: detect.Summary{People: people}, Known: Known{Lists: []exact.Match{
			{List: "staff", Groups: []exact.Group{{Fields: 2, People: staff}, {Fields: 1, People: 100}, {Fields: 3, People: both, Also: []string{"interns"}}}},
			{List: "interns", Groups: []exact.Group{{Fields: 2, People: interns}, {Fields: 2, People: both, Also: []string{"staff"}}}},
		}}}
	}
	for _, test := range []struct {
		people, staff, both, interns int
		stops                        bool
	}{{20, 0, 0, 0, true}, {30, 11, 0, 0, false}, {30, 10, 0, 0, true}, {30, 5, 3, 2, true}, {30, 5, 3, 3, false}, {5, 9, 0, 0, false}} {
		if d := Decide(p, activity.Activity{}, content(test.people, test.staff, test.both, test.interns), Context{}); d.Action.Stops() != test.stops {
			t.Errorf("%+v: %s", test, d.Action)
		}
	}
	if _, ok := p.BlockAt(activity.Activity{}); ok {
		t.Error("stopped before anybody was known to be staff")
	}
}

func TestSimilarCondition(t *testing.T) {
	p := parse(t, known("similar: {set: contracts, at-least: 0.3}"))
	for share, stops := range map[float64]bool{0.29: false, 0.3: true, 1: true} {
		c := Content{Status: Sensitive, Known: Known{Documents: []similar.Match{{Set: "drafts", Share: 1}, {Set: "contracts", Share: 0.1}, {Set: "contracts", Share: share}}}}
		if d := Decide(p, activity.Activity{}, c, Context{}); d.Action.Stops() != stops {
			t.Errorf("%v: %s", share, d.Action)
		}
	}
}

// listDir answers a folder with lists and their key, and who is on them.
func listDir(t testing.TB) (dir string, key *listfile.Key, crm []synthetic.Person, contract string) {
	t.Helper()
	dir = t.TempDir()
	key, err := listfile.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.Endpoint().MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "company.key"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	crm = synthetic.New(31).People(100)
	writeList(t, filepath.Join(dir, "crm.list"), key, "crm", 5, crm)
	writeList(t, filepath.Join(dir, "staff.list"), key, "staff", 5, crm[:10])
	var b strings.Builder
	for _, p := range synthetic.New(32).People(100) {
		fmt.Fprintf(&b, "the party %s of the first part, living at %s.\n", p.Email, p.Address)
	}
	builder, err := similar.NewBuilder(key)
	if err != nil {
		t.Fatal(err)
	}
	builder.Write([]byte(b.String()))
	if _, _, err := builder.Add(); err != nil {
		t.Fatal(err)
	}
	if _, err := builder.Save(context.Background(), filepath.Join(dir, "contracts.list"), "contracts", 1, time.Now()); err != nil {
		t.Fatal(err)
	}
	return dir, key, crm, b.String()
}

func writeList(t testing.TB, path string, key *listfile.Key, name string, serial uint64, people []synthetic.Person) {
	t.Helper()
	b, err := exact.NewBuilder(key, []exact.Column{{Name: "n", Kind: exact.Name}, {Name: "m", Kind: exact.Mobile}}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		if err := b.Add([]string{p.Name, p.Mobile}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Write(context.Background(), path, name, serial, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestEngineKnowsLists(t *testing.T) {
	dir, _, crm, contract := listDir(t)
	lists, err := OpenLists(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	engine := NewEngine(detect.DefaultPack(), Limits{}).With(lists)
	var csv, xlsx bytes.Buffer
	if err := errors.Join(synthetic.CSV(&csv, crm[5:25], "zh"), synthetic.XLSX(&xlsx, crm[5:25], "zh")); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"csv": csv.Bytes(), "xlsx": xlsx.Bytes()} {
		c, err := engine.Scan(context.Background(), "x", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		q := &question{Content: c}
		all := exactCondition{list: "crm", fields: 2}.people(q)
		rest := exactCondition{list: "crm", fields: 2, except: []string{"staff"}}.people(q)
		if all != 20 || rest != 15 || c.Status != Sensitive {
			t.Errorf("%s: %d people, %d without staff: %+v", name, all, rest, c.Known)
		}
	}
	third := contract[len(contract)/3 : 2*len(contract)/3+200]
	c := streamed(t, engine, strings.ReplaceAll(strings.ToUpper(third), " ", "\n"))
	if len(c.Known.Documents) != 1 || c.Known.Documents[0].Share < 0.3 || c.Status != Sensitive {
		t.Errorf("a third of a document: %+v", c.Known)
	}
	if c := streamed(t, engine, "nothing of note\n"); c.Status != Clean || c.Known.any() {
		t.Errorf("nothing: %+v", c)
	}
}

func streamed(t *testing.T, e *Engine, text string) Content {
	t.Helper()
	s := e.Stream("")
	for rest := []byte(text); len(rest) > 0; {
		n := min(len(rest), 1000)
		s.Write(rest[:n])
		rest = rest[n:]
	}
	c, err := s.Finish(context.Background(), strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a list knows and the detector does not is not let go early.
func TestNothingOfAListIsReleased(t *testing.T) {
	dir, key, _, _ := listDir(t)
	b, err := exact.NewBuilder(key, []exact.Column{{Name: "no", Kind: exact.Other, Primary: true}, {Name: "company", Kind: exact.Other}}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add([]string{"K/2210-a", "Blue Heron Trading"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Write(context.Background(), filepath.Join(dir, "accounts.list"), "accounts", 1, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	lists, err := OpenLists(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	lead := strings.Repeat("plain words of no weight, and more of them\n", 20_000)
	text := lead + "Blue Heron Trading, K/2210-A\n" + lead
	s := NewEngine(detect.DefaultPack(), Limits{}).With(lists).Stream("")
	for rest := []byte(text); len(rest) > 0; {
		n := min(len(rest), 4096)
		s.Write(rest[:n])
		rest = rest[n:]
		if s.Released() > int64(len(lead)) {
			t.Fatalf("%d bytes were released, the account stands at %d", s.Released(), len(lead))
		}
	}
	if s.Released() < int64(len(lead))/2 {
		t.Errorf("only %d bytes before it were released", s.Released())
	}
	c, err := s.Finish(context.Background(), strings.NewReader(text), int64(len(text)))
	if err != nil || len(c.Known.Lists) != 1 || c.Known.Lists[0].People(2, nil) != 1 {
		t.Errorf("found %+v, %v", c.Known, err)
	}
}

func TestOpenListsRefusesWhatIsOlder(t *testing.T) {
	dir, key, crm, _ := listDir(t)
	if _, err := CheckLists(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, seenFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a check left something behind: %v", err)
	}
	open := func() (*Lists, error) { return OpenLists(context.Background(), dir) }
	if _, err := open(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "crm.list")
	writeList(t, path, key, "crm", 4, crm[:3])
	l, err := open()
	if !errors.Is(err, listfile.ErrReplayed) || !strings.Contains(err.Error(), "crm.list") {
		t.Errorf("an older list: %v", err)
	}
	if len(l.Exact()) != 1 || len(l.Similar()) != 1 {
		t.Errorf("the others are there: %+v %+v", l.Exact(), l.Similar())
	}
	writeList(t, path, key, "crm", 6, crm)
	writeList(t, filepath.Join(dir, "zz.list"), key, "crm", 7, crm)
	if err := os.WriteFile(filepath.Join(dir, "y.list"), []byte("no list"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err = open()
	if !errors.Is(err, listfile.ErrNotAList) || !strings.Contains(err.Error(), "zz.list: another file") || len(l.Exact()) != 2 {
		t.Errorf("two of one name, and a stranger: %v, %d lists", err, len(l.Exact()))
	}
	if err := os.Remove(filepath.Join(dir, "company.key")); err != nil {
		t.Fatal(err)
	}
	if l, err = open(); !errors.Is(err, listfile.ErrKeyless) || len(l.Exact()) != 0 {
		t.Errorf("without the key: %v", err)
	}
	if l, err := OpenLists(context.Background(), filepath.Join(dir, "none")); err != nil || len(l.Exact()) != 0 {
		t.Errorf("no folder: %v", err)
	}
}

// Lists are replaced while the engine before is still at work.
func TestListsAreReplacedInUse(t *testing.T) {
	dir, _, crm, _ := listDir(t)
	engine := NewEngine(detect.DefaultPack(), Limits{})
	text := crm[50].Name + "," + crm[50].Mobile + "\n"
	for range 20 {
		lists, err := OpenLists(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		before := engine.With(lists).Stream("")
		lists = nil
		engine = engine.With(lists)
		runtime.GC()
		before.Write([]byte(text))
		c, err := before.Finish(context.Background(), strings.NewReader(text), int64(len(text)))
		if err != nil || len(c.Known.Lists) != 1 {
			t.Fatalf("found %+v, %v", c.Known, err)
		}
	}
}

func TestMissingLists(t *testing.T) {
	dir, _, _, _ := listDir(t)
	lists, err := OpenLists(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	p := parse(t, known("exact: {list: crm, at-least: 1, except-list: [staf]}")+"  - {id: s, title: x, when: {class: known}, action: report}\n")
	got := p.MissingLists(lists)
	if len(got) != 1 || got[0].Line != 5 || !strings.Contains(got[0].Error(), `did you mean "staff"`) {
		t.Errorf("missing: %v", got)
	}
	if got := p.MissingLists(nil); len(got) != 2 {
		t.Errorf("without lists: %v", got)
	}
	for _, bad := range []string{"exact: {list: crm, at-least: 1, except-list: [crm]}", "similar: {set: x, at-least: 2}", "similar: {at-least: 0.5}", "exact: {list: crm}"} {
		if _, err := ParsePolicy("p", []byte(known(bad))); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
