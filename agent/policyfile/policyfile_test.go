package policyfile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/strictyaml"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func policy(version string, people int) string {
	return fmt.Sprintf(`version: %q
classes:
  - {id: list, any: [{records: {at-least: %d}}]}
rules:
  - {id: stop, title: 名单, when: {class: list}, action: block}
`, version, people)
}

// stops tells whether a policy stops a list of so many people.
func stops(p *rules.Policy, people int) bool {
	c := rules.Content{Status: rules.Sensitive, Summary: detect.Summary{People: people}}
	return rules.Decide(p, activity.Activity{Channel: activity.RemovableMedia}, c, rules.Context{}).Action.Stops()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// watched runs a file and hands out its events.
func watched(t *testing.T, path string) (*File, <-chan Event) {
	t.Helper()
	f := New(path, "", slog.New(slog.DiscardHandler))
	events := make(chan Event, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		if err := f.Run(ctx, func(e Event) { events <- e }); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return f, events
}

func next(t *testing.T, events <-chan Event, code string) Event {
	t.Helper()
	select {
	case e := <-events:
		if e.Code != code {
			t.Fatalf("told %+v, want %s", e, code)
		}
		return e
	case <-time.After(30 * time.Second):
		t.Fatalf("nothing was told within 30 s, want %s", code)
	}
	return Event{}
}

func none(t *testing.T, events <-chan Event) {
	t.Helper()
	select {
	case e := <-events:
		t.Fatalf("told %+v, want nothing", e)
	case <-time.After(2 * settle):
	}
}

func TestWithoutAPathTheBuiltInPolicyHolds(t *testing.T) {
	f, events := watched(t, "")
	none(t, events)
	if s := f.Status(); s.Origin != BuiltIn || s.Broken != "" || s.Version != rules.DefaultPolicy().Version() {
		t.Errorf("status %+v", s)
	}
	if !stops(f.Current(), 20) {
		t.Error("the built-in policy does not stop a customer list")
	}
}

func TestAChangedFileTakesEffect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, path, policy("1", 20))
	f, events := watched(t, path)
	next(t, events, Changed)
	if stops(f.Current(), 10) || !stops(f.Current(), 20) {
		t.Fatal("the first policy is not in force")
	}
	waysToWrite := map[string]func(text string){
		"in place": func(text string) { write(t, path, text) },
		"renamed over": func(text string) {
			write(t, path+".new", text)
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		},
		"backup, then a new file": func(text string) {
			if err := os.Rename(path, path+"~"); err != nil {
				t.Fatal(err)
			}
			write(t, path, text)
		},
	}
	people := 10
	for name, put := range waysToWrite {
		people--
		put(policy(name, people))
		if e := next(t, events, Changed); e.Version != f.Current().Version() || !strings.HasPrefix(e.Version, name+"+") {
			t.Errorf("%s: told version %q, in force %q", name, e.Version, f.Current().Version())
		}
		if stops(f.Current(), people-1) || !stops(f.Current(), people) {
			t.Errorf("%s: not in force", name)
		}
	}
	write(t, path, policy("same", 3))
	next(t, events, Changed)
	write(t, path, policy("same", 3))
	none(t, events)
}

func TestABrokenFileKeepsThePolicyRunning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, path, policy("1", 7))
	f, events := watched(t, path)
	next(t, events, Changed)
	for name, text := range map[string]string{
		"wrong word":  strings.Replace(policy("2", 1), "block", "blok", 1),
		"not yaml":    "version: [",
		"empty":       "",
		"no rules":    "version: '3'\n",
		"binary":      "\x00\x01\xff\xfe",
		"too large":   policy("4", 1) + strings.Repeat("# padding\n", strictyaml.MaxBytes/10+1),
		"many faults": "version: '5'\nrules:\n" + strings.Repeat("  - {id: UPPER, action: nonsense}\n", 500),
	} {
		write(t, path, text)
		e := next(t, events, Broken)
		if len(e.Problem) > maxProblem || e.Problem == "" {
			t.Errorf("%s: problem of %d bytes", name, len(e.Problem))
		}
		s := f.Status()
		if s.Broken != e.Problem || !strings.HasPrefix(s.Version, "1+") || !strings.HasPrefix(e.Version, "1+") {
			t.Errorf("%s: status %+v", name, s)
		}
		if stops(f.Current(), 6) || !stops(f.Current(), 7) {
			t.Errorf("%s: the old policy is not in force", name)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, Broken); !strings.Contains(e.Problem, "does not exist") {
		t.Errorf("removed: told %q", e.Problem)
	}
	write(t, path, policy("1", 7))
	next(t, events, Changed)
	if s := f.Status(); s.Broken != "" {
		t.Errorf("mended, yet %q", s.Broken)
	}
}

