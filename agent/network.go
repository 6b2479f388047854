package agent

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trustline/trustline/agent/enforce/isolate"
	"github.com/trustline/trustline/agent/health"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/agent/sensor/network"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/uploader/incident"
)

// site is where the workstation is, and what the policy has closed off there.
type site struct {
	policy   func() *rules.Policy
	machine  incident.Machine
	reach    []string // what has to stay reachable: the console and the beacons
	isolator *isolate.Isolator
	health   *health.Board
	record   func(context.Context, ...incident.Incident) error
	tell     func(context.Context, incident.Incident, prompt.Words)
	who      func(activity.Actor) activity.Actor // with name and groups
	log      *slog.Logger

	mu      sync.Mutex
	now     network.State
	known   bool // now has been reported
	closed  bool // as ordered last
	decided said // as recorded last
}

// said is a decision that is not recorded twice in a row.
type said struct {
	trust  network.Trust
	rule   string
	action rules.Action
}

// newSite prepares for a network; Run does the work.
func (a *Agent) newSite() (*site, error) {
	s := &site{
		policy: a.policy.Current, machine: a.machine, reach: a.config.reach(),
		health: a.health, record: a.record, tell: a.teller.Tell, who: a.judge.known, log: a.log,
	}
	var err error
	s.isolator, err = isolate.New(isolate.Config{
		State:   filepath.Join(a.config.State, "isolation.json"),
		Stopped: s.stopped, Restored: func() { a.say(context.Background(), "isolation-restored", incident.High, nil) },
	}, a.log)
	if err != nil {
		return nil, fmt.Errorf("prepare to close internal systems off: %w", err)
	}
	return s, nil
}

// reach lists what a closed network must leave open: without the console
// nobody would hear of it, without the beacon nobody would notice the way home.
func (c *Config) reach() []string {
	var open []string
	if u, err := url.Parse(c.Console.URL); err == nil && u.Host != "" {
		port := u.Port()
		if port == "" {
			port = "443"
		}
		open = append(open, net.JoinHostPort(u.Hostname(), port))
	}
	for _, b := range c.Network.Beacons {
		open = append(open, b.Address)
	}
	return open
}

// run follows the network until the context ends, then opens everything again.
// Files are guarded on a machine whose network cannot be followed as well.
func (s *site) run(ctx context.Context, c network.Config) {
	for {
		err := s.runOnce(ctx, c)
		if ctx.Err() != nil {
			if err != nil {
				s.log.Error("internal systems may still be closed off", "error", err)
			}
			return
		}
		s.health.Mark(health.NetworkUnknown, "", err)
		s.log.Error("the network is not followed", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// again is when a network that cannot be followed is tried once more.
const again = time.Minute

func (s *site) runOnce(ctx context.Context, c network.Config) error {
	watcher, err := network.New(c, s.log)
	if err != nil {
		return fmt.Errorf("watch the network: %w", err)
	}
	left, err := s.isolator.Start()
	if err != nil {
		s.log.Warn("cannot see whether internal systems are closed off", "error", err)
	}
	s.mu.Lock()
	s.closed = left.Isolated
	s.mu.Unlock()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.isolator.Run(ctx) })
	group.Go(func() error {
		return watcher.Run(ctx, func(state network.State) {
			s.health.Clear(health.NetworkUnknown, "")
			s.arrived(ctx, state)
		})
	})
	return group.Wait()
}

// closes tells whether internal systems can be closed off here at all.
func (s *site) closes() bool {
	_, err := isolate.Read()
	return err == nil
}

// trust answers how far the present network is trusted, in a policy's words;
// "" while nothing is known.
func (s *site) trust() string {
	if s == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.now.Trust)
}

// arrived follows a change of network.
func (s *site) arrived(ctx context.Context, state network.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.known = state, true
	s.follow(ctx)
}

// policyChanged has the present network judged by the new policy.
func (s *site) policyChanged(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known {
		s.follow(ctx)
	}
}

// follow does what the policy says of the present network. The lock is held.
func (s *site) follow(ctx context.Context) {
	policy := s.policy()
	a := activity.Activity{
		Time: time.Now().UTC(), Channel: activity.Network, Operation: activity.Connect,
		Actor: activity.Actor{UID: -1}, Subject: activity.Subject{Size: -1},
	}
	d := rules.Decide(policy, a, rules.Content{Status: rules.Clean}, rules.Context{Network: string(s.now.Trust)})
	s.enforce(ctx, policy.Isolation(), d.Action)
	if s.now.Settled {
		s.recordArrival(ctx, a, d)
	}
}

