package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/cases"
	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/rules/synthetic"
)

const clipboardPolicy = `version: "1"
classes:
  - {id: customer-list, any: [{records: {at-least: 20}}]}
  - {id: mobiles, any: [{count: {class: cn-mobile, at-least: 3, confidence: 0.6}}]}
rules:
  - id: no-lists-on-the-clipboard
    title: {en: Customer lists do not go to the clipboard, zh: 客户名单不得复制到剪贴板}
    when: {class: customer-list, channel: clipboard}
    action: block
  - id: no-numbers-on-the-clipboard
    title: {en: Customers' numbers do not go to the clipboard, zh: 客户号码不得复制到剪贴板}
    when: {class: mobiles, channel: clipboard}
    action: block
`

// said collects what a program says on standard error.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// office is a desktop, with the service that watches over it.
type office struct {
	t           *testing.T
	dir, socket string
	program     string // of the helper
	service     *exec.Cmd
	serviceSaid said
	helper      *exec.Cmd
	helperSaid  *said
	person      uint32 // who runs the helper
	people      *synthetic.Generator
	numbers     []string
	board       board
}

// board is the clipboard of a desktop, as programs of its kind reach it.
type board struct {
	copying, pasting []string
	programs         []string // that have to be there
	start            func(*testing.T)
}

// x11 is that of an X server, which startDesktop has begun.
func x11() board {
	return board{[]string{"xclip", "-selection", "clipboard"}, []string{"xclip", "-selection", "clipboard", "-o"}, []string{"xclip"}, func(*testing.T) {}}
}

func openOffice(t *testing.T, board board) *office {
	t.Helper()
	o := newOffice(t, board)
	o.startHelper()
	return o
}

// newOffice is one where nobody is logged on yet.
func newOffice(t *testing.T, board board) *office {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("this test runs the service and needs root")
		}
		t.Skip("SKIPPED: runs the service, which needs root")
	}
	needPrograms(t, board.programs...)
	startDesktop(t, "en_GB.UTF-8")
	board.start(t)
	o := &office{t: t, dir: t.TempDir(), people: synthetic.New(7), board: board, program: "trustline"}
	if err := os.Chmod(o.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	o.socket = filepath.Join(o.dir, "control.sock")
	o.write("policy.yaml", clipboardPolicy)
	o.write("agent.yaml", fmt.Sprintf("state: %s/state\nsocket: %s\npolicy: %s/policy.yaml\n", o.dir, o.socket, o.dir))
	t.Cleanup(func() {
		o.kill(o.helper)
		o.kill(o.service)
		if t.Failed() {
			t.Logf("the service said\n%s\nthe helper said\n%s", &o.serviceSaid, o.helperSaid)
		}
	})
	o.startService()
	return o
}

func (o *office) write(name, text string) {
	if err := os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) kill(cmd *exec.Cmd) {
	if cmd != nil && cmd.ProcessState == nil {
		cmd.Process.Kill()
		cmd.Wait()
	}
}

func (o *office) startService() {
	o.t.Helper()
	o.service = exec.Command("trustline", "run", "--config", filepath.Join(o.dir, "agent.yaml"))
	o.service.Stderr = &o.serviceSaid
	if err := o.service.Start(); err != nil {
		o.t.Fatal(err)
	}
	eventually(o.t, "the service answers", func() bool { _, err := o.status(); return err == nil })
}

