package prompt

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/uploader/incident"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// needRoot skips without root, and fails where everything must run.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("this test must run as root")
	}
	t.Skip("SKIPPED: needs root to be somebody else")
}

// startTeller answers a running teller and the control server it uses, served
// at path.
func startTeller(t *testing.T) (*Teller, *control.Server, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "control.sock")
	teller, _ := serveTeller(t, path)
	return teller, teller.mail.(*control.Server), path
}

// serveTeller runs a teller and its control server at path until it is
// stopped or the test ends.
func serveTeller(t *testing.T, path string, change ...func(*Teller)) (_ *Teller, stop func()) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	server := &control.Server{Status: func(control.Caller) control.Status { return control.Status{} }, Log: log}
	teller, err := NewTeller(server, log)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(teller)
	}
	l, err := control.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { teller.Run(ctx) })
	wg.Go(func() { server.Serve(ctx, l) })
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return teller, stop
}

// console is a pseudo terminal with a process on it.
type console struct {
	master *os.File
	name   string
	cmd    *exec.Cmd

	mu   sync.Mutex
	seen bytes.Buffer
}

// openConsole runs a shell command on a fresh pseudo terminal of the person's.
func openConsole(t *testing.T, uid int, env []string, script string) *console {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	c := &console{master: master, name: fmt.Sprintf("/dev/pts/%d", n)}
	if err := os.Chown(c.name, uid, -1); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(c.name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	c.cmd = exec.Command("/bin/sh", "-c", script)
	c.cmd.Env = append([]string{"PATH=/usr/bin:/bin"}, env...)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = slave, slave, slave
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if uid != os.Geteuid() {
		c.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := c.master.Read(buf)
			if err != nil {
				return
			}
			c.mu.Lock()
			c.seen.Write(buf[:n])
			c.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
		c.cmd.Wait()
		wg.Wait()
		c.master.Close()
	})
	return c
}

func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen.String()
}

// see waits until the terminal shows all of the words and answers how long
// that took.
func (c *console) see(t *testing.T, words ...string) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		missing := ""
		for _, w := range words {
			if !strings.Contains(c.text(), w) {
				missing = w
			}
		}
		if missing == "" {
			return time.Since(began)
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("the terminal does not show %q but\n%s", missing, c.text())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// by makes the incident one of a process.
func by(pid, uid int) incident.Incident {
	i := blocked()
	i.Program.PID, i.Person.UID = pid, uid
	return i
}

func TestTerminalOfTheBlockedProcess(t *testing.T) {
	teller, _, _ := startTeller(t)
	for _, c := range []struct {
		env  string
		want []string
	}{
		{"LANG=en_GB.UTF-8", []string{"\n[Trustline] customers.csv: not copied to SanDisk Ultra (BACKUP)\r", " Nothing was copied.", "Company rule: No customer lists"}},
		{"LANG=zh_CN.UTF-8", []string{"[信守 Trustline] “customers.csv”未能复制到“SanDisk Ultra (BACKUP)”", "没有任何内容被复制。", "公司规定：客户名单不得"}},
	} {
		con := openConsole(t, os.Geteuid(), []string{c.env}, "echo ready; sleep 60; :")
		con.see(t, "ready")
		teller.Tell(t.Context(), by(con.cmd.Process.Pid, os.Geteuid()), ruleWords)
		if took := con.see(t, c.want...); took > 10*time.Second {
			t.Errorf("%s: shown after %v", c.env, took)
		}
	}
}

// The process is often gone before anybody can ask it anything: cp ends as
// soon as it is refused.
func TestTerminalOfAProcessThatEndsAtOnce(t *testing.T) {
	teller, _, _ := startTeller(t)
	con := openConsole(t, os.Geteuid(), []string{"LANG=zh_CN.UTF-8"}, "sh -c 'echo pid $$; read x; exit 1'; sleep 60")
	con.see(t, "pid", "\n")
	var pid int
	if _, err := fmt.Sscanf(con.text(), "pid %d", &pid); err != nil {
		t.Fatal(err, con.text())
	}
	i := by(pid, os.Geteuid())
	teller.Tell(t.Context(), i, ruleWords)
	fmt.Fprintln(con.master) // lets it end
	con.see(t, "[信守 Trustline]")
}

func TestTerminalIsLeftAloneWhereAHelperShows(t *testing.T) {
	teller, _, path := startTeller(t)
	client, err := control.Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	told, ready := make(chan control.Notice, 10), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		client.Subscribe(t.Context(), func() { close(ready) }, func(n control.Notice) { told <- n })
	})
	defer wg.Wait()
	defer client.Close()
	<-ready
	con := openConsole(t, os.Geteuid(), nil, "echo ready; sleep 60; :")
	con.see(t, "ready")
	began := time.Now()
	teller.Tell(t.Context(), by(con.cmd.Process.Pid, os.Geteuid()), ruleWords)
	n, err := fromWire(<-told)
	if err != nil || n.File != "customers.csv" || n.Samples[1] != "138****1234" {
		t.Errorf("told %+v, %v", n, err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the helper was told after %v", took)
	}
	time.Sleep(2 * tellWait)
	if strings.Contains(con.text(), "Trustline") {
		t.Error("the terminal was written to as well")
	}
}

