package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/ledger"
	"github.com/trustline/trustline/agent/policyfile"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/agent/sandbox"
	"github.com/trustline/trustline/agent/sensor/media"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/uploader/incident"
)

// guardTrial guards one medium in the foreground: how anybody tries it.
type guardTrial struct {
	*terminal
	mountPoint, policy string
	json               bool

	mu sync.Mutex // one line at a time
}

func newGuardCommand(t *terminal) *cobra.Command {
	g := &guardTrial{terminal: t}
	cmd := &cobra.Command{
		Use:   "guard MOUNTPOINT",
		Short: t.Text("guard.short"),
		Long:  t.Text("guard.long"),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			g.mountPoint = args[0]
			return g.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&g.policy, "policy", "", t.Text("guard.flag.policy"))
	cmd.Flags().BoolVar(&g.json, "json", false, t.Text("guard.flag.json"))
	return cmd
}

func (g *guardTrial) run(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New(g.Text("guard.need-root"))
	}
	policy, err := g.loadPolicy()
	if err != nil {
		return err
	}
	medium, err := g.find(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "trustline-guard-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	judge, closeJudge, err := g.judge(policy, dir)
	if err != nil {
		return err
	}
	defer closeJudge()
	guarding, err := guard.Start(ctx, medium, judge, guard.Options{Scratch: filepath.Join(dir, "scratch"), Log: g.logger(false)})
	if err != nil {
		return err
	}
	g.say(message.Args{"Mount": medium.MountPoint}, "guard."+string(guarding.State()))
	select {
	case <-ctx.Done():
	case <-guarding.Ended():
		g.say(message.Args{"Mount": medium.MountPoint}, "guard.gone")
		return nil
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	if err := guarding.Stop(stop); err != nil {
		return err
	}
	g.say(message.Args{"Mount": medium.MountPoint}, "guard.released")
	return nil
}

func (g *guardTrial) loadPolicy() (*rules.Policy, error) {
	if g.policy == "" {
		return rules.DefaultPolicy(), nil
	}
	data, err := policyfile.Read(g.policy)
	if err != nil {
		return nil, err
	}
	return rules.ParsePolicy(g.policy, data)
}

// find describes the medium at the mount point as the service would.
func (g *guardTrial) find(ctx context.Context) (guard.Medium, error) {
	path, err := filepath.Abs(g.mountPoint)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return guard.Medium{}, err
	}
	found, err := (&media.Finder{Treat: []string{path}}).List(ctx)
	if err != nil {
		return guard.Medium{}, err
	}
	for _, m := range found {
		if m.MountPoint == path {
			return guard.Medium{MountPoint: path, Device: m.Device, Channel: activity.RemovableMedia}, nil
		}
	}
	return guard.Medium{}, errors.New(g.Text("guard.not-mounted", message.Args{"Mount": path}))
}

func (g *guardTrial) judge(policy *rules.Policy, dir string) (judge *agent.Judge, closeAll func(), err error) {
	totals, err := ledger.Open(filepath.Join(dir, "ledger.db"), g.logger(false))
	if err != nil {
		return nil, nil, err
	}
	worker, err := workerCommand()
	if err != nil {
		return nil, nil, err
	}
	box := sandbox.New(sandbox.Options{Command: worker, Logger: g.logger(false)})
	pack := detect.DefaultPack()
	return &agent.Judge{
		Engine: rules.NewEngine(pack, rules.Limits{}).Isolated(box.Extract), Pack: pack,
		Policy: func() *rules.Policy { return policy }, Ledger: totals,
		Machine: incident.Machine{ID: "trial", Name: "trial", OS: "linux"},
		Record:  g.print, Tell: func(context.Context, incident.Incident, prompt.Words) {}, Log: g.logger(false),
	}, func() { errors.Join(box.Close(), totals.Close()) }, nil
}

// print is the record of a trial: a line for each decision.
func (g *guardTrial) print(_ context.Context, incidents ...incident.Incident) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, i := range incidents {
		if err := g.line(i); err != nil {
			return err
		}
	}
	return nil
}

func (g *guardTrial) line(i incident.Incident) error {
	if g.json {
		return json.NewEncoder(g.out).Encode(i)
	}
	_, err := fmt.Fprintln(g.out, g.Text("guard.decision", message.Args{
		"Time": i.Time.Local().Format(time.TimeOnly), "Action": g.Text("guard.action." + i.Decision.Action),
		"File": prompt.Harmless(i.File.Name, 80), "People": i.Content.People, "Rule": i.Decision.Rule, "User": i.Person.User,
		"Program": filepath.Base(i.Program.Path),
	}))
	return err
}

func (g *guardTrial) say(args message.Args, id string) {
	if g.json {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	fmt.Fprintln(g.out, g.Text(id, args))
}
