package isolate

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/sensor/network/laboratory"
)

// TestThousandFlapsLeaveNothing: no stray rule, and other tables as they were.
func TestThousandFlapsLeaveNothing(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-company")
	laboratory.Need(t, "nft")
	foreign := "table inet filter {\n chain input {\n type filter hook input priority filter; policy accept;\n tcp dport 22 accept\n }\n}\ntable ip trustline {\n chain x {\n }\n}\n"
	load := exec.Command("nft", "-f", "-")
	load.Stdin = strings.NewReader(foreign)
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("nft", "flush", "ruleset").Run() })
	before := laboratory.Rules(t)
	if !strings.Contains(before, "table ip trustline") {
		t.Fatal("the other tables are not there:", before)
	}
	i := isolator(t, Config{})
	files := openFiles(t)
	start := time.Now()
	const flaps = 1000
	for n := range flaps {
		p := company([]Mode{Internal, AllBut}[n%2])
		apply(t, i, p)
		if n%100 == 0 {
			refused(t, laboratory.Inside)
		}
		lift(t, i)
		if n%100 == 0 {
			reachable(t, laboratory.Inside)
		}
	}
	t.Logf("%d flaps in %v", flaps, time.Since(start).Round(time.Millisecond))
	if after := laboratory.Rules(t); after != before {
		t.Errorf("the packet filter is not what it was:\n%s\nbefore:\n%s", after, before)
	}
	if n := openFiles(t); n > files+2 {
		t.Errorf("%d open files, %d before", n, files)
	}
}

func openFiles(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestManyAtOnce: whoever comes last decides, and whatever happens it is one
// whole plan or none.
func TestManyAtOnce(t *testing.T) {
	w := laboratory.New(t)
	w.Plug("ap-company")
	i := isolator(t, Config{})
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			for range 10 {
				switch n % 4 {
				case 0, 1:
					apply(t, i, company([]Mode{Internal, AllBut}[n%2]))
				case 2:
					lift(t, i)
				case 3:
					if err := i.Prepare(company(Internal)); err != nil {
						t.Error(err)
					}
					if s, err := Read(); err != nil || s.Isolated && s.Mode != Internal && s.Mode != AllBut {
						t.Errorf("half a plan: %+v, %v", s, err)
					}
				}
			}
		})
	}
	group.Wait()
	apply(t, i, company(Internal))
	refused(t, laboratory.Inside)
	lift(t, i)
	reachable(t, laboratory.Inside)
}