func (o *office) startHelper() {
	o.t.Helper()
	o.helperSaid = &said{}
	o.helper = exec.Command(o.program, "session", "--verbose", "--socket", o.socket)
	o.helper.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: o.person, Gid: o.person}}
	o.helper.Stderr = o.helperSaid
	if err := o.helper.Start(); err != nil {
		o.t.Fatal(err)
	}
	eventually(o.t, "the helper watches", func() bool { return strings.Contains(o.helperSaid.String(), "watching the clipboard") })
	// A copy that is judged shows that it does by now.
	for try := 0; !strings.Contains(o.helperSaid.String(), "judged"); try++ {
		if try == 60 {
			o.t.Fatalf("the helper sees no copies; it said\n%s", o.helperSaid)
		}
		o.copy("hello")
		for wait := 0; wait < 100 && !strings.Contains(o.helperSaid.String(), "judged"); wait++ {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (o *office) status() (control.Status, error) {
	c, err := control.Dial(o.t.Context(), o.socket)
	if err != nil {
		return control.Status{}, err
	}
	defer c.Close()
	return c.Status(o.t.Context())
}

// cases are what the person was stopped in.
func (o *office) cases() []cases.Case {
	o.t.Helper()
	c, err := control.Dial(o.t.Context(), o.socket)
	if err != nil {
		o.t.Fatal(err)
	}
	defer c.Close()
	var list cases.List
	if err := c.Ask(o.t.Context(), cases.AskList, nil, &list); err != nil {
		o.t.Fatal(err)
	}
	return list.Cases
}

// copy copies as a person would, with a program of its own.
func (o *office) copy(text string, args ...string) {
	o.t.Helper()
	cmd := exec.Command(o.board.copying[0], append(o.board.copying[1:len(o.board.copying):len(o.board.copying)], args...)...)
	cmd.Stdin = strings.NewReader(text)
	if err := cmd.Run(); err != nil {
		o.t.Fatalf("%s: %v", o.board.copying[0], err)
	}
}

func (o *office) paste() string {
	out, _ := exec.Command(o.board.pasting[0], o.board.pasting[1:]...).Output() // fails on an empty one
	return string(out)
}

// list is a customer list of so many generated people.
func (o *office) list(n int) string {
	o.t.Helper()
	people := o.people.People(n)
	for _, p := range people {
		o.numbers = append(o.numbers, p.Mobile, p.ResidentID)
	}
	var b bytes.Buffer
	if err := synthetic.CSV(&b, people, "zh"); err != nil {
		o.t.Fatal(err)
	}
	return b.String()
}

// stays copies what nobody minds and looks whether it is left alone. What copies
// may return before the desktop knows of it.
func (o *office) stays(text string) {
	o.t.Helper()
	o.copy(text)
	eventually(o.t, "a harmless copy is on the clipboard", func() bool { return o.paste() == text })
	time.Sleep(40 * time.Millisecond)
	if got := o.paste(); got != text {
		o.t.Errorf("a harmless copy of %d bytes is %d bytes by now", len(text), len(got))
	}
}

// isCleared waits until the clipboard is empty, which it must not have been
// before the copy.
func (o *office) isCleared(what string) time.Duration {
	o.t.Helper()
	return eventually(o.t, what+" is taken off", func() bool { return o.paste() == "" })
}

func TestClipboardOfAWorkingDay(t *testing.T) {
	for name, board := range map[string]board{"X11": x11(), "Wayland": wayland()} {
		t.Run(name, func(t *testing.T) { openOffice(t, board).workingDay() })
	}
}

// workingDay copies a hundred times, every fifth time what must not be.
func (o *office) workingDay() {
	t := o.t
	t.Helper()
	before, err := o.status()
	if err != nil {
		t.Fatal(err)
	}
	harmless := []func(n int) string{
		func(n int) string { return fmt.Sprintf("Let us meet at %d:30", 8+n%9) },
		func(n int) string { return fmt.Sprintf("https://intranet.example/wiki/page?id=%d", n) },
		func(int) string { return o.list(1) },
		func(n int) string {
			return strings.Repeat("三季度复盘会纪要，请各部门于周五前反馈。\n", 20+n)
		},
	}
	var took []time.Duration
	began := time.Now()
	for n := range 100 {
		if n%5 == 4 {
			o.copy(o.list(20 + n))
			took = append(took, o.isCleared("a customer list"))
			continue
		}
		o.stays(harmless[n%5](n))
	}
	slices.Sort(took)
	t.Logf("100 copies in %v; lists were seen to be gone after %v (median), %v (longest)", time.Since(began), took[len(took)/2], took[len(took)-1])
	eventually(t, "every list is a case", func() bool { return len(o.cases()) >= len(took) })
	stopped := o.cases()
	if len(stopped) != len(took) {
		t.Errorf("%d cases, want %d", len(stopped), len(took))
	}
	for _, c := range stopped {
		if n := c.Notice; n.Outcome != "undone" || n.Action != "block" || n.Channel != "clipboard" || n.Rule != "no-lists-on-the-clipboard" || c.People < 20 {
			t.Errorf("case %+v", n)
		}
	}
	after, err := o.status()
	if err != nil || *after.IncidentsToday-*before.IncidentsToday != len(took) {
		t.Errorf("%d incidents, want %d: %v", *after.IncidentsToday-*before.IncidentsToday, len(took), err)
	}
	o.toldAndKeptNothing()
}

// toldAndKeptNothing looks at what the person was told as well.
func (o *office) toldAndKeptNothing() {
	o.t.Helper()
	if told := dunstHas(o.t); !strings.Contains(told, "What you copied: taken off the clipboard\nIt contains details of ") || !strings.Contains(told, "It was on the clipboard for a moment") {
		o.t.Errorf("the person was told\n%s", told)
	}
	o.keptNothing()
}

// keptNothing looks for their customers' numbers in logs and in the service's
// state.
func (o *office) keptNothing() {
	o.t.Helper()
	kept := []byte(o.serviceSaid.String() + o.helperSaid.String())
	err := filepath.WalkDir(filepath.Join(o.dir, "state"), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		kept = append(kept, data...)
		return err
	})
	if err != nil {
		o.t.Error(err)
	}
	found := 0
	for _, number := range o.numbers {
		if bytes.Contains(kept, []byte(number)) {
			found++
		}
	}
	if found > 0 {
		o.t.Errorf("%d of %d customers' numbers are in logs or in the service's state", found, len(o.numbers))
	}
}

func TestClipboardWithoutServiceOrHelper(t *testing.T) {
	o := openOffice(t, x11())
	list := o.list(30)
	for range 2 { // the same list once more is another copy
		o.stays("in between")
		o.copy(list)
		o.isCleared("a list")
	}

	o.kill(o.service)
	o.copy(list)
	eventually(t, "the helper says that nobody judges", func() bool { return strings.Contains(o.helperSaid.String(), "what is copied is not judged") })
	o.stays(list)
	o.startService()
	o.copy(list)
	o.isCleared("a list after the service came back")

	o.kill(o.helper)
	o.stays(list)
	if _, err := o.status(); err != nil {
		t.Error("the service minds that a helper was killed:", err)
	}
	o.startHelper()
	o.copy(list)
	o.isCleared("a list after the helper came back")
}
