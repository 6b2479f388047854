package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/uploader/incident"
)

// needPrograms skips where a program is missing, and fails where everything
// must run.
func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s must be installed: apt-get install xvfb dbus dunst imagemagick", name)
		}
		t.Skipf("SKIPPED: needs %s (apt-get install xvfb dbus dunst imagemagick)", name)
	}
}

// serveTeller runs what the service runs to tell people.
func serveTeller(t *testing.T) (*prompt.Teller, string) {
	t.Helper()
	server, socket := serveControl(t, control.Status{})
	teller, err := prompt.NewTeller(server, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { teller.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return teller, socket
}

// ruleWords is what the policy of these tests says.
var ruleWords = prompt.Words{Title: map[string]string{"en": "Customer lists stay off removable media", "zh": "客户名单不得复制到移动存储介质"}}

// stopped is a customer list of a generated person's that was stopped.
func stopped(n int, file string) incident.Incident {
	return incident.Incident{
		ID: fmt.Sprintf("019a0000-0000-7000-8000-%012d", n), Time: time.Now(), Kind: incident.Activity, Severity: incident.High,
		Count: 1, Person: incident.Person{UID: os.Geteuid()}, Channel: "removable-media", Operation: "write",
		File:        incident.File{Name: file},
		Destination: incident.Destination{Vendor: "SanDisk", Model: "Ultra", Label: "BACKUP"},
		Decision: incident.Decision{
			Action: "block", Rule: "r", Reason: "class", Outcome: incident.Prevented,
			EmployeeMay: []string{"masked-copy", "request-approval"},
		},
		Content: incident.Content{
			Status: "sensitive", People: 500,
			Classes: []incident.Class{{ID: "cn-mobile"}, {ID: "cn-resident-id"}, {ID: "person-name"}},
			Matches: []incident.Match{{Class: "cn-mobile", Masked: "138****1234"}, {Class: "person-name", Masked: "张*"}},
		},
	}
}

func TestSessionPrints(t *testing.T) {
	teller, socket := serveTeller(t)
	teller.Tell(t.Context(), stopped(1, "客户.csv"), ruleWords) // before anybody listens: kept
	stdout, stderr, exit := trustline(t, "zh_CN.UTF-8", "session", "--print", "--once", "--socket", socket)
	want := "“客户.csv”未能复制到“SanDisk Ultra (BACKUP)”\n" +
		"文件中含有 500 位客户的信息（姓名、手机号码、居民身份证号），例如：张*、138****1234。没有任何内容被复制。\n" +
		"您可以：改用脱敏副本，或向安全团队申请审批。\n公司规定：客户名单不得复制到移动存储介质\n\n"
	if stdout != want || stderr != "" || exit != 0 {
		t.Errorf("exit %d, stderr %q, printed\n%s", exit, stderr, stdout)
	}
}

// background starts a program that is ended with the test.
func background(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
}

// firstLine starts a program and answers the first line it prints.
func firstLine(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	background(t, cmd)
	in := bufio.NewReader(out)
	line, err := in.ReadString('\n')
	if err != nil {
		t.Fatalf("%s did not start: %v", cmd.Path, err)
	}
	go io.Copy(io.Discard, in)
	return strings.TrimSpace(line)
}

// startDesktop runs an X server, a session bus and a notification server, with
// settings of its own.
func startDesktop(t *testing.T, lang string, settings ...string) {
	t.Helper()
	needPrograms(t, "Xvfb", "dbus-daemon", "dunst", "dunstctl", "import")
	t.Setenv("LC_ALL", "")
	t.Setenv("LANG", lang)
	display := firstLine(t, exec.Command("Xvfb", "-displayfd", "1", "-screen", "0", "760x420x24", "-nolisten", "tcp"))
	t.Setenv("DISPLAY", ":"+display)
	config := filepath.Join(t.TempDir(), "bus.conf") // a bus that starts nothing by itself
	err := os.WriteFile(config, fmt.Appendf(nil, `<busconfig><type>session</type><listen>unix:dir=%s</listen>
		<policy context="default"><allow user="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`, t.TempDir()), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", firstLine(t, exec.Command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address")))
	own := filepath.Join(t.TempDir(), "dunst") // nobody else's settings
	t.Setenv("XDG_CONFIG_HOME", filepath.Dir(own))
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(own, "dunstrc"), []byte(strings.Join(settings, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	background(t, exec.Command("dunst"))
}

func eventually(t *testing.T, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > 60*time.Second {
			t.Fatal("never happened: " + what)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// screenshot answers how many different colours the screen shows and keeps the
// picture in $TRUSTLINE_SCREENSHOTS.
func screenshot(t *testing.T, name string) int {
	t.Helper()
	dir := os.Getenv("TRUSTLINE_SCREENSHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	path := filepath.Join(dir, name+".png")
	if out, err := exec.Command("import", "-window", "root", path).CombinedOutput(); err != nil {
		t.Fatalf("take a screenshot: %v\n%s", err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	colours := map[any]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			colours[img.At(x, y)] = true
		}
	}
	return len(colours)
}

func TestSessionOnARealDesktop(t *testing.T) {
	const file = "客户 customers <b>2026<∕b> & more.csv"
	for lang, want := range map[string]string{
		"en_GB.UTF-8": file + ": not copied to SanDisk Ultra (BACKUP)\nIt contains details of 500 customers",
		"zh_CN.UTF-8": "“" + file + "”未能复制到“SanDisk Ultra (BACKUP)”\n文件中含有 500 位客户的信息",
	} {
		t.Run(lang, func(t *testing.T) {
			startDesktop(t, lang)
			teller, socket := serveTeller(t)
			background(t, exec.Command("trustline", "session", "--socket", socket))
			// The first may be kept until the helper is there; the second is timed.
			first := stopped(1, "first.csv")
			first.Decision.Action, first.Decision.Outcome = "warn", incident.Reported
			teller.Tell(t.Context(), first, ruleWords)
			eventually(t, "first notification", func() bool { return output(t, "dunstctl", "count", "displayed") == "1" })
			teller.Tell(t.Context(), stopped(2, file), ruleWords)
			eventually(t, "second notification", func() bool { return output(t, "dunstctl", "count", "displayed") == "2" })
			eventually(t, "its window is drawn", func() bool { return screenshot(t, "notification-"+lang[:2]) >= 20 })
			if got := dunstHas(t); !strings.Contains(got, want) {
				t.Errorf("the notification server has\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// dunstHas answers what dunst was given, as it understood it: with markup
// taken away.
func dunstHas(t *testing.T) string {
	t.Helper()
	output(t, "dunstctl", "close-all")
	var history struct {
		Data [][]struct{ Summary, Body struct{ Data string } }
	}
	if err := json.Unmarshal([]byte(output(t, "dunstctl", "history")), &history); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, list := range history.Data {
		for _, n := range list {
			fmt.Fprintf(&b, "%s\n%s\n", n.Summary.Data, n.Body.Data)
		}
	}
	return b.String()
}