func TestHelperThatComesInTimeIsPreferred(t *testing.T) {
	const inTime = 3 * time.Second // for a helper on a busy machine
	path := filepath.Join(t.TempDir(), "control.sock")
	teller, _ := serveTeller(t, path, func(l *Teller) { l.wait = inTime })
	server := teller.mail.(*control.Server)
	con := openConsole(t, os.Geteuid(), nil, "echo ready; sleep 60; :")
	con.see(t, "ready")
	teller.Tell(t.Context(), by(con.cmd.Process.Pid, os.Geteuid()), ruleWords)
	client, err := control.Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 10)
	var wg sync.WaitGroup
	wg.Go(func() { client.Subscribe(t.Context(), nil, func(n control.Notice) { told <- n.ID }) })
	defer wg.Wait()
	defer client.Close()
	<-told
	time.Sleep(inTime + tellWait)
	if strings.Contains(con.text(), "Trustline") {
		t.Error("the terminal was written to as well")
	}
	if server.Withdraw(os.Geteuid(), blocked().ID) {
		t.Error("the notice is still kept")
	}
}

func TestOtherTerminalsOnlyWhereTheyTakeMessages(t *testing.T) {
	needRoot(t)
	const uid = 64999
	teller, server, path := startTeller(t)
	_ = path
	willing := openConsole(t, uid, nil, "echo ready; sleep 60; :")
	unwilling := openConsole(t, uid, nil, "echo ready; sleep 60; :")
	stranger := openConsole(t, uid+1, nil, "echo ready; sleep 60; :")
	for _, con := range []*console{willing, unwilling, stranger} {
		con.see(t, "ready")
	}
	os.Chmod(willing.name, 0o620)
	os.Chmod(stranger.name, 0o622)
	os.Chmod(unwilling.name, 0o600)
	teller.Tell(t.Context(), by(0, uid), ruleWords) // a process nobody knows
	willing.see(t, "Nothing was copied")
	if strings.Contains(unwilling.text()+stranger.text(), "Trustline") {
		t.Error("a terminal that takes no messages, or somebody else's, was written to")
	}

	// With nowhere to write, the notice waits for the session helper.
	i := by(0, uid+2)
	teller.Tell(t.Context(), i, ruleWords)
	time.Sleep(3 * tellWait)
	if !server.Withdraw(uid+2, i.ID) {
		t.Error("a notice nobody could be told was lost")
	}
}

