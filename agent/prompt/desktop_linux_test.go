package prompt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/trustline/trustline/uploader/incident"
)

// startBus runs a session bus of its own, without any services to be started
// by it, and makes it the test's.
func startBus(t *testing.T) (stop func()) {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("dbus-daemon must be installed: apt-get install dbus")
		}
		t.Skip("SKIPPED: needs dbus-daemon (apt-get install dbus)")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "bus.conf")
	err = os.WriteFile(config, fmt.Appendf(nil, `<busconfig><type>session</type><listen>unix:path=%s/bus</listen>
		<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`, dir), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--config-file="+config, "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	t.Cleanup(stop)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("session bus did not start:", err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	return stop
}

// shown is one call of Notify.
type shown struct {
	app      string
	replaces uint32
	summary  string
	body     string
	actions  []string
	hints    map[string]dbus.Variant
	timeout  int32
	handle   uint32
	at       time.Time
}

// fakeServer is a notification server that keeps what it is asked to show.
type fakeServer struct {
	conn *dbus.Conn
	able []string
	got  chan shown

	mu     sync.Mutex
	handle uint32
	broken bool
}

func (f *fakeServer) GetCapabilities() ([]string, *dbus.Error) { return f.able, nil }

func (f *fakeServer) Notify(app string, replaces uint32, _, summary, body string, actions []string, hints map[string]dbus.Variant, timeout int32) (uint32, *dbus.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		f.broken = false
		return 0, dbus.MakeFailedError(errors.New("out of order"))
	}
	handle := replaces
	if handle == 0 {
		f.handle++
		handle = f.handle
	}
	f.got <- shown{app, replaces, summary, body, actions, hints, timeout, handle, time.Now()}
	return handle, nil
}

func (f *fakeServer) emit(t *testing.T, signal string, values ...any) {
	t.Helper()
	if err := f.conn.Emit(notificationsPath, notifications+"."+signal, values...); err != nil {
		t.Fatal(err)
	}
}

