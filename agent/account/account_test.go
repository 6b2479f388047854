package account

import (
	"context"
	"errors"
	"os/exec"
	"os/user"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestManyQuestionsAreAskedOnce(t *testing.T) {
	var asked atomic.Int32
	d := &Directory{Look: func(context.Context, int) (Person, error) {
		asked.Add(1)
		time.Sleep(20 * time.Millisecond)
		return Person{User: "anna", Groups: []string{"sales"}}, nil
	}}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if p := d.Person(1000); p.User != "anna" || !slices.Equal(p.Groups, []string{"sales"}) {
				t.Errorf("%+v", p)
			}
		})
	}
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("the system was asked %d times", n)
	}
	if p := d.Person(-1); p.User != "" {
		t.Error("nobody has a name")
	}
}

// A directory that is away for an hour changes nothing; one that is back does.
func TestWhatWasKnownIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		groups, fails := []string{"sales"}, error(nil)
		var mu sync.Mutex
		d := &Directory{Look: func(context.Context, int) (Person, error) {
			mu.Lock()
			defer mu.Unlock()
			return Person{User: "anna", Groups: groups}, fails
		}}
		d.Person(1000)
		mu.Lock()
		fails = errors.New("away")
		mu.Unlock()
		for range 60 {
			time.Sleep(time.Minute)
			if p := d.Person(1000); p.User != "anna" || len(p.Groups) != 1 {
				t.Fatalf("%+v", p)
			}
		}
		mu.Lock()
		fails, groups = nil, []string{"finance"}
		mu.Unlock()
		time.Sleep(2 * time.Minute)
		d.Person(1000) // asks again
		synctest.Wait()
		if p := d.Person(1000); p.Groups[0] != "finance" {
			t.Errorf("%+v", p)
		}
	})
}

func TestAnUnknownNumberIsItsName(t *testing.T) {
	if p := (&Directory{}).Person(3_999_999_999 % (1 << 31)); p.User == "" || strings.Trim(p.User, "0123456789") != "" {
		t.Errorf("%+v", p)
	}
	d := &Directory{Look: func(context.Context, int) (Person, error) { return Person{}, errors.New("away") }}
	if p := d.Person(77); p.User != "77" {
		t.Errorf("%+v", p)
	}
}

// The system answers what its own tool does.
func TestSystem(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	p := (&Directory{}).Person(0)
	if me.Uid == "0" && p.User != me.Username {
		t.Errorf("%s, want %s", p.User, me.Username)
	}
	out, err := exec.Command("id", "-Gn", p.User).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Fields(string(out)); !slices.Equal(p.Groups, want) {
		t.Errorf("groups %v, want %v", p.Groups, want)
	}
}