// A process may sit on a terminal number that, here, is somebody else's.
func TestTerminalOfSomebodyElseIsNotWrittenTo(t *testing.T) {
	needRoot(t)
	const uid = 64990
	teller, _, _ := startTeller(t)
	con := openConsole(t, uid, nil, "echo ready; sleep 60; :")
	con.see(t, "ready")
	os.Chown(con.name, uid+1, -1) // as if the device of that number were another person's
	if s := findSeat(con.cmd.Process.Pid, uid); s.own != "" {
		t.Errorf("%s was taken for the person's", s.own)
	}
	teller.Tell(t.Context(), by(con.cmd.Process.Pid, uid), ruleWords)
	time.Sleep(3 * tellWait)
	if strings.Contains(con.text(), "Trustline") {
		t.Error("somebody else's terminal was written to")
	}
}

// sudo: the process is root's, the terminal is still the person's.
func TestTerminalOfAProcessWithAnotherUser(t *testing.T) {
	needRoot(t)
	con := openConsole(t, 64991, nil, "echo ready; sleep 60; :")
	con.see(t, "ready")
	if s := findSeat(con.cmd.Process.Pid, 0); s.own != con.name {
		t.Errorf("found %q, want %s", s.own, con.name)
	}
}

// hold stops the output of a terminal, as Ctrl-S does once the kernel gets to it.
func hold(t *testing.T, name string) {
	t.Helper()
	tty, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	if err := unix.IoctlSetInt(int(tty.Fd()), unix.TCXONC, unix.TCOOFF); err != nil {
		t.Fatal(err)
	}
}

func TestHeldTerminalHoldsNobodyUp(t *testing.T) {
	teller, server, _ := startTeller(t)
	con := openConsole(t, os.Geteuid(), nil, "echo ready; sleep 60; :")
	con.see(t, "ready")
	hold(t, con.name)
	other := openConsole(t, os.Geteuid(), nil, "echo ready; sleep 60; :")
	other.see(t, "ready")
	held := by(con.cmd.Process.Pid, os.Geteuid())
	teller.Tell(t.Context(), held, ruleWords)
	next := by(other.cmd.Process.Pid, os.Geteuid())
	next.ID = "019a0000-0000-7000-8000-000000000002"
	teller.Tell(t.Context(), next, ruleWords)
	other.see(t, "Nothing was copied")
	if !server.Withdraw(os.Geteuid(), held.ID) {
		t.Error("what the held terminal did not take was lost")
	}
}

func TestManyFilesAreOneMessage(t *testing.T) {
	teller, _, _ := startTeller(t)
	con := openConsole(t, os.Geteuid(), nil, "echo ready; sleep 60; :")
	con.see(t, "ready")
	const files = 3000
	began := time.Now()
	for n := range files {
		i := by(con.cmd.Process.Pid, os.Geteuid())
		i.ID = fmt.Sprintf("019a0000-0000-7000-8000-%012d", n)
		i.File.Name = fmt.Sprintf("customers-%d.csv", n)
		teller.Tell(t.Context(), i, ruleWords)
	}
	// However many did not fit in the queue: the next one counts them all.
	time.Sleep(tellWait)
	last := by(con.cmd.Process.Pid, os.Geteuid())
	last.File.Name = "last.csv"
	teller.Tell(t.Context(), last, ruleWords)
	con.see(t, fmt.Sprintf("last.csv and %s more files", "3000"))
	took := time.Since(began)
	if n := strings.Count(con.text(), "[Trustline]"); n > int(took/repeatGap)+2 {
		t.Errorf("%d messages were written within %v", n, took)
	}
}

