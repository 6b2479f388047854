package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// colleague is another person at the same machine.
const colleague = 12345

// pieces cuts a list of customers into files of 19 people, one fewer than the
// built-in policy calls a list.
func (c *company) pieces(n int) (paths []string) {
	c.t.Helper()
	all := synthetic.New(23).People(19 * n)
	for i := range n {
		var b bytes.Buffer
		if err := synthetic.CSV(&b, all[19*i:19*i+19], "zh"); err != nil {
			c.t.Fatal(err)
		}
		path := filepath.Join(c.dir, fmt.Sprintf("piece-%02d.csv", i+1))
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			c.t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// carry copies pieces onto a stick, one after the other, and answers which
// arrived: whole, or not at all.
func (c *company) carry(uid uint32, pieces []string, stick string) (arrived []int) {
	c.t.Helper()
	for i, src := range pieces {
		dst := filepath.Join(stick, fmt.Sprintf("%d-%s", uid, filepath.Base(src)))
		said, err := asPerson(uid, `cp "$SRC" "$DST"`, src, dst)
		want, _ := os.ReadFile(src)
		got, missing := os.ReadFile(dst)
		switch {
		case err == nil && bytes.Equal(got, want):
			arrived = append(arrived, i+1)
		case err == nil || missing == nil || !strings.Contains(said, "Permission denied"):
			c.t.Errorf("%s: cp ended with %v and said %q; %d of %d bytes are there", filepath.Base(dst), err, said, len(got), len(want))
		}
	}
	return arrived
}

// anotherStick has the service guard a second one, under another policy.
func (c *company) anotherStick(policy string) (stick string) {
	c.t.Helper()
	image, stick, file := filepath.Join(c.dir, "second.img"), filepath.Join(c.dir, "second"), filepath.Join(c.dir, "policy.yaml")
	for _, args := range [][]string{{"truncate", "-s", "64M", image}, {"mkfs.ext4", "-qF", image}, {"mkdir", stick}, {"mount", "-o", "loop,nosuid,nodev", image, stick}, {"chmod", "777", stick}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			c.t.Fatalf("%s: %v: %s", args[0], err, out)
		}
	}
	c.t.Cleanup(func() {
		for range 3 {
			if syscall.Unmount(stick, syscall.MNT_DETACH) != nil {
				break
			}
		}
	})
	text, err := os.ReadFile(c.config())
	if err != nil {
		c.t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("removable: ["), []byte("policy: "+file+"\nremovable: ["+stick+", "), 1)
	for path, content := range map[string]string{c.config(): string(text), file: policy} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	c.killAgent()
	c.restartAgent()
	c.until("both sticks are guarded", func() bool { return guarded(c.stick) && guarded(stick) })
	return stick
}

func guarded(stick string) bool {
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, " "+stick+" ") && strings.Contains(line, "fuse.trustline") {
			return true
		}
	}
	return false
}

// TestTwentyPiecesStopAtTheRollingTotal: twenty files of 19 people each, none of
// which is a list by itself, are stopped at the file that completes one. Every
// person and every stick counts for itself, also through a restart.
func TestTwentyPiecesStopAtTheRollingTotal(t *testing.T) {
	c := startCompany(t)
	pieces := c.pieces(20)
	// The built-in policy stops at 100 people: 5 x 19 are 95, the sixth is over.
	want := []int{1, 2, 3, 4, 5}
	if got := c.carry(employee, pieces, c.stick); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("pieces %v arrived, want %v", got, want)
	}
	for n := 6; n <= 20; n++ {
		name := fmt.Sprintf("%d-piece-%02d.csv", employee, n)
		i := c.awaitIncident(name, func(i incident.Incident) bool { return i.File.Name == name })
		if d := i.Decision; d.Action != "block" || d.Rule != "no-customer-list-piece-by-piece" || d.Reason != "rolling-total" || d.Outcome != incident.Prevented ||
			i.Content.People != 19 || i.Content.Rolling != 114 || i.Person.UID != employee {
			t.Errorf("%s: %+v, %d people, %d in all, uid %d", name, d, i.Content.People, i.Content.Rolling, i.Person.UID)
		}
	}
	// Copied once more, what is there already makes no more people.
	if got := c.carry(employee, pieces[:5], c.stick); len(got) != 5 {
		t.Errorf("of what had arrived, %v arrives again", got)
	}
	if got := c.carry(colleague, pieces[:8], c.stick); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("of a colleague's pieces %v arrived, want %v", got, want)
	}

	stick := c.anotherStick(`version: "40"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - {id: a-list, title: {en: x, zh: x}, action: block, when: {class: list, channel: removable-media}}
  - {id: forty, title: {en: x, zh: x}, action: block, when: {channel: removable-media, rolling: {people: 40, within: 24h}}}
`)
	if got := c.carry(employee, pieces[5:10], stick); fmt.Sprint(got) != fmt.Sprint([]int{1, 2}) {
		t.Errorf("under a total of 40, pieces %v arrived at another stick, want the first two", got)
	}
	if got := c.carry(employee, pieces[5:6], c.stick); len(got) != 0 {
		t.Error("a restart has forgotten what went to the first stick")
	}
	refused := map[string]bool{}
	for _, path := range pieces[5:] {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range digits.FindAllString(string(data), -1) {
			refused[number] = true
		}
	}
	syscall.Sync()
	image, err := os.Open(c.image)
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	if found := numbersIn(image, refused); found != 0 || len(refused) < 500 {
		t.Errorf("the raw medium holds %d of %d numbers of what was refused", found, len(refused))
	}
}