// enforce closes off or opens. Offline changes nothing: which network comes
// next is not known.
func (s *site) enforce(ctx context.Context, i rules.Isolation, action rules.Action) {
	plan := isolate.Plan{
		Mode: isolate.Internal, Internal: i.Internal, Allow: append(append([]string{}, i.Allow...), s.reach...),
		Portal: s.now.Connectivity == network.Portal, Local: s.now.Gateways(), AfterCrash: isolate.Keep,
	}
	if i.Mode == rules.IsolateAllBut {
		plan.Mode = isolate.AllBut
	}
	if i.AfterCrash == rules.ClearAfterCrash {
		plan.AfterCrash = isolate.Clear
	}
	var err error
	asked := i.Mode != "" // whether the policy closes anything off anywhere
	switch {
	case action == rules.Isolate:
		err = s.isolator.Apply(ctx, plan)
		s.closed = err == nil || s.closed
	case s.now.Trust == network.Offline && asked:
	default:
		err = s.open(plan, asked)
	}
	s.health.Mark(health.IsolationFailing, "", err)
	if err != nil {
		s.log.Error("cannot close internal systems off as the policy asks", "action", action, "error", err)
	}
}

// open opens what is closed. Where names can be believed, those of the plan
// are learned for later.
func (s *site) open(plan isolate.Plan, asked bool) error {
	if s.closed {
		if err := s.isolator.Lift(); err != nil {
			return err
		}
		s.closed = false
	}
	if asked && (s.now.Trust == network.Corporate || s.now.Trust == network.VPN) {
		return s.isolator.Prepare(plan)
	}
	return nil
}

// recordArrival records what the policy wants to know of a network, once.
func (s *site) recordArrival(ctx context.Context, a activity.Activity, d rules.Decision) {
	is := said{s.now.Trust, d.Rule, d.Action}
	if is == s.decided {
		return
	}
	s.decided = is
	if !worthRecording(d) {
		return
	}
	i, err := s.incident(a, string(s.now.Trust), d)
	if err == nil {
		i.Destination.Path = bounded(s.place())
		err = s.record(context.WithoutCancel(ctx), i)
	}
	if err != nil {
		s.log.Error("incident is not recorded", "error", err)
	}
}

// place names the network as its people do.
func (s *site) place() string {
	link, ok := s.now.Primary()
	if !ok {
		return ""
	}
	for _, name := range []string{link.SSID, link.Connection, link.Name} {
		if name != "" {
			return name
		}
	}
	return ""
}

// stopped records that somebody tried to reach what is closed off, and has
// them told.
func (s *site) stopped(t isolate.Attempt) {
	s.mu.Lock()
	trust := s.now.Trust
	s.mu.Unlock()
	a := activity.Activity{
		Time: t.Time, Channel: activity.Network, Operation: activity.Connect,
		Actor: s.who(activity.Actor{UID: t.UID}), Subject: activity.Subject{Size: -1},
	}
	d := rules.Decide(s.policy(), a, rules.Content{Status: rules.Clean}, rules.Context{Network: string(trust)})
	if d.Action != rules.Isolate {
		// The network or the policy has changed since; it was closed all the same.
		d.Action = rules.Isolate
	}
	i, err := s.incident(a, string(trust), d)
	if err == nil {
		i.Decision.Outcome = incident.Prevented
		i.Destination.Path, i.Count = bounded(target(t)), max(1, t.Count)
		if i.Count > 1 {
			i.Until = t.Time
		}
		err = s.record(context.Background(), i)
	}
	if err != nil {
		s.log.Error("incident is not recorded", "error", err)
		return
	}
	s.tell(context.Background(), i, prompt.Words{Title: d.Title, Message: d.Message})
}

func (s *site) incident(a activity.Activity, trust string, d rules.Decision) (incident.Incident, error) {
	i, err := incident.New(incident.Activity, a.Time)
	if err != nil {
		return i, err
	}
	i.Machine, i.Severity = s.machine, incident.Severity(d.Severity)
	i.Person = incident.Person{User: bounded(a.Actor.User), UID: a.Actor.UID}
	i.Groups, i.Network = askedFor(s.policy(), a.Actor), trust
	i.Channel, i.Operation = string(a.Channel), string(a.Operation)
	i.File.Size = -1
	i.Decision = incident.Decision{
		Action: string(d.Action), Would: string(d.Would), Rule: d.Rule, Reason: string(d.Reason),
		PolicyVersion: d.PolicyVersion, Outcome: incident.Reported,
	}
	i.Content.Status = string(rules.Clean)
	return i, i.Validate()
}

// target names what was tried, the way people know it.
func target(t isolate.Attempt) string {
	host := t.Address.String()
	if t.Name != "" {
		host = t.Name
	}
	if t.Port == 0 {
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(int(t.Port)))
}
