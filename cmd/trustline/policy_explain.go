package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/strictyaml"
)

// madeUp is the activity that the flags describe, in the shape of a case file.
type madeUp struct {
	Channel     string      `json:"channel,omitempty"`
	Operation   string      `json:"operation,omitempty"`
	People      int         `json:"people,omitempty"`
	Find        []madeUpHit `json:"find,omitempty"`
	Unreadable  string      `json:"unreadable,omitempty"`
	Rolling     int         `json:"rolling,omitempty"`
	Person      string      `json:"person,omitempty"`
	Group       []string    `json:"group,omitempty"`
	Program     string      `json:"program,omitempty"`
	Destination string      `json:"destination,omitempty"`
	Share       string      `json:"share,omitempty"`
	Host        string      `json:"host,omitempty"`
	Proven      bool        `json:"proven"`
	Device      struct {
		Vendor    string `json:"vendor,omitempty"`
		Model     string `json:"model,omitempty"`
		Serial    string `json:"serial,omitempty"`
		Encrypted bool   `json:"encrypted"`
	} `json:"device"`
	File struct {
		Name  string   `json:"name,omitempty"`
		Type  string   `json:"type,omitempty"`
		Size  string   `json:"size,omitempty"`
		Label []string `json:"label,omitempty"`
	} `json:"file,omitzero"`
	Network string `json:"network,omitempty"`
	Time    string `json:"time"`
}

type madeUpHit struct {
	Class string `json:"class"`
	Count string `json:"count"`
}

func newPolicyExplainCommand(t *terminal) *cobra.Command {
	var (
		m      madeUp
		path   string
		find   []string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "explain --channel CHANNEL [flags]",
		Short:   t.Text("policy.explain.short"),
		Long:    t.Text("policy.explain.long"),
		Example: t.Text("policy.explain.example"),
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p, err := t.policy(path)
			if err != nil {
				return err
			}
			if m.Time == "" {
				m.Time = time.Now().Format(time.RFC3339)
			}
			one, err := t.madeUpCase(m, find)
			if err != nil {
				return err
			}
			e := one.Explain(p)
			if asJSON {
				err = json.NewEncoder(t.out).Encode(e)
			} else {
				_, err = fmt.Fprint(t.out, (&explanationPage{terminal: t}).render(p, e))
			}
			if err != nil {
				return fmt.Errorf("print explanation: %w", err)
			}
			return nil
		},
	}
	t.policyFlag(cmd, &path)
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, t.Text("policy.flag.json"))
	f.StringVar(&m.Channel, "channel", "removable-media", t.Text("policy.explain.flag.channel"))
	f.StringVar(&m.Operation, "operation", "write", t.Text("policy.explain.flag.operation"))
	f.IntVar(&m.People, "people", 0, t.Text("policy.explain.flag.people"))
	f.StringArrayVar(&find, "find", nil, t.Text("policy.explain.flag.find"))
	f.StringVar(&m.Unreadable, "unreadable", "", t.Text("policy.explain.flag.unreadable"))
	f.IntVar(&m.Rolling, "rolling", 0, t.Text("policy.explain.flag.rolling"))
	f.StringVar(&m.Person, "person", "", t.Text("policy.explain.flag.person"))
	f.StringArrayVar(&m.Group, "group", nil, t.Text("policy.explain.flag.group"))
	f.StringVar(&m.Program, "program", "", t.Text("policy.explain.flag.program"))
	f.StringVar(&m.Destination, "destination", "", t.Text("policy.explain.flag.destination"))
	f.StringVar(&m.Share, "share", "", t.Text("policy.explain.flag.share"))
	f.StringVar(&m.Host, "host", "", t.Text("policy.explain.flag.host"))
	f.BoolVar(&m.Proven, "proven", true, t.Text("policy.explain.flag.proven"))
	f.StringVar(&m.Device.Vendor, "vendor", "", t.Text("policy.explain.flag.vendor"))
	f.StringVar(&m.Device.Model, "model", "", t.Text("policy.explain.flag.model"))
	f.StringVar(&m.Device.Serial, "serial", "", t.Text("policy.explain.flag.serial"))
	f.BoolVar(&m.Device.Encrypted, "encrypted", false, t.Text("policy.explain.flag.encrypted"))
	f.StringVar(&m.File.Name, "file", "", t.Text("policy.explain.flag.file"))
	f.StringVar(&m.File.Type, "type", "", t.Text("policy.explain.flag.type"))
	f.StringVar(&m.File.Size, "size", "", t.Text("policy.explain.flag.size"))
	f.StringArrayVar(&m.File.Label, "label", nil, t.Text("policy.explain.flag.label"))
	f.StringVar(&m.Network, "network", "", t.Text("policy.explain.flag.network"))
	f.StringVar(&m.Time, "time", "", t.Text("policy.explain.flag.time"))
	return cmd
}

