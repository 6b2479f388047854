package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/policyfile"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
)

const exitFailed = 1 // policy test: a case came out otherwise

func newPolicyTestCommand(t *terminal) *cobra.Command {
	var (
		path   string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "test [--policy FILE] CASES…",
		Short:   t.Text("policy.test.short"),
		Long:    t.Text("policy.test.long"),
		Example: t.Text("policy.test.example"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New(t.Text("policy.test.no-file"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := t.policy(path)
			if err != nil {
				return err
			}
			total, failed := 0, 0
			for _, file := range args {
				n, bad, err := t.runCases(p, file, asJSON)
				if err != nil {
					return err
				}
				total, failed = total+n, failed+bad
			}
			switch said := (message.Args{"Failed": failed, "Count": total, "Policy": t.policyName(p)}); {
			case asJSON:
			case failed > 0:
				fmt.Fprintln(t.out, t.Text("policy.test.failed", said))
			default:
				fmt.Fprintln(t.out, t.Text("policy.test.passed", said))
			}
			if failed > 0 {
				return exitStatus(exitFailed)
			}
			return nil
		},
	}
	t.policyFlag(cmd, &path)
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("policy.flag.json"))
	return cmd
}

// tried is one case and what came of it, as JSON says it.
type tried struct {
	File     string  `json:"file"`
	Line     int     `json:"line"`
	Name     string  `json:"name"`
	Passed   bool    `json:"passed"`
	Expected outcome `json:"expected"`
	Got      outcome `json:"got"`
}

// outcome is what was, or should have been, decided; "" is whatever comes.
type outcome struct {
	Action   rules.Action   `json:"action"`
	Rule     string         `json:"rule,omitempty"`
	Severity rules.Severity `json:"severity,omitempty"`
}

// runCases says of each case that came out otherwise what was expected; as
// JSON it says so of every case.
func (t *terminal) runCases(p *rules.Policy, file string, asJSON bool) (total, failed int, err error) {
	data, err := policyfile.Read(file)
	if err != nil {
		return 0, 0, err
	}
	cases, err := rules.ParseCases(file, data)
	if err != nil {
		return 0, 0, t.told(err)
	}
	for _, c := range cases {
		r := c.Run(p)
		d := r.Explanation.Decision
		one := tried{file, c.Line, c.Name, r.Passed, outcome{c.Action, c.Rule, c.Severity}, outcome{cmp.Or(d.Would, d.Action), d.Rule, d.Severity}}
		if !r.Passed {
			failed++
		}
		switch {
		case asJSON:
			err = json.NewEncoder(t.out).Encode(one)
		case !r.Passed:
			_, err = fmt.Fprintf(t.out, "%s:%d: %s\n  %s\n  %s\n", file, c.Line, c.Name,
				t.outcome("policy.test.expected", one.Expected), t.outcome("policy.test.got", one.Got))
		}
		if err != nil {
			return 0, 0, fmt.Errorf("print: %w", err)
		}
	}
	return len(cases), failed, nil
}

func (t *terminal) outcome(id string, o outcome) string {
	orAny := func(text string) string {
		if text == "" {
			return t.Text("policy.test.any")
		}
		return text
	}
	return t.Text(id, message.Args{"Action": o.Action, "Rule": orAny(o.Rule), "Severity": orAny(string(o.Severity))})
}
