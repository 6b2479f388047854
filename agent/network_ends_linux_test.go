package agent

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/enforce/isolate"
	"github.com/trustline/trustline/agent/repair"
	"github.com/trustline/trustline/agent/sensor/network"
	"github.com/trustline/trustline/agent/sensor/network/laboratory"
)

// A service that is killed while the café is closed off leaves it closed. What
// comes then is what the policy says: with "keep" only the service decides, with
// "clear" the next start opens before it knows where it is, and so does a repair.
func TestServiceKilledWhileIsolated(t *testing.T) {
	o := emptyOffice(t, officePolicy)
	program := realProgram(t)
	closed := func() bool { s, err := isolate.Read(); return err == nil && s.Isolated }
	mend := func(enrolled bool) repair.Outcome {
		t.Helper()
		steps, err := repair.Run(t.Context(), repair.Setup{State: t.TempDir(), Socket: "/nonexistent", Enrolled: enrolled, Running: func(context.Context, string) bool { return false }})
		if err != nil || steps[0].ID != "isolation" {
			t.Fatalf("%+v, %v", steps, err)
		}
		return steps[0].Outcome
	}
	for _, c := range []struct {
		line  string
		crash isolate.Crash
		mends repair.Outcome // on a machine of a fleet
	}{{"", isolate.Keep, repair.Left}, {"after-crash: keep, ", isolate.Keep, repair.Left}, {"after-crash: clear, ", isolate.Clear, repair.Repaired}} {
		t.Run(c.line, func(t *testing.T) {
			o.t = t
			o.write(strings.Replace(officePolicy, "isolation: {", "isolation: {"+c.line, 1))
			before := laboratory.Rules(t)
			killed := func() {
				t.Helper()
				o.wifi.Connect("Café Free", laboratory.NoSecurity, laboratory.Full)
				o.world.Plug("ap-cafe")
				s := o.spawn(program)
				o.within(time.Minute, "closed off", closed)
				s.kill()
				if s, err := isolate.Read(); err != nil || !s.Isolated || s.AfterCrash != c.crash || o.reaches(laboratory.Exposed) {
					t.Fatalf("after the service was killed: %+v, %v", s, err)
				}
			}
			killed()
			// On its way, it does not know where it is.
			o.world.Unplug()
			o.wifi.Disconnect()
			s := o.spawn(program)
			s.ready()
			if got := closed(); got != (c.crash == isolate.Keep) {
				t.Errorf("started again nowhere in particular it is closed: %t", got)
			}
			o.wifi.Connect("Company", laboratory.WPA, laboratory.Full)
			o.world.Plug("ap-company")
			o.within(time.Minute, "open in the company", func() bool { return !closed() && o.reaches(laboratory.Exposed) })
			s.stop()
			o.world.Unplug()

			killed()
			if got := mend(true); got != c.mends || closed() != (got == repair.Left) {
				t.Errorf("repaired on a machine of a fleet: %s, closed %t", got, closed())
			}
			if out, err := exec.Command(program, "doctor", "--repair", "--config", o.config()).CombinedOutput(); err != nil || closed() {
				t.Errorf("doctor --repair leaves it closed: %v: %s", err, out)
			}
			if after := laboratory.Rules(t); after != before {
				t.Errorf("the packet filter is not what it was:\n%s\nbefore:\n%s", after, before)
			}
			o.world.Unplug()
		})
	}
}

// realProgram builds it.
func realProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trustline")
	build := exec.Command("go", "build", "-o", path, "../cmd/trustline")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// service is the real program as a service.
type service struct {
	o    *office
	cmd  *exec.Cmd
	said *os.File
}

func (o *office) config() string { return filepath.Join(filepath.Dir(o.policy), "agent.yaml") }

