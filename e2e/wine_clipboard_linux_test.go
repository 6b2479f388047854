package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/synthetic"
)

// On Windows a customer list that is copied, as text or as a file, is taken off the
// clipboard and reported to the console, over the service's named pipe; what is harmless,
// or marked as secret by a password manager, is left alone.
func TestWindowsClipboardUnderWine(t *testing.T) {
	w := newWindows(t)
	w.screen()
	clip := filepath.Join(w.c, "clip.exe")
	w.run("x86_64-w64-mingw32-gcc", "-O2", "-o", clip, "testdata/clip.c")
	w.write("ProgramData/Trustline/policy.yaml", `version: "1"
classes: [{id: list, any: [{records: {at-least: 20}}]}]
rules:
  - id: not-copied
    title: {en: Customer lists are not copied, zh: 不得复制客户名单}
    when: {class: list, channel: clipboard}
    action: block
  - id: not-in-the-cloud
    title: {en: Not in the cloud, zh: 不得放入网盘}
    when: {class: list, channel: sync-folder}
    action: quarantine
    employee-may: [request-approval]
`)
	console := w.reportsTo("policy: 'C:\\ProgramData\\Trustline\\policy.yaml'\nwatch: ['C:\\cloud']\n")
	var list bytes.Buffer
	if err := synthetic.CSV(&list, synthetic.New(12).People(40), "zh"); err != nil {
		t.Fatal(err)
	}
	w.write("list.csv", list.String())
	w.write("plan.txt", "下周三下午三点开会，地点另行通知。")
	w.start()
	w.firstCaller()
	helper := w.session()
	held := func() string { return w.run("wine", `C:\clip.exe`, "get") }

	w.run("wine", `C:\clip.exe`, "set", `C:\plan.txt`)
	time.Sleep(time.Second)
	if !strings.Contains(held(), "下周三") {
		t.Errorf("a harmless text was taken off; the helper said:\n%s", helper())
	}
	w.run("wine", `C:\clip.exe`, "set", `C:\list.csv`)
	w.until("the list is off the clipboard", func() bool { return held() == "" })
	w.until("the console has the incident", func() bool { return console.have("clipboard", "undone") == 1 })

	w.run("wine", `C:\clip.exe`, "files", `C:\plan.txt`)
	looked := func() int { return strings.Count(helper(), "copied files were looked at") }
	w.until("a harmless file was looked at", func() bool { return looked() == 1 })
	if held() != "[files]" {
		t.Errorf("a harmless file was taken off; the helper said:\n%s", helper())
	}
	w.run("wine", `C:\clip.exe`, "files", `C:\list.csv`)
	w.until("the file of the list is off the clipboard", func() bool { return held() == "" })
	w.until("the console has that incident", func() bool { return console.have("clipboard", "undone") == 2 })
	if at := os.Getenv("SCREENSHOTS"); at != "" { // of what the person is told, for people to look at
		time.Sleep(3 * time.Second)
		shot := exec.Command("import", "-display", w.display, "-window", "root", filepath.Join(at, "windows.png"))
		if out, err := shot.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}

	told := w.told()
	w.run("wine", "cmd", "/c", `copy C:\list.csv C:\cloud\names.csv`)
	w.until("who put a list in the cloud is told", func() bool { return strings.Contains(told(), "Not in the cloud") })
	w.until("the console has that incident too", func() bool { return console.have("sync-folder", "undone") == 1 })
	person := w.person()
	for _, user := range append(console.people("clipboard", "undone"), console.people("sync-folder", "undone")...) {
		if user != person {
			t.Errorf("an incident of %q, who is %q", user, person)
		}
	}

	w.run("wine", `C:\clip.exe`, "secret", `C:\list.csv`)
	time.Sleep(time.Second)
	if held() == "" || w.waiting() != 0 || console.have("clipboard", "undone") != 2 {
		t.Error("what a password manager marked as secret was looked at")
	}
	if strings.Contains(helper(), "not judged") {
		t.Errorf("the helper said:\n%s", helper())
	}
}

// screen gives this Windows a screen, without which nobody has a session on it.
func (w *windows) screen() {
	w.t.Helper()
	server := exec.Command("Xvfb", "-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp")
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	number := make([]byte, 16)
	n, err := out.Read(number)
	if err != nil {
		w.t.Fatal(err)
	}
	w.display = ":" + strings.TrimSpace(string(number[:n]))
}

