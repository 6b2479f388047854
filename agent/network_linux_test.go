package agent

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/enforce/isolate"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/agent/sensor/network"
	"github.com/trustline/trustline/agent/sensor/network/laboratory"
	"github.com/trustline/trustline/uploader/incident"
)

func TestMain(m *testing.M) { os.Exit(laboratory.Main(m)) }

const officePolicy = `version: "1"
isolation: {internal: ["10.20.0.0/16", "203.0.113.20"]}
rules:
  - id: closed-in-public
    title: {en: Internal systems are not used over public networks, zh: 不得通过公共网络访问内部系统}
    when: {network: public}
    action: isolate
  - id: at-home
    when: {channel: network, network: home}
    action: report
`

// nobody supervises the service.
type nobody struct{}

func (nobody) Ready()               {}
func (nobody) Alive()               {}
func (nobody) Pulse() time.Duration { return 0 }
func (nobody) Stopping()            {}

// office is a whole agent in the laboratory.
type office struct {
	t *testing.T
	*Agent
	world   *laboratory.World
	wifi    *laboratory.NetworkManager
	policy  string
	stop    func()
	mu      sync.Mutex
	records []incident.Incident
	told    []prompt.Words
}

func newOffice(t *testing.T, policy string) *office {
	o := emptyOffice(t, policy)
	o.start(filepath.Dir(o.policy))
	return o
}

// emptyOffice has no agent yet.
func emptyOffice(t *testing.T, policy string) *office {
	laboratory.Need(t)
	o := &office{t: t, world: laboratory.New(t)}
	laboratory.Bus(t)
	o.wifi = laboratory.Manager(t)
	o.policy = filepath.Join(t.TempDir(), "policy.yaml")
	o.write(policy)
	return o
}

func (o *office) write(policy string) {
	o.t.Helper()
	// As an editor does: the old file or the new one, never half of it.
	if err := os.WriteFile(o.policy+".new", []byte(policy), 0o600); err != nil {
		o.t.Fatal(err)
	}
	if err := os.Rename(o.policy+".new", o.policy); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) start(dir string) {
	c := DefaultConfig()
	c.State, c.Socket, c.Policy = filepath.Join(dir, "state"), filepath.Join(dir, "socket"), o.policy
	c.Network.Beacons = []network.BeaconConfig{{Address: laboratory.Beacon, Pins: []string{o.world.Pin.String()}}}
	a, err := New(c, "test", nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		o.t.Fatal(err)
	}
	o.Agent = a
	a.site.record = func(_ context.Context, all ...incident.Incident) (err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.records = append(o.records, all...)
		for _, i := range all {
			err = errors.Join(err, i.Validate())
		}
		return err
	}
	a.site.tell = func(_ context.Context, _ incident.Incident, w prompt.Words) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.told = append(o.told, w)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, nobody{}) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			o.t.Error(err)
		}
	})
	o.t.Cleanup(o.stop)
}

// within waits until something holds.
func (o *office) within(limit time.Duration, what string, holds func() bool) {
	o.t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			o.t.Fatalf("after %v still not: %s (trust %q)", limit, what, o.site.trust())
		}
	}
}

func (o *office) reaches(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// recorded answers the records of a rule.
func (o *office) recorded(rule string, outcome incident.Outcome) (found []incident.Incident) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, i := range o.records {
		if i.Decision.Rule == rule && i.Decision.Outcome == outcome {
			found = append(found, i)
		}
	}
	return found
}

// The norm's own case: somebody on public Wi-Fi reaches for an internal
// system: stopped before the first byte, told, recorded. A work machine on a
// private home network is reported.
func TestInternalSystemsOverPublicWifi(t *testing.T) {
	o := newOffice(t, officePolicy)
	o.wifi.Connect("Company", laboratory.WPA, laboratory.Full)
	o.world.Plug("ap-company")
	o.within(30*time.Second, "corporate", func() bool { return o.site.trust() == "corporate" })
	if !o.reaches(laboratory.Inside) || !o.reaches(laboratory.Exposed) {
		t.Fatal("internal systems are not reached from the company's own network")
	}

	o.world.Unplug()
	o.wifi.Connect("Café Free", laboratory.NoSecurity, laboratory.Full)
	o.world.Plug("ap-cafe")
	o.within(30*time.Second, "closed off", func() bool { s, err := isolate.Read(); return err == nil && s.Isolated })
	if o.reaches(laboratory.Exposed) {
		t.Error("an internal system is reached over public Wi-Fi")
	}
	if !o.reaches(laboratory.Elsewhere) {
		t.Error("the internet is closed as well")
	}
	o.within(30*time.Second, "the attempt is recorded", func() bool { return len(o.recorded("closed-in-public", incident.Prevented)) > 0 })
	attempt := o.recorded("closed-in-public", incident.Prevented)[0]
	if attempt.Destination.Path != laboratory.Exposed || attempt.Person.UID != os.Geteuid() || attempt.Channel != "network" || attempt.Decision.Action != "isolate" {
		t.Errorf("attempt: %+v", attempt)
	}
	o.within(30*time.Second, "told", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.told) > 0 && o.told[0].Title["zh"] != "" })
	o.within(30*time.Second, "the network is recorded", func() bool { return len(o.recorded("closed-in-public", incident.Reported)) == 1 })

	o.world.Unplug()
	o.wifi.Connect("Home", laboratory.WPA, laboratory.Full)
	o.world.Plug("ap-home")
	o.within(30*time.Second, "open at home", func() bool { return o.site.trust() == "home" && o.reaches(laboratory.Exposed) })
	o.within(30*time.Second, "home is recorded", func() bool { return len(o.recorded("at-home", incident.Reported)) == 1 })
	if place := o.recorded("at-home", incident.Reported)[0].Destination.Path; place != "Home" {
		t.Errorf("the network is called %q", place)
	}
}

// A changed policy holds on the network one is on; stopping the service opens
// everything.
func TestPolicyChangesOnPublicWifi(t *testing.T) {
	o := newOffice(t, "version: '1'\nrules: [{id: r, when: {channel: network, network: home}, action: report}]\n")
	o.wifi.Connect("Café Free", laboratory.NoSecurity, laboratory.Full)
	o.world.Plug("ap-cafe")
	o.within(30*time.Second, "public", func() bool { return o.site.trust() == "public" && o.reaches(laboratory.Exposed) })
	o.write(officePolicy)
	o.within(30*time.Second, "closed off by the new policy", func() bool { return !o.reaches(laboratory.Exposed) })
	o.stop()
	if s, err := isolate.Read(); err != nil || s.Isolated {
		t.Errorf("after the service stopped: %+v, %v", s, err)
	}
	if !o.reaches(laboratory.Exposed) {
		t.Error("internal systems stay closed after the service stopped")
	}
}

// Somebody else listens to what the packet filter logs, of which there can be
// one: systems are closed off all the same, and the network is followed.
func TestClosedOffBesideAnotherListener(t *testing.T) {
	laboratory.Need(t)
	first := newOffice(t, officePolicy)
	dir := t.TempDir()
	second := &office{t: t, world: first.world, wifi: first.wifi, policy: first.policy}
	second.start(dir)
	first.stop()
	first.wifi.Connect("Café Free", laboratory.NoSecurity, laboratory.Full)
	first.world.Plug("ap-cafe")
	second.within(30*time.Second, "closed off", func() bool { return second.site.trust() == "public" && !second.reaches(laboratory.Exposed) })
}