func TestHostileNamesDoNothingToTheTerminal(t *testing.T) {
	teller, _, _ := startTeller(t)
	con := openConsole(t, os.Geteuid(), nil, "echo ready; sleep 60; :")
	con.see(t, "ready")
	i := by(con.cmd.Process.Pid, os.Geteuid())
	i.File.Name = "dir/\x1b]0;owned\x07\u202ename\r\n[Trustline] all is well\x9b2J.csv"
	i.Destination.Vendor, i.Destination.Label = "\x1b[31mEvil", "\u009b\n"
	i.Content.Matches[0].Masked = "\x1b[2J138****1234"
	teller.Tell(t.Context(), i, ruleWords)
	con.see(t, "Nothing was copied")
	if text := con.text(); strings.ContainsAny(text, "\x1b\x07\u202e\u009b") || strings.Contains(text, "\n[Trustline] all") {
		t.Errorf("the terminal was given %q", text)
	}
}

func TestParseStat(t *testing.T) {
	s, err := parseStat([]byte("12 (a) b (c) S 7 12 5 34830 12 4194304 0"))
	if err != nil || s.command != "a) b (c" || s.parent != 7 || s.session != 5 || terminalPath(s.tty) != "/dev/pts/14" {
		t.Errorf("got %+v %s, %v", s, terminalPath(s.tty), err)
	}
	for device, want := range map[uint64]string{
		unix.Mkdev(136, 0): "/dev/pts/0", unix.Mkdev(137, 3): "/dev/pts/259", unix.Mkdev(4, 1): "/dev/tty1",
		unix.Mkdev(4, 64): "/dev/ttyS0", unix.Mkdev(4, 0): "", unix.Mkdev(8, 1): "",
	} {
		if got := terminalPath(device); got != want {
			t.Errorf("device %d:%d is %q, want %q", unix.Major(device), unix.Minor(device), got, want)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("12 (a) b (c) S 7 12 5 34830 12 4194304 0"))
	f.Add([]byte("1 (systemd) S 0 1 1 0 -1"))
	f.Add([]byte(")("))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := parseStat(data); err != nil && s != (procStat{}) {
			t.Error("an error and a state")
		}
	})
}

func TestLanguageOf(t *testing.T) {
	for env, want := range map[string]string{
		"A=1\x00LANG=zh_CN.UTF-8\x00":        "zh",
		"LANG=zh_CN.UTF-8\x00LC_ALL=en_US":   "en",
		"LC_ALL=\x00LANG=zh_TW":              "zh",
		"NOT_LANG=zh_CN\x00X\x00=\x00\xff=z": "",
		"":                                   "",
	} {
		if got := languageOf([]byte(env)); got != want {
			t.Errorf("%q: got %q, want %q", env, got, want)
		}
	}
}

// Over ssh the desktop is not where the person sits: both are told.
func TestPersonOverSSHIsToldAtTheirTerminalToo(t *testing.T) {
	shell, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	sshd := filepath.Join(t.TempDir(), "sshd")
	if err := os.WriteFile(sshd, shell, 0o755); err != nil {
		t.Fatal(err)
	}
	teller, _, path := startTeller(t)
	client, err := control.Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	told, ready := make(chan string, 10), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		client.Subscribe(t.Context(), func() { close(ready) }, func(n control.Notice) { told <- n.ID })
	})
	defer wg.Wait()
	defer client.Close()
	<-ready
	con := openConsole(t, os.Geteuid(), []string{"LANG=C.UTF-8"}, sshd+" -c '/bin/sh -c \"echo pid \\$\\$; sleep 60; :\"; :'; :")
	con.see(t, "pid", "\n")
	var pid int
	if _, err := fmt.Sscanf(con.text(), "pid %d", &pid); err != nil {
		t.Fatal(err, con.text())
	}
	teller.Tell(t.Context(), by(pid, os.Geteuid()), ruleWords)
	<-told
	con.see(t, "[Trustline]", "Nothing was copied")
}

func BenchmarkTell(b *testing.B) {
	teller, err := NewTeller(&control.Server{}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	i := by(os.Getpid(), os.Geteuid())
	for b.Loop() {
		teller.Tell(b.Context(), i, ruleWords)
	}
}
