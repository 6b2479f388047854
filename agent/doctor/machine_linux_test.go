package doctor

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/enforce"
	"github.com/trustline/trustline/rules/activity"
)

// childState makes the test program examine the machine with this folder and
// print what it found: how a test looks at it with other rights.
const childState = "TRUSTLINE_TEST_DOCTOR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childState); dir != "" {
		report, err := Examine(context.Background(), Setup{State: dir, Socket: filepath.Join(dir, "none.sock")}, "en")
		if err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(2)
		}
		json.NewEncoder(os.Stdout).Encode(report)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("this test needs root and must run in CI")
	}
	t.Skip("SKIPPED: this test tries what only root may")
}

// child examines the machine through another program, such as setpriv.
func child(t *testing.T, wrap ...string) map[string]Result {
	t.Helper()
	// Where everybody may run it, whatever the test's own folder allows.
	dir, err := os.MkdirTemp("/var/tmp", "trustline-doctor-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "doctor.test")
	if err := os.WriteFile(program, self, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	args := append(wrap, program)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childState+"="+filepath.Join(dir, "state"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
	var report Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	byID := map[string]Result{}
	for _, r := range report.Checks {
		byID[r.ID] = r
	}
	for _, c := range report.Channels {
		if c.Channel == activity.RemovableMedia && c.Enforcement != enforce.None {
			t.Errorf("removable media are said to be %s", c.Enforcement)
		}
	}
	return byID
}

func TestThisMachineAsRoot(t *testing.T) {
	needRoot(t)
	before := mountCount(t)
	byID := examine(t, setup(t))
	for _, id := range []string{"privileges", "fuse", "mounts", "firewall", "file-events", "sandbox"} {
		if r := byID[id]; r.State != OK {
			t.Errorf("%s: %s: %s", id, r.State, r.Detail)
		}
	}
	if after := mountCount(t); after != before {
		t.Errorf("%d mounts before, %d after", before, after)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "trustline-doctor-*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func mountCount(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(data), "trustline-doctor")
}

func TestRootOfAContainerLacksWhatItNeeds(t *testing.T) {
	needRoot(t)
	byID := child(t, "setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
	for id, says := range map[string]string{"privileges": "CAP_SYS_ADMIN", "fuse": "refused", "mounts": "refused"} {
		if r := byID[id]; r.State != Fail || !strings.Contains(r.Detail, says) || r.Remedy == "" {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if r := byID["file-events"]; r.State != Warn {
		t.Errorf("%+v", r)
	}
}

func TestAnEmployeeIsToldWhatOnlyRootCanFindOut(t *testing.T) {
	needRoot(t)
	byID := child(t, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
	for _, id := range []string{"privileges", "fuse", "mounts", "file-events"} {
		if r := byID[id]; r.State != Warn || r.Remedy != "sudo trustline doctor" {
			t.Errorf("%s: %+v", id, r)
		}
	}
}

func TestDesktops(t *testing.T) {
	needs := func(name string) string {
		path, err := exec.LookPath(name)
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s must be there in CI", name)
			}
			t.Skipf("SKIPPED: no %s here", name)
		}
		return path
	}
	run := needs("dbus-run-session")
	// Without configuration of the system's own, a bus can start nothing.
	bare := filepath.Join(t.TempDir(), "bus.conf")
	if err := os.WriteFile(bare, []byte(`<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := child(t, run, "--config-file="+bare, "--")["desktop"]; r.State != Warn || !strings.Contains(r.Detail, "shows no notices") {
		t.Errorf("a session without notifications: %+v", r)
	}
	needs("Xvfb")
	needs("dunst")
	script := `fifo=$(mktemp -u) && mkfifo "$fifo"
Xvfb -displayfd 3 -nolisten tcp 3>"$fifo" 2>/dev/null & server=$!
read -r number <"$fifo"; rm "$fifo"
DISPLAY=:$number dunst -conf /dev/null & notices=$!
sleep 1; "$0"; kill $notices $server`
	if r := child(t, run, "--config-file="+bare, "--", "sh", "-c", script)["desktop"]; r.State != OK || !strings.Contains(r.Detail, "dunst") {
		t.Errorf("a session with notifications: %+v", r)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "gone"))
	if r := examine(t, setup(t))["desktop"]; r.State != Warn || !strings.Contains(r.Detail, "does not answer") {
		t.Errorf("a bus that is gone: %+v", r)
	}
}

func TestRunningServiceIsAsked(t *testing.T) {
	s := setup(t)
	s.Socket = filepath.Join(t.TempDir(), "control.sock")
	l, err := control.Listen(s.Socket)
	if err != nil {
		t.Fatal(err)
	}
	status := control.Status{Version: "7.1", Mode: control.ModeEnforce}
	server := &control.Server{Status: func(control.Caller) control.Status { return status }, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()
	t.Cleanup(func() { cancel(); <-ended })

	report, err := Examine(t.Context(), s, "en")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Checks {
		if r.ID == "service" && (r.State != OK || !strings.Contains(r.Detail, "7.1")) {
			t.Errorf("%+v", r)
		}
	}
	if os.Geteuid() == 0 {
		if c := report.Channels[0]; c.Channel != activity.RemovableMedia || c.Enforcement != enforce.Prevented || len(c.Missing) > 0 {
			t.Errorf("with everything there: %+v", c)
		}
	}
	status.Warnings = []control.Warning{{Code: "guard-lost", Severity: "high"}}
	if r := examine(t, s)["service"]; r.State != Warn || r.Remedy != "trustline status" {
		t.Errorf("degraded: %+v", r)
	}
}

func TestFullDisk(t *testing.T) {
	needRoot(t)
	s := setup(t)
	for size, want := range map[string]State{"size=64m": Fail, "size=512m": Warn} {
		if err := syscall.Mount("tmpfs", s.State, "tmpfs", 0, size+",mode=700"); err != nil {
			t.Fatal(err)
		}
		if r := examine(t, s)["state"]; r.State != want || !strings.Contains(r.Detail, "free") {
			t.Errorf("%s: %+v", size, r)
		}
		if err := syscall.Unmount(s.State, 0); err != nil {
			t.Fatal(err)
		}
	}
}