func TestAMissingFileMeansTheBuiltInPolicy(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet")
	path := filepath.Join(dir, "policy.yaml")
	f, events := watched(t, path)
	next(t, events, Broken)
	if s := f.Status(); s.Origin != BuiltIn || s.Broken == "" {
		t.Errorf("status %+v", s)
	}
	if !stops(f.Current(), 20) {
		t.Error("the built-in policy is not in force")
	}
}

// A workstation restarted with a broken policy goes on with the last sound one.
func TestTheLastSoundPolicyOutlivesARestart(t *testing.T) {
	dir := t.TempDir()
	path, kept := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "last-policy.yaml")
	start := func() *File { return New(path, kept, slog.New(slog.DiscardHandler)) }
	write(t, path, policy("1", 7))
	if s := start().Status(); s.Origin != FromFile {
		t.Fatalf("status %+v", s)
	}
	for name, spoil := range map[string]func() error{
		"broken":  func() error { return os.WriteFile(path, []byte("version: ["), 0o644) },
		"removed": func() error { return nil },
		"opened": func() error {
			return errors.Join(os.WriteFile(path, []byte(policy("2", 1)), 0o644), os.Chmod(path, 0o666))
		},
	} {
		if err := errors.Join(os.RemoveAll(path), spoil()); err != nil {
			t.Fatal(err)
		}
		f := start()
		if s := f.Status(); s.Origin != FromCopy || s.Broken == "" || !strings.HasPrefix(s.Version, "1+") {
			t.Errorf("%s: status %+v", name, s)
		}
		if stops(f.Current(), 6) || !stops(f.Current(), 7) {
			t.Errorf("%s: the last sound policy is not in force", name)
		}
		if len(f.pending) != 1 || f.pending[0].Code != Broken || f.pending[0].Version != f.Current().Version() {
			t.Errorf("%s: told %+v", name, f.pending)
		}
	}
	if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, []byte(policy("3", 9)), 0o644)); err != nil {
		t.Fatal(err)
	}
	if s := start().Status(); s.Origin != FromFile || s.Broken != "" || !strings.HasPrefix(s.Version, "3+") {
		t.Errorf("mended: status %+v", s)
	}
	// A copy that others could have written, or that is damaged, is not used.
	write(t, path, "broken: [")
	if err := os.Chmod(kept, 0o666); err != nil {
		t.Fatal(err)
	}
	if s := start().Status(); s.Origin != BuiltIn {
		t.Errorf("open copy: status %+v", s)
	}
	if err := errors.Join(os.Chmod(kept, 0o600), os.Truncate(kept, 20)); err != nil {
		t.Fatal(err)
	}
	if s := start().Status(); s.Origin != BuiltIn {
		t.Errorf("damaged copy: status %+v", s)
	}
	if left, _ := filepath.Glob(kept + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAKubernetesVolumeIsFollowed(t *testing.T) {
	dir := t.TempDir()
	publish := func(generation, text string) {
		if err := os.Mkdir(filepath.Join(dir, generation), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, generation, "policy.yaml"), text)
		if err := os.Symlink(generation, filepath.Join(dir, "..data_tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	publish("..2026_1", policy("1", 20))
	path := filepath.Join(dir, "policy.yaml")
	if err := os.Symlink("..data/policy.yaml", path); err != nil {
		t.Fatal(err)
	}
	f, events := watched(t, path)
	next(t, events, Changed)
	publish("..2026_2", policy("2", 5))
	next(t, events, Changed)
	if !stops(f.Current(), 5) {
		t.Error("the second generation is not in force")
	}
}

func TestALinkedFileChangedAtItsTargetIsFollowed(t *testing.T) {
	target := filepath.Join(t.TempDir(), "real.yaml")
	write(t, target, policy("1", 20))
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	f, events := watched(t, path)
	next(t, events, Changed)
	time.Sleep(2 * settle) // the watch stands
	write(t, target, policy("2", 5))
	next(t, events, Changed)
	if !stops(f.Current(), 5) {
		t.Error("the change is not in force")
	}
}

// A folder that never is quiet does not keep a policy from taking effect.
func TestABusyFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "policy.yaml")
	write(t, path, policy("1", 20))
	f, events := watched(t, path)
	next(t, events, Changed)
	write(t, path, policy("2", 5))
	deadline := time.Now().Add(settleAtMost + time.Minute)
	for time.Now().Before(deadline) && !stops(f.Current(), 5) {
		if err := os.Chtimes(path, time.Time{}, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settle / 4)
	}
	if !stops(f.Current(), 5) {
		t.Error("the change did not take effect while the folder was busy")
	}
}

func TestOtherPeoplesHandsAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders are protected by the installer there")
	}
	other := 12345
	for name, spoil := range map[string]func(dir, path string) error{
		"file of another user":     func(_, path string) error { return os.Chown(path, other, -1) },
		"file writable by all":     func(_, path string) error { return os.Chmod(path, 0o666) },
		"file writable by a group": func(_, path string) error { return os.Chmod(path, 0o664) },
		"folder writable by all":   func(dir, _ string) error { return os.Chmod(dir, 0o777) },
		"folder of another user":   func(dir, _ string) error { return os.Chown(dir, other, -1) },
		"parent of another user":   func(dir, _ string) error { return os.Chown(filepath.Dir(dir), other, -1) },
		"link of another user": func(_, path string) error {
			return errors.Join(os.Rename(path, path+".real"), os.Symlink(path+".real", path), os.Lchown(path, other, -1))
		},
		"link into another's folder": func(dir, path string) error {
			theirs := filepath.Join(filepath.Dir(dir), "theirs")
			return errors.Join(os.Mkdir(theirs, 0o755), os.Rename(path, dir+"/real"), os.Symlink(dir+"/real", theirs+"/link"),
				os.Symlink(theirs+"/link", path), os.Chown(theirs, other, -1))
		},
		"link in circles": func(_, path string) error {
			return errors.Join(os.Remove(path), os.Symlink(path, path))
		},
		"a named pipe": func(_, path string) error { return errors.Join(os.Remove(path), mkfifo(path)) },
		"a folder":     func(_, path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) },
	} {
		t.Run(name, func(t *testing.T) {
			if os.Geteuid() != 0 && strings.Contains(name, "another") {
				if os.Getenv("CI") != "" {
					t.Fatal("needs root")
				}
				t.Skip("needs root to give files away")
			}
			dir := filepath.Join(t.TempDir(), "etc")
			path := filepath.Join(dir, "policy.yaml")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, path, policy("1", 3))
			if s := New(path, "", slog.New(slog.DiscardHandler)).Status(); s.Broken != "" {
				t.Fatalf("refused unspoilt: %s", s.Broken)
			}
			if err := spoil(dir, path); err != nil {
				t.Fatal(err)
			}
			f := New(path, "", slog.New(slog.DiscardHandler))
			if s := f.Status(); s.Broken == "" || s.Origin != BuiltIn {
				t.Errorf("accepted: %+v", s)
			} else {
				t.Log(s.Broken)
			}
			if stops(f.Current(), 3) {
				t.Error("the policy is in force")
			}
		})
	}
}

