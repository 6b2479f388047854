package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

const ownPolicy = `version: %s
classes: [{id: own, any: [{exact: {list: crm, at-least: 3}}]}]
rules: [{id: own-people-stay, title: 本公司客户, when: {class: own, channel: removable-media}, action: block}]
`

// peopleFile gives the employee a file of a few people, and the list of the
// same that the company makes.
func (c *company) peopleFile(name string, seed uint64) (given, table string) {
	c.t.Helper()
	var b strings.Builder
	for _, p := range synthetic.New(seed).People(8) {
		fmt.Fprintf(&b, "%s,%s\n", p.Name, p.Mobile)
	}
	table = filepath.Join(c.dir, name+".table")
	if err := os.WriteFile(table, []byte(b.String()), 0o600); err != nil {
		c.t.Fatal(err)
	}
	given = c.give("customers.csv", name)
	if err := os.WriteFile(given, []byte(b.String()), 0o640); err != nil {
		c.t.Fatal(err)
	}
	return given, table
}

func (c *company) lists(args ...string) {
	c.t.Helper()
	if out, err := exec.Command(filepath.Join(programs, "trustline-console"), append([]string{"list"}, args...)...).CombinedOutput(); err != nil {
		c.t.Fatalf("trustline-console list %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// TestPublishedListsAreUsedWithoutARestart: a list reaches the machine, another
// one under another key takes its place, and both are used at once.
func TestPublishedListsAreUsedWithoutARestart(t *testing.T) {
	c := startCompany(t)
	a := c.administrator()
	first, firstTable := c.peopleFile("first.csv", 31)
	second, secondTable := c.peopleFile("second.csv", 32)
	copies := 0
	stopped := func(file string) bool {
		copies++
		_, err := c.as(`cp "$SRC" "$DST"`, file, filepath.Join(c.stick, fmt.Sprintf("%d.csv", copies)))
		return err != nil
	}
	publish := func(n int, table string) {
		key, list := filepath.Join(c.dir, fmt.Sprintf("%d.key", n)), filepath.Join(c.dir, fmt.Sprintf("%d.list", n))
		c.lists("key", "create", "--out", key)
		c.lists("build", "--name", "crm", "--columns", "name=1,mobile=2", "--in", table, "--key", key, "--serial", fmt.Sprint(n), "--out", list)
		c.console("list", "publish", "--key", strings.TrimSuffix(key, ".key")+".endpoint.key", list)
		// The machine asks once a minute; a new policy wakes it.
		a.publish(fmt.Sprintf(ownPolicy, fmt.Sprintf("own-%d", n)), n-1)
		c.until("the machine runs the policy", c.runs(fmt.Sprintf("own-%d", n)))
	}
	publish(1, firstTable)
	c.until("the list is used", func() bool { return stopped(first) })
	if stopped(second) {
		t.Error("people who are on no list were stopped")
	}
	publish(2, secondTable)
	c.until("the second list is used", func() bool { return stopped(second) })
	if stopped(first) {
		t.Error("people of the list before are still stopped")
	}
	c.killAgent()
	c.restartAgent()
	if !stopped(second) || stopped(first) {
		t.Errorf("after a restart another list is used: %s", c.status())
	}
}
