package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/control"
)

// serveControl serves a status at a socket until the test ends.
func serveControl(t *testing.T, st control.Status) (*control.Server, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "control.sock")
	l, err := control.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &control.Server{Status: func(control.Caller) control.Status { return st }, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.Serve(ctx, l) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return s, path
}

// trustline runs the program as a process of its own.
func trustline(t *testing.T, lang string, args ...string) (stdout, stderr string, exit int) {
	t.Helper()
	cmd := exec.Command("trustline", args...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=", "LC_MESSAGES=", "LANG="+lang, "TZ=UTC")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func healthy() control.Status {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	return control.Status{
		Version: "1.2.3", Started: at, Machine: control.Machine{ID: "m-1", Name: "desk-7", OS: "linux"},
		Mode:    control.ModeEnforce,
		Policy:  control.Policy{Name: "Customer lists", Version: "4", Loaded: at},
		Console: control.Console{URL: "https://console.example", Connected: true, LastContact: at, EnrolledUntil: at.AddDate(0, 0, 30)},
		Spool:   &control.Spool{},
		Guards: []control.Guard{
			{MountPoint: "/media/lin/BACKUP", Device: "/dev/sdb1", Name: "SanDisk Ultra", State: control.GuardActive, Since: at},
		},
	}
}

func TestStatusPage(t *testing.T) {
	_, socket := serveControl(t, healthy())
	stdout, stderr, exit := trustline(t, "C.UTF-8", "status", "--socket", socket)
	want := `Trustline is running and protects this machine.

  Service     1.2.3, running since 2026-03-04 05:06
  Machine     desk-7 (m-1)
  Mode        enforcing: what the policy forbids is stopped
  Policy      Customer lists, version 4, loaded 2026-03-04 05:06
  Console     https://console.example, connected, last contact 2026-03-04 05:06
  Enrolled    until 2026-04-03 05:06; renewed by itself
  To send     nothing is waiting

Removable media
  /media/lin/BACKUP  SanDisk Ultra /dev/sdb1  protected since 2026-03-04 05:06
`
	if stdout != want || stderr != "" || exit != 0 {
		t.Errorf("exit %d, stderr %q, page\n%s\nwant\n%s", exit, stderr, stdout, want)
	}
}

func TestStatusPageInChinese(t *testing.T) {
	_, socket := serveControl(t, healthy())
	stdout, _, exit := trustline(t, "zh_CN.UTF-8", "status", "--socket", socket)
	want := `信守正在运行，本机受到保护。

  服务        1.2.3，自 2026-03-04 05:06 起运行
  本机        desk-7 (m-1)
  模式        强制执行：策略禁止的操作会被阻止
  策略        Customer lists，版本 4，加载于 2026-03-04 05:06
  控制台      https://console.example，已连接，最近通信于 2026-03-04 05:06
  注册        证书有效至 2026-04-03 05:06，到期前自动续期
  待上报      无

移动存储介质
  /media/lin/BACKUP  SanDisk Ultra /dev/sdb1  受保护（自 2026-03-04 05:06 起）
`
	if stdout != want || exit != 0 {
		t.Errorf("exit %d, page\n%s\nwant\n%s", exit, stdout, want)
	}
}

func TestStatusSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	st := healthy()
	st.Policy.Broken = "line 12: unknown action"
	st.Console.Connected, st.Console.LastError = false, "certificate has expired"
	st.Spool.Depth = 9
	st.Guards[0].State = control.GuardFailed
	st.Guards[0].Name = "\x1b[2Jevil\u202e"
	st.Warnings = []control.Warning{
		{Code: "medium-unguarded", About: "/media/stick", Severity: "critical", Title: "guard failed"},
		{Code: "of-a-later-version", Severity: "high", Title: "Something \x1b[31mnew"},
	}
	_, socket := serveControl(t, st)
	stdout, _, exit := trustline(t, "C.UTF-8", "status", "--socket", socket)
	if exit != 1 {
		t.Errorf("exit %d, want 1", exit)
	}
	for _, want := range []string{
		"needs attention: see below", "(a newer one could not be loaded: line 12: unknown action)",
		"not reached since", "(certificate has expired)", "9 incidents waiting", "NOT PROTECTED",
		"! [critical] /media/stick could not be put under guard\n      Run \"trustline doctor\"",
		"! [high] Something �[31mnew\n      Run \"trustline doctor\"", "�[2Jevil /dev/sdb1",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
	if strings.ContainsAny(stdout, "\x1b\u202e") {
		t.Error("the page carries what a terminal would act on")
	}
}

func TestStatusJSON(t *testing.T) {
	st := healthy()
	st.Mode = control.ModeReportOnly
	_, socket := serveControl(t, st)
	stdout, _, exit := trustline(t, "zh_CN.UTF-8", "status", "--json", "--socket", socket)
	var got statusReport
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || exit != 0 {
		t.Fatal(exit, err, stdout)
	}
	if !got.Running || !got.Healthy || got.Status.Version != "1.2.3" || got.Status.Guards[0].State != "guarding" || got.Status.Mode != "report-only" {
		t.Errorf("printed %s", stdout)
	}
	if page, _, _ := trustline(t, "C.UTF-8", "status", "--socket", socket); !strings.Contains(page, "watches only") {
		t.Errorf("report-only is not said:\n%s", page)
	}
}