func startFakeServer(t *testing.T, able ...string) *fakeServer {
	t.Helper()
	conn, err := sessionBus(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	f := &fakeServer{conn: conn, able: able, got: make(chan shown, 100)}
	if err := conn.Export(f, notificationsPath, notifications); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(notifications, 0); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fakeServer) next(t *testing.T) shown {
	t.Helper()
	select {
	case s := <-f.got:
		return s
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was shown")
		return shown{}
	}
}

func (f *fakeServer) expectNothing(t *testing.T, during time.Duration) {
	t.Helper()
	select {
	case s := <-f.got:
		t.Errorf("shown %q", s.summary)
	case <-time.After(during):
	}
}

// startSession runs the session helper until the test ends; what it returned
// comes on the channel.
func startSession(t *testing.T, s Session) <-chan error {
	t.Helper()
	s.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { result <- s.Desktop(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return result
}

// tell makes an incident of the calling person's with a file of that name.
func tell(t *testing.T, teller *Teller, id int, file string, change ...func(*incident.Incident)) {
	t.Helper()
	i := blocked()
	i.ID = fmt.Sprintf("019a0000-0000-7000-8000-%012d", id)
	i.Person.UID, i.File.Name = os.Geteuid(), file
	for _, c := range change {
		c(&i)
	}
	teller.Tell(t.Context(), i, ruleWords)
}

func TestDesktopShowsExactly(t *testing.T) {
	startBus(t)
	server := startFakeServer(t, "body", "body-markup", "actions")
	teller, _, socket := startTeller(t)
	startSession(t, Session{Socket: socket, Language: "zh"})
	tell(t, teller, 1, "客户 <b>&名单</b>.csv")
	s := server.next(t)
	if s.app != "信守" || s.summary != "“b>.csv”未能复制到“SanDisk Ultra (BACKUP)”" {
		t.Errorf("%q says %q", s.app, s.summary)
	}
	want := "文件中含有 1,500 位客户的信息（姓名、手机号码、居民身份证号、电子邮箱），例如：张*、138****1234。没有任何内容被复制。\n" +
		"您可以：改用脱敏副本，或向安全团队申请审批。\n公司规定：客户名单不得复制到移动介质"
	if s.body != want {
		t.Errorf("body is\n%s\nwant\n%s", s.body, want)
	}
	if s.replaces != 0 || s.timeout != 20_000 || len(s.actions) != 0 {
		t.Errorf("replaces %d, stays %d ms, actions %v", s.replaces, s.timeout, s.actions)
	}
	if s.hints["urgency"].Value() != byte(1) || s.hints["category"].Value() != "transfer.error" {
		t.Errorf("urgency %v, category %v", s.hints["urgency"], s.hints["category"])
	}
	// Width, height, bytes a row, opacity, bits, channels, pixels.
	picture, _ := s.hints["image-data"].Value().([]any)
	if len(picture) != 7 || fmt.Sprint(picture[:6]) != "[64 64 256 true 8 4]" || len(picture[6].([]byte)) != 64*256 {
		t.Errorf("image is %d fields", len(picture))
	}
}

func TestDesktopMarkupIsNeverActedOn(t *testing.T) {
	hostile := func(i *incident.Incident) {
		i.File.Name = "<img src=x>&\u202e\x1b[2J"
		i.Content.Matches[0].Masked = "<a href='x'>1</a>"
	}
	for able, want := range map[string]string{
		"body-markup": "&lt;a href=&#39;x&#39;&gt;1&lt;/a&gt;",
		"body":        "<a href='x'>1</a>", // shown as it is by such servers
	} {
		t.Run(able, func(t *testing.T) {
			startBus(t)
			server := startFakeServer(t, able)
			teller, _, socket := startTeller(t)
			startSession(t, Session{Socket: socket, Language: "en"})
			tell(t, teller, 1, "x", hostile)
			s := server.next(t)
			if !strings.Contains(s.body, want) {
				t.Errorf("body is %s", s.body)
			}
			if s.summary != "<img src=x>&�[2J: not copied to SanDisk Ultra (BACKUP)" {
				t.Errorf("summary is %q", s.summary)
			}
		})
	}
}

func TestDesktopMergesRepeats(t *testing.T) {
	startBus(t)
	server := startFakeServer(t, "body")
	teller, _, socket := startTeller(t)
	startSession(t, Session{Socket: socket, Language: "en"})
	tell(t, teller, 0, "first.csv")
	first := server.next(t)
	for n := 1; n <= 12; n++ {
		tell(t, teller, n, fmt.Sprintf("%d.csv", n))
	}
	second := server.next(t)
	for shows := 1; second.summary != "12.csv and 12 more files: not copied to SanDisk Ultra (BACKUP)" && shows < 6; shows++ {
		second = server.next(t) // not all had come when the first of them were due
	}
	if second.replaces != first.handle || second.summary != "12.csv and 12 more files: not copied to SanDisk Ultra (BACKUP)" {
		t.Errorf("replaces %d (want %d) with %q", second.replaces, first.handle, second.summary)
	}
	// The pace is judged by TestRepeatsAreMergedAndPaced; the bus takes its time.
	t.Logf("the repeat came after %v", second.at.Sub(first.at))

	// What is of another kind is news of its own.
	tell(t, teller, 20, "warned.csv", func(i *incident.Incident) { i.Decision.Action, i.Decision.Outcome = "warn", incident.Reported })
	if s := server.next(t); s.replaces != 0 || !strings.Contains(s.summary, "please check") || s.timeout != 12_000 {
		t.Errorf("replaces %d with %q for %d ms", s.replaces, s.summary, s.timeout)
	}

	// Another notification closed, or this one by the desktop: nothing changes.
	server.emit(t, "NotificationClosed", uint32(999), uint32(2))
	server.emit(t, "NotificationClosed", first.handle, uint32(1))
	time.Sleep(100 * time.Millisecond)
	tell(t, teller, 21, "again.csv")
	if s := server.next(t); s.replaces != first.handle || s.summary != "again.csv and 13 more files: not copied to SanDisk Ultra (BACKUP)" {
		t.Errorf("replaces %d with %q", s.replaces, s.summary)
	}
}

func TestDesktopWhatOneClosesStaysClosed(t *testing.T) {
	startBus(t)
	server := startFakeServer(t, "body")
	teller, _, socket := startTeller(t)
	startSession(t, Session{Socket: socket, Language: "en"})
	tell(t, teller, 0, "0.csv")
	first := server.next(t)
	// Nobody can close a notice before the answer that names it has arrived; the
	// test can, so it closes it until that was heard.
	for range 20 {
		server.emit(t, "NotificationClosed", first.handle, uint32(2))
		time.Sleep(50 * time.Millisecond)
	}
	tell(t, teller, 1, "1.csv")
	server.expectNothing(t, 2*repeatGap)
	time.Sleep(closedFor)
	tell(t, teller, 2, "2.csv")
	if s := server.next(t); s.replaces != 0 || !strings.HasPrefix(s.summary, "2.csv: ") {
		t.Errorf("what was done later replaces %d with %q", s.replaces, s.summary)
	}
}

func TestDesktopTenThousandNotices(t *testing.T) {
	startBus(t)
	server := startFakeServer(t, "body")
	teller, _, socket := startTeller(t)
	startSession(t, Session{Socket: socket, Language: "en"})
	tell(t, teller, 0, "first.csv")
	server.next(t)
	for n := 1; n < 10_000; n++ {
		tell(t, teller, n, fmt.Sprintf("%d.csv", n))
	}
	time.Sleep(2 * repeatGap)
	tell(t, teller, 10_000, "last.csv")
	calls := 1
	for last := ""; !strings.HasPrefix(last, "last.csv and 10000 more files"); calls++ {
		last = server.next(t).summary
		if calls > 20 {
			t.Fatalf("shown %d times, the last %q", calls, last)
		}
	}
}

func TestDesktopButtons(t *testing.T) {
	startBus(t)
	server := startFakeServer(t, "body", "actions")
	teller, _, socket := startTeller(t)
	pressed := make(chan string, 10)
	startSession(t, Session{
		Socket: socket, Language: "en",
		Offer:  func(n Notice) []Action { return []Action{{"mask", "Masked copy of " + n.File}, {"ask", "Ask"}} },
		Chosen: func(n Notice, key string) { pressed <- n.File + " " + key },
	})
	tell(t, teller, 1, "a.csv")
	s := server.next(t)
	if fmt.Sprint(s.actions) != "[mask Masked copy of a.csv ask Ask]" {
		t.Errorf("actions are %q", s.actions)
	}
	// Signals of any shape, about anything.
	server.emit(t, "ActionInvoked")
	server.emit(t, "ActionInvoked", "mask", s.handle)
	server.emit(t, "ActionInvoked", s.handle+1, "mask")
	server.emit(t, "NotificationClosed", "x")
	server.emit(t, "Surprise", s.handle)
	// Nobody can press a button before the answer that names it has arrived; the
	// test can, so it presses until it is heard.
	for heard, late := false, time.After(30*time.Second); !heard; {
		server.emit(t, "ActionInvoked", s.handle, "mask")
		select {
		case got := <-pressed:
			if heard = true; got != "a.csv mask" {
				t.Errorf("pressed %q", got)
			}
		case <-time.After(100 * time.Millisecond):
		case <-late:
			t.Fatal("the button did nothing")
		}
	}
	// Another program of the session is not the notification server.
	other, err := sessionBus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.Emit(notificationsPath, notifications+".ActionInvoked", s.handle, "ask")
	for quiet := time.After(500 * time.Millisecond); ; {
		select {
		case got := <-pressed: // again what was pressed more than once above
			if got != "a.csv mask" {
				t.Errorf("somebody else pressed %q", got)
			}
			continue
		case <-quiet:
		}
		return
	}
}

func TestDesktopServerComesLateAndBreaks(t *testing.T) {
	startBus(t)
	teller, _, socket := startTeller(t)
	startSession(t, Session{Socket: socket, Language: "en"})
	time.Sleep(100 * time.Millisecond)
	server := startFakeServer(t, "body")
	server.mu.Lock()
	server.broken = true
	server.mu.Unlock()
	time.Sleep(200 * time.Millisecond)
	tell(t, teller, 1, "a.csv")
	if s := server.next(t); !strings.HasPrefix(s.summary, "a.csv: ") {
		t.Errorf("shown %q", s.summary)
	}
}

func TestSessionSurvivesARestartOfTheService(t *testing.T) {
	startBus(t)
	server := startFakeServer(t, "body")
	socket := filepath.Join(t.TempDir(), "control.sock")
	startSession(t, Session{Socket: socket, Language: "en"})
	for n := range 2 {
		teller, stop := serveTeller(t, socket)
		tell(t, teller, n, fmt.Sprintf("%d.csv", n), func(i *incident.Incident) { i.Decision.Rule = fmt.Sprint(n) })
		if s := server.next(t); !strings.HasPrefix(s.summary, fmt.Sprint(n)) {
			t.Errorf("shown %q", s.summary)
		}
		stop()
	}
}

// helping waits until a session helper has its name on the bus.
func helping(t *testing.T) {
	t.Helper()
	conn, err := sessionBus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for end, there := time.Now().Add(time.Minute), false; !there; time.Sleep(10 * time.Millisecond) {
		err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, SessionName).Store(&there)
		if err != nil || time.Now().After(end) {
			t.Fatal("no session helper has come:", err)
		}
	}
}

func TestOneSessionHelperOnly(t *testing.T) {
	startBus(t)
	startFakeServer(t)
	first := startSession(t, Session{Socket: "/nonexistent", Language: "en"})
	helping(t)
	if err := <-startSession(t, Session{Socket: "/nonexistent"}); !errors.Is(err, ErrAlreadyRunning) {
		t.Errorf("a second helper: %v", err)
	}
	select {
	case err := <-first:
		t.Error("the first helper ended:", err)
	default:
	}
}

func TestSessionEndsWithTheDesktop(t *testing.T) {
	stop := startBus(t)
	startFakeServer(t)
	result := startSession(t, Session{Socket: "/nonexistent", Language: "en"})
	helping(t)
	stop()
	select {
	case err := <-result:
		if err != nil {
			t.Error("ended with:", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the helper outlived its session")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	if err := <-startSession(t, Session{}); !errors.Is(err, ErrNoDesktop) {
		t.Errorf("without a desktop: %v", err)
	}
}