// madeUpCase checks the flags as a file of cases is checked: JSON is YAML.
func (t *terminal) madeUpCase(m madeUp, find []string) (rules.Case, error) {
	for _, f := range find {
		class, count, ok := strings.Cut(f, "=")
		if !ok {
			return rules.Case{}, errors.New(t.Text("policy.explain.bad-find"))
		}
		m.Find = append(m.Find, madeUpHit{class, count})
	}
	data, err := json.Marshal(map[string]any{"cases": []any{map[string]any{
		"name": "flags", "given": m, "expect": map[string]any{"action": rules.Allow}}}})
	if err != nil {
		return rules.Case{}, fmt.Errorf("read flags: %w", err)
	}
	cases, err := rules.ParseCases("", data)
	var problems strictyaml.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			field := strings.TrimPrefix(p.Field, "cases[0].given.")
			fmt.Fprintln(t.err, t.Text("policy.explain.bad-flag", message.Args{"Flag": field, "Problem": p.Text(t.Language())}))
		}
		return rules.Case{}, exitStatus(exitError)
	}
	if err != nil {
		return rules.Case{}, err
	}
	return cases[0], nil
}

// explanationPage lays an explanation out for people.
type explanationPage struct {
	*terminal
	b strings.Builder
}

func (p *explanationPage) render(policy *rules.Policy, e rules.Explanation) string {
	d := e.Decision
	p.line(0, "policy.explain.decision", message.Args{"Action": p.action(d.Action), "Rule": d.Rule})
	if d.Would != "" {
		p.line(1, "policy.explain.would", message.Args{"Action": p.action(d.Would)})
	}
	if title := d.Title.In(p.Language()); title != "" {
		fmt.Fprintf(&p.b, "  %s\n", title)
	}
	if text := d.Message.In(p.Language()); text != "" {
		fmt.Fprintf(&p.b, "  %s\n", text)
	}
	p.line(1, "policy.explain.reason", message.Args{"Reason": p.word("policy.reason.", string(d.Reason))})
	p.line(1, "policy.explain.severity", message.Args{"Severity": p.word("policy.severity.", string(d.Severity))})
	if len(d.EmployeeMay) > 0 {
		p.line(1, "policy.explain.may", message.Args{"Ways": strings.Join(d.EmployeeMay, ", ")})
	}
	fmt.Fprintf(&p.b, "  %s\n\n", p.policyName(policy))
	p.classes(e.Classes)
	p.rules(e.Rules)
	return p.b.String()
}

func (p *explanationPage) line(indent int, id string, args message.Args) {
	fmt.Fprintf(&p.b, "%s%s\n", strings.Repeat("  ", indent), p.Text(id, args))
}

func (p *explanationPage) action(a rules.Action) string { return p.word("policy.action.", string(a)) }

func (p *explanationPage) classes(classes []rules.ClassReport) {
	if len(classes) == 0 {
		return
	}
	p.line(0, "policy.explain.classes", nil)
	for _, c := range classes {
		fmt.Fprintf(&p.b, "  %s %s\n", mark(c.Matched), c.Class)
		p.conditions(c.All, "policy.explain.condition")
		if len(c.Any) > 1 {
			p.line(3, "policy.explain.one-of", nil)
		}
		p.conditions(c.Any, "policy.explain.condition")
	}
	p.b.WriteByte('\n')
}

func (p *explanationPage) rules(list []rules.RuleReport) {
	p.line(0, "policy.explain.rules", nil)
	for _, r := range list {
		id := "policy.explain.off"
		switch {
		case r.Decides:
			id = "policy.explain.decides"
		case r.Applies:
			id = "policy.explain.applies"
		}
		fmt.Fprintf(&p.b, "  %s %s\n", mark(r.Applies), p.Text(id, message.Args{"Rule": r.Rule, "Action": p.action(r.Action)}))
		p.conditions(r.When, "policy.explain.condition")
		p.conditions(r.Unless, "policy.explain.unless")
	}
}

func (p *explanationPage) conditions(list []rules.ConditionReport, id string) {
	for _, c := range list {
		found := c.Found
		if found == "" {
			found = "–"
		}
		fmt.Fprintf(&p.b, "      %s %s\n", mark(c.Holds), p.Text(id, message.Args{"Field": c.Field, "Wanted": c.Wanted, "Found": shown(found)}))
	}
}

func mark(holds bool) string {
	if holds {
		return "✓"
	}
	return "✗"
}
