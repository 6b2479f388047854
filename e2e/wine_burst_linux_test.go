package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

// Killed three times in the midst of a burst of lists, the agent has lost nothing
// of what it took: each list that is no longer in the cloud drive is in quarantine
// and an incident at the console, once, by the same ID.
func TestWindowsKilledInABurstUnderWine(t *testing.T) {
	w := newWindows(t)
	w.write("ProgramData/Trustline/policy.yaml", `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: not-in-the-cloud
    title: {en: Not in the cloud, zh: 不得放入网盘}
    when: {class: list, channel: sync-folder}
    action: quarantine
`)
	console := w.reportsTo("policy: 'C:\\ProgramData\\Trustline\\policy.yaml'\nwatch: ['C:\\cloud']\n")
	const each, rounds = 12, 3
	cloud := func(round, n int) string {
		return filepath.Join(w.c, "cloud", fmt.Sprintf("names-%d-%d.csv", round, n))
	}
	write := func(round, n int) {
		t.Helper()
		var list bytes.Buffer
		err := synthetic.CSV(&list, synthetic.New(uint64(100*round+n)).People(30), "zh")
		if err == nil {
			err = os.WriteFile(cloud(round, n), list.Bytes(), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	taken := func(round int) (n int) {
		for i := range each {
			if missing(cloud(round, i)) {
				n++
			}
		}
		return n
	}
	w.start()
	for round := range rounds {
		for n := range each {
			write(round, n)
		}
		w.until("it has begun to take them", func() bool { return taken(round) > round })
		w.kill()
		t.Logf("%d of %d lists were taken when it was killed", taken(round), each)
		w.start()
		for n := range each { // what was not looked at before is once it changes
			if !missing(cloud(round, n)) {
				write(round, n)
			}
		}
		w.until("all are taken", func() bool { return taken(round) == each })
	}
	held := map[string]string{} // the file in quarantine by its incident
	for line := range strings.Lines(w.run("wine", `C:\trustline.exe`, "quarantine", "list", "--json")) {
		var e struct{ Incident, Path string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if i := strings.LastIndex(e.Path, `\`); held[e.Incident] != "" {
			t.Errorf("two files have the incident %s", e.Incident)
		} else {
			held[e.Incident] = e.Path[i+1:]
		}
	}
	if len(held) != rounds*each {
		t.Errorf("%d files are in quarantine, %d were taken", len(held), rounds*each)
	}
	w.until("all is sent", func() bool { return w.waiting() == 0 })
	time.Sleep(time.Second) // for one too many
	got := console.files("sync-folder", "undone")
	for id, name := range held {
		if got[id] != name {
			t.Errorf("the incident of %s in quarantine is %q at the console", name, got[id])
		}
	}
	if len(got) != len(held) {
		t.Errorf("the console has %d incidents, %d files are in quarantine", len(got), len(held))
	}
}
