package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/policyfile"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
)

const exitFailed = 1 // policy test: a case came out otherwise

func newPolicyTestCommand(t *terminal) *cobra.Command {
	var path string
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
				n, bad, err := t.runCases(p, file)
				if err != nil {
					return err
				}
				total, failed = total+n, failed+bad
			}
			if failed > 0 {
				fmt.Fprintln(t.out, t.Text("policy.test.failed", message.Args{"Failed": failed, "Count": total, "Policy": t.policyName(p)}))
				return exitStatus(exitFailed)
			}
			_, err = fmt.Fprintln(t.out, t.Text("policy.test.passed", message.Args{"Count": total, "Policy": t.policyName(p)}))
			return err
		},
	}
	t.policyFlag(cmd, &path)
	return cmd
}

// runCases says of each case that came out otherwise what was expected.
func (t *terminal) runCases(p *rules.Policy, file string) (total, failed int, err error) {
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
		if r.Passed {
			continue
		}
		failed++
		fmt.Fprintf(t.out, "%s:%d: %s\n", file, c.Line, c.Name)
		fmt.Fprintf(t.out, "  %s\n", t.outcome("policy.test.expected", c.Action, c.Rule, c.Severity))
		d := r.Explanation.Decision
		action := d.Action
		if d.Would != "" {
			action = d.Would
		}
		fmt.Fprintf(t.out, "  %s\n", t.outcome("policy.test.got", action, d.Rule, d.Severity))
	}
	return len(cases), failed, nil
}

func (t *terminal) outcome(id string, a rules.Action, rule string, s rules.Severity) string {
	orAny := func(text string) string {
		if text == "" {
			return t.Text("policy.test.any")
		}
		return text
	}
	return t.Text(id, message.Args{"Action": a, "Rule": orAny(rule), "Severity": orAny(string(s))})
}
