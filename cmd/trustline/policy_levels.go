package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/rules"
)

// levelLine is one kind of data of policy levels --json.
type levelLine struct {
	rules.KindLevel
	Level string `json:"level,omitempty"`
	Name  string `json:"name"`
}

func newPolicyLevelsCommand(t *terminal) *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "levels",
		Short:   t.Text("policy.levels.short"),
		Long:    t.Text("policy.levels.long"),
		Example: t.Text("policy.levels.example"),
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p, err := t.policy(path)
			if err != nil {
				return err
			}
			if err := t.printLevels(p, asJSON); err != nil {
				return fmt.Errorf("print levels: %w", err)
			}
			return nil
		},
	}
	t.policyFlag(cmd, &path)
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("policy.flag.json"))
	return cmd
}

func (t *terminal) printLevels(p *rules.Policy, asJSON bool) error {
	rows := [][]string{{t.Text("policy.levels.kind"), "", t.Text("policy.levels.level"), "JR/T 0171", ""}}
	for _, k := range p.Levels() {
		line := levelLine{k, k.Level.String(), t.className(p, k.Kind)}
		if asJSON {
			if err := json.NewEncoder(t.out).Encode(line); err != nil {
				return err
			}
			continue
		}
		note := ""
		if k.Sensitive {
			note = t.Text("policy.levels.sensitive")
		}
		if k.Changed {
			note = t.Text("policy.levels.changed")
		}
		level := t.Text("policy.levels.none")
		if k.Level != 0 {
			level = t.Text("policy.levels." + k.Level.String())
		}
		rows = append(rows, []string{string(k.Kind), line.Name, level, k.Financial, note})
	}
	if asJSON {
		return nil
	}
	_, err := fmt.Fprint(t.out, table(rows))
	return err
}