func (o *office) spawn(program string) *service {
	o.t.Helper()
	dir := filepath.Dir(o.policy)
	text := fmt.Sprintf("state: %s/state\nsocket: %s/socket\npolicy: %s\nnetwork: {beacons: [{address: '%s', pins: ['%s']}]}\n", dir, dir, o.policy, laboratory.Beacon, o.world.Pin)
	if err := os.WriteFile(o.config(), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
	said, err := os.CreateTemp(o.t.TempDir(), "said")
	if err != nil {
		o.t.Fatal(err)
	}
	s := &service{o, exec.Command(program, "run", "--config", o.config()), said}
	s.cmd.Stdout, s.cmd.Stderr = said, said
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() {
		s.kill()
		if o.t.Failed() {
			text, _ := os.ReadFile(said.Name())
			o.t.Logf("the service said:\n%s", text)
		}
		said.Close()
	})
	return s
}

// ready waits until the service works, and a second more.
func (s *service) ready() {
	s.o.t.Helper()
	s.o.within(time.Minute, "the service runs", func() bool {
		text, err := os.ReadFile(s.said.Name())
		return err == nil && bytes.Contains(text, []byte("service started"))
	})
	time.Sleep(time.Second)
}

func (s *service) kill() {
	_ = s.cmd.Process.Kill() // it may have ended
	_ = s.cmd.Wait()
}

func (s *service) stop() {
	s.o.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.o.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.o.t.Error(err)
	}
}

// A thousand changes of the network leave the packet filter as it was, however
// they follow each other: each is judged by the policy, and closed off or opened.
func TestThousandNetworkChangesLeaveNoRule(t *testing.T) {
	o := emptyOffice(t, officePolicy)
	load := exec.Command("nft", "-f", "-")
	load.Stdin = strings.NewReader("table inet filter {\n chain input {\n type filter hook input priority filter; policy accept;\n tcp dport 22 accept\n }\n}\n")
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("nft", "flush", "ruleset").Run() })
	before := laboratory.Rules(t)
	o.start(filepath.Dir(o.policy))
	goTo := func(name, ap string, security uint32) {
		o.world.Unplug()
		o.wifi.Connect(name, security, laboratory.Full)
		o.world.Plug(ap)
	}
	company := func() { goTo("Company", "ap-company", laboratory.WPA) }
	closed := func() bool { s, err := isolate.Read(); return err == nil && s.Isolated }
	// As people do, some of it waited for and some not: ten changes each, of the
	// link, addresses and routes, and back.
	for n := range 20 {
		goTo("Café Free", "ap-cafe", laboratory.NoSecurity)
		if n%5 == 4 {
			o.within(30*time.Second, "closed off", closed)
		}
		company()
		if n%5 == 4 { // and the last, so that the sensor rests
			o.within(30*time.Second, "open", func() bool { return o.site.trust() == "corporate" && !closed() })
		}
	}
	o.within(30*time.Second, "corporate", func() bool { return o.site.trust() == "corporate" && !closed() })
	// Faster than any sensor tells.
	o.site.mu.Lock()
	office := o.site.now
	o.site.mu.Unlock()
	cafe := network.State{Verdict: network.Verdict{Trust: network.Public}, Facts: office.Facts, Settled: true}
	start := time.Now()
	const changes = 1000
	for n := range changes {
		next := []network.State{cafe, {Verdict: network.Verdict{Trust: network.Offline}}, office, {Verdict: network.Verdict{Trust: network.Home}, Settled: true}}[n%4]
		o.site.arrived(t.Context(), next)
		if want := n%4 < 2; n%20 < 4 && closed() != want {
			t.Fatalf("change %d, %s: closed %t", n, next.Trust, !want)
		}
	}
	t.Logf("%d changes in %v", changes, time.Since(start).Round(time.Millisecond))
	o.site.arrived(t.Context(), office)
	if after := laboratory.Rules(t); after != before {
		t.Errorf("the packet filter is not what it was:\n%s\nbefore:\n%s", after, before)
	}
	goTo("Café Free", "ap-cafe", laboratory.NoSecurity)
	o.within(30*time.Second, "closed off once more", closed)
	o.stop()
	if after := laboratory.Rules(t); after != before {
		t.Errorf("once the service is stopped, the packet filter is not what it was:\n%s\nbefore:\n%s", after, before)
	}
}