// A customer list in the policy's place must not end up in logs and incidents.
func TestProblemsHoldNoCustomerData(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	for _, text := range []string{
		"姓名,手机\n王小明,13800138000\n",
		"王小明: 13800138000\n李四: '11010519491231002X'\n",
		"- 王小明 13800138000\n",
		"version: 13800138000\nmode: 13800138000\nrules: [{id: 王小明, action: '13800138000', when: {channel: wang@example.com}}]\n",
		"a: &王小明 13800138000\nb: *李四\n",
		"a: \"王小明 13800138000\n",
		"a: !王小明 13800138000\n",
		"%王小明 13800138000\n---\na: b\n",
	} {
		write(t, path, text)
		s := New(path, "", slog.New(slog.DiscardHandler)).Status()
		if s.Broken == "" {
			t.Errorf("accepted %q", text)
		}
		for _, private := range []string{"王小明", "李四", "13800138000", "11010519491231002X", "wang@"} {
			if strings.Contains(s.Broken, private) {
				t.Errorf("the problem names what stands in the file: %s", s.Broken)
			}
		}
	}
}

func TestManyReadersDuringManyChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, path, policy("0", 20))
	f, _ := watched(t, path)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if !stops(f.Current(), 20) {
						t.Error("a list of 20 people got through")
						return
					}
					_ = f.Status()
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	for i := range 12 {
		if i%3 == 2 {
			write(t, path, "broken: [")
		} else {
			write(t, path+".new", policy(fmt.Sprint(i), 5+i))
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(settle + 50*time.Millisecond)
	}
	close(stop)
	readers.Wait()
}