// What only a Windows has is tried there by its own tests: the job that readers of
// documents are in, the named pipe, whose
// callers are known by their process and account, the Network List Manager, disks
// and the Windows Filtering Platform.
func TestWindowsPipeUnderWine(t *testing.T) {
	w := newWindows(t)
	for folder, test := range map[string]string{"../agent/account": "TestWindowsKnowsPeople|TestNumbersOfAccounts", "../agent/control": "TestPipe|TestWhoIsTakenForTheService", "../agent/enforce/quarantine": "TestOwnerIsKept", "../agent/sensor/network": "TestWindowsIsAsked",
		"../agent/disk": "TestDisksAreAsked", "../job": "TestProcessesEndWithTheirJob", "../agent/enforce/isolate": "TestThePlatformIsAsked"} {
		build := exec.Command("go", "test", "-c", "-o", filepath.Join(w.c, "own.test.exe"), folder)
		build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		said := w.run("wine", `C:\own.test.exe`, "-test.v", "-test.run", test)
		for one := range strings.SplitSeq(test, "|") {
			if !strings.Contains(said, "--- PASS: "+one) {
				t.Errorf("%s said:\n%s", one, said)
			}
		}
		t.Log(said)
	}
	w.speaks()
}

// speaks: nothing in the environment says which language somebody wants on a
// Windows, so that it is the one of its own windows.
func (w *windows) speaks() {
	t := w.t
	t.Helper()
	build := exec.Command("go", "test", "-c", "-o", filepath.Join(w.c, "message.test.exe"), "../message")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for locale, language := range map[string]string{"zh_CN.UTF-8": "zh", "en_US.UTF-8": "en", "de_DE.UTF-8": "en"} {
		cmd := w.command("wine", `C:\message.test.exe`, "-test.v", "-test.run", "TestLanguageOfWindows")
		cmd.Env = append(cmd.Env, "LC_ALL="+locale, "WINDOWS_SPEAKS="+language)
		said, err := os.Create(filepath.Join(w.dir, "said"))
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout, cmd.Stderr = said, said
		err = cmd.Run()
		said.Close()
		text, _ := os.ReadFile(said.Name())
		if err != nil || !strings.Contains(string(text), "--- PASS: TestLanguageOfWindows") {
			t.Errorf("%s: %v: %s", locale, err, text)
		}
	}
}

// firstCaller takes the end of the pipe that Wine 8 lets somebody connect to
// before the service waits there, which Windows does not: it hangs, and those
// who come after it are served.
func (w *windows) firstCaller() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	cmd := w.command("wine", `C:\trustline.exe`, "status")
	first := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	first.Env = cmd.Env
	_ = first.Run() // answered or not
	w.until("the service answers at its pipe", func() bool {
		out, _ := w.try("wine", `C:\trustline.exe`, "status", "--json") // 1: a drive is not read-only
		return strings.Contains(out, `"version"`)
	})
}

// person answers what Windows calls whoever is logged on, without a domain.
func (w *windows) person() string {
	w.t.Helper()
	name := strings.TrimSpace(w.run("wine", "cmd", "/c", "echo %USERNAME%"))
	if name == "" || strings.Contains(name, "%") {
		w.t.Fatalf("nobody is logged on: %q", name)
	}
	return name
}

// told answers what the person was told by now, as text.
func (w *windows) told() func() string {
	w.t.Helper()
	path := filepath.Join(w.dir, "told")
	said, err := os.Create(path)
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := w.command("wine", `C:\trustline.exe`, "session", "--print")
	cmd.Stdout = said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); _ = cmd.Wait(); said.Close() })
	return func() string { text, _ := os.ReadFile(path); return string(text) }
}

// session runs the session helper and answers what it said so far.
func (w *windows) session() func() string {
	w.t.Helper()
	path := filepath.Join(w.dir, "session.log")
	log, err := os.Create(path)
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := w.command("wine", `C:\trustline.exe`, "session", "--verbose")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); _ = cmd.Wait(); log.Close() })
	said := func() string { text, _ := os.ReadFile(path); return string(text) }
	w.until("the helper watches the clipboard", func() bool { return strings.Contains(said(), "windows-listener") })
	time.Sleep(time.Second)
	return said
}
