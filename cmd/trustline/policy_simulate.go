package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/uploader/incident"
)

const (
	exitChanged = 1 // policy simulate: something would have been decided otherwise

	// maxReplay bounds what is read of a file of incidents, in bytes.
	maxReplay = 1 << 30
	// maxChanges bounds how many changed incidents are shown one by one.
	maxChanges = 20
)

// replayed is one incident decided anew.
type replayed struct {
	ID     string       `json:"id"`
	Time   time.Time    `json:"time"`
	User   string       `json:"user"`
	File   string       `json:"file"` // masked
	Count  int          `json:"count"`
	Before rules.Action `json:"before"`
	After  rules.Action `json:"after"`
	Was    string       `json:"ruleBefore"`
	Rule   string       `json:"rule"`
}

func newPolicySimulateCommand(t *terminal) *cobra.Command {
	var (
		path   string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "simulate --policy FILE INCIDENTS",
		Short:   t.Text("policy.simulate.short"),
		Long:    t.Text("policy.simulate.long"),
		Example: t.Text("policy.simulate.example"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New(t.Text("policy.simulate.no-file"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := t.policy(path)
			if err != nil {
				return err
			}
			s := simulation{terminal: t, policy: p, asJSON: asJSON, kinds: map[[2]rules.Action]int{}}
			if err := s.run(args[0]); err != nil {
				return err
			}
			return s.report()
		},
	}
	t.policyFlag(cmd, &path)
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("policy.flag.json"))
	return cmd
}

// simulation replays incidents and counts what comes out otherwise.
type simulation struct {
	*terminal
	policy *rules.Policy
	asJSON bool

	total, same, skipped int
	kinds                map[[2]rules.Action]int
	changes              []replayed
}

func (s *simulation) run(path string) error {
	in := s.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("read incidents: %w", err)
		}
		defer file.Close()
		in = file
	}
	limited := &io.LimitedReader{R: in, N: maxReplay}
	d := json.NewDecoder(limited)
	for n := 1; ; n++ {
		var page struct {
			incident.Incident
			Incidents []incident.Incident `json:"incidents"`
		}
		err := d.Decode(&page)
		switch {
		case limited.N <= 0:
			return errors.New(s.Text("policy.simulate.too-large", message.Args{"Bytes": maxReplay}))
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return errors.New(s.Text("policy.simulate.bad-json", message.Args{"Entry": n}))
		case page.Incidents == nil:
			page.Incidents = []incident.Incident{page.Incident}
		}
		for _, i := range page.Incidents {
			if err := i.Validate(); err != nil {
				return errors.New(s.Text("policy.simulate.bad-incident", message.Args{"Entry": n, "Error": err}))
			}
			if err := s.replay(i); err != nil {
				return err
			}
		}
	}
}

func (s *simulation) replay(i incident.Incident) error {
	if i.Kind != incident.Activity {
		s.skipped += i.Count
		return nil
	}
	a, c := recorded(i)
	situation := s.policy.Context(func(time.Duration) int { return i.Content.Rolling })
	situation.Network = i.Network
	d := rules.Decide(s.policy, a, c, situation)
	r := replayed{
		ID: i.ID, Time: i.Time, User: i.Person.User, File: i.File.Name, Count: i.Count, Was: i.Decision.Rule, Rule: d.Rule,
		Before: rules.Action(cmp.Or(i.Decision.Would, i.Decision.Action)), After: cmp.Or(d.Would, d.Action),
	}
	s.total += i.Count
	if r.Before == r.After {
		s.same += i.Count
		return nil
	}
	s.kinds[[2]rules.Action{r.Before, r.After}] += i.Count
	if s.asJSON {
		return json.NewEncoder(s.out).Encode(r)
	}
	if len(s.changes) < maxChanges {
		s.changes = append(s.changes, r)
	}
	return nil
}

// recorded answers what an incident says of an activity and its content. Names
// are masked, and of groups there are those that the policy of then asked for.
func recorded(i incident.Incident) (activity.Activity, rules.Content) {
	a := activity.Activity{
		Time: i.Time, Channel: activity.Channel(i.Channel), Operation: activity.Operation(i.Operation),
		Actor:   activity.Actor{UID: i.Person.UID, User: i.Person.User, Groups: i.Groups, PID: i.Program.PID, Program: i.Program.Path, Proven: i.Program.Proven},
		Subject: activity.Subject{Name: i.File.Name, Source: i.File.Source, Size: i.File.Size, Type: i.File.Type},
		Destination: activity.Destination{Path: i.Destination.Path, Share: activity.Share{
			Name: i.Destination.Share, Host: i.Destination.Host, Proven: i.Destination.ShareProven}, Device: activity.Device{
			Node: i.Destination.Device, Bus: i.Destination.Bus, Vendor: i.Destination.Vendor, Model: i.Destination.Model,
			Serial: i.Destination.Serial, Label: i.Destination.Label, FileSystem: i.Destination.FileSystem, Encrypted: i.Destination.Encrypted}},
	}
	c := rules.Content{Status: rules.Status(i.Content.Status), Reason: rules.Reason(i.Content.Reason), Type: i.File.Type,
		Summary: detect.Summary{People: i.Content.People}}
	for _, class := range i.Content.Classes {
		c.Summary.Classes = append(c.Summary.Classes, detect.ClassSummary{
			Class: detect.Class(class.ID), Count: class.Count, Distinct: class.Distinct, Confidence: class.Confidence})
	}
	return a, c
}

func (s *simulation) report() error {
	if s.asJSON {
		err := json.NewEncoder(s.out).Encode(struct {
			Total   int `json:"total"`
			Same    int `json:"same"`
			Skipped int `json:"skipped"`
		}{s.total, s.same, s.skipped})
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
	} else {
		fmt.Fprintln(s.out, s.Text("policy.simulate.total", message.Args{"Count": s.total, "Skipped": s.skipped, "Policy": s.policyName(s.policy)}))
		fmt.Fprintln(s.out, s.Text("policy.simulate.same", message.Args{"Count": s.same}))
		s.printKinds()
		for _, r := range s.changes {
			fmt.Fprintf(s.out, "    %s  %s  %s  %s (%s) → %s (%s)\n", r.Time.Format(time.DateTime), shown(r.User), shown(r.File),
				s.word("policy.action.", string(r.Before)), shown(r.Was), s.word("policy.action.", string(r.After)), r.Rule)
		}
	}
	if s.same < s.total {
		return exitStatus(exitChanged)
	}
	return nil
}

// printKinds prints how many went from one action to another, most first.
func (s *simulation) printKinds() {
	var kinds [][2]rules.Action
	for k := range s.kinds {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b [2]rules.Action) int {
		return cmp.Or(s.kinds[b]-s.kinds[a], cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	for _, k := range kinds {
		fmt.Fprintln(s.out, s.Text("policy.simulate.kind", message.Args{"Count": s.kinds[k],
			"Before": s.word("policy.action.", string(k[0])), "After": s.word("policy.action.", string(k[1]))}))
	}
}
