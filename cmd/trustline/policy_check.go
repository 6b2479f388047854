package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/policyfile"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/strictyaml"
)

// policyCheckLine is one line of policy check --json.
type policyCheckLine struct {
	File     string          `json:"file"`
	Sound    bool            `json:"sound"`
	Version  string          `json:"version,omitempty"`
	Problems []policyProblem `json:"problems"`
	Warnings []policyProblem `json:"warnings"`
}

type policyProblem struct {
	Line  int    `json:"line"`
	Field string `json:"field,omitempty"`
	Text  string `json:"text"`
}

func newPolicyCheckCommand(t *terminal) *cobra.Command {
	var asJSON bool
	var dir string
	cmd := &cobra.Command{
		Use:     "check FILE…",
		Short:   t.Text("policy.check.short"),
		Long:    t.Text("policy.check.long"),
		Example: t.Text("policy.check.example"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New(t.Text("policy.check.no-file"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			lists, err := t.openLists(cmd.Context(), dir)
			if err != nil {
				return err
			}
			sound := true
			for _, path := range args {
				line, err := t.checkPolicy(path, lists)
				if err != nil {
					return err
				}
				sound = sound && line.Sound
				if err := t.printCheck(line, asJSON); err != nil {
					return fmt.Errorf("print result: %w", err)
				}
			}
			if !sound {
				return exitStatus(exitError)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("policy.flag.json"))
	cmd.Flags().StringVar(&dir, "lists", "", t.Text("policy.check.flag.lists"))
	return cmd
}

// openLists opens the lists a policy is checked against, nil when there is
// nothing to check against.
func (t *terminal) openLists(ctx context.Context, dir string) (*rules.Lists, error) {
	if dir == "" {
		return nil, nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, errors.New(t.Text("policy.check.no-lists", message.Args{"Path": dir}))
	}
	return rules.CheckLists(ctx, dir)
}

// checkPolicy checks a file, and that the lists it names are among some when
// these are not nil.
func (t *terminal) checkPolicy(path string, lists *rules.Lists) (policyCheckLine, error) {
	line := policyCheckLine{File: path, Problems: []policyProblem{}, Warnings: []policyProblem{}}
	data, err := policyfile.Read(path)
	if err != nil {
		return line, err
	}
	p, err := rules.ParsePolicy(path, data)
	var problems strictyaml.Problems
	switch {
	case errors.As(err, &problems):
		line.Problems = t.policyProblems(problems)
		return line, nil
	case err != nil:
		return line, err
	}
	line.Sound, line.Version = true, p.Version()
	line.Warnings = t.policyProblems(p.Warnings())
	if lists != nil {
		line.Problems = t.policyProblems(p.MissingLists(lists))
		line.Sound = len(line.Problems) == 0
	}
	return line, nil
}

func (t *terminal) policyProblems(problems strictyaml.Problems) []policyProblem {
	list := []policyProblem{}
	for _, p := range problems {
		list = append(list, policyProblem{p.Line, p.Field, p.Text(t.Language())})
	}
	return list
}

func (t *terminal) printCheck(line policyCheckLine, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(t.out).Encode(line)
	}
	for _, p := range line.Problems {
		fmt.Fprintln(t.out, p.in(line.File, ""))
	}
	for _, p := range line.Warnings {
		fmt.Fprintln(t.out, p.in(line.File, t.Text("policy.check.warning")))
	}
	id := "policy.check.broken"
	if line.Sound {
		id = "policy.check.sound"
	}
	_, err := fmt.Fprintln(t.out, t.Text(id, message.Args{"File": line.File, "Version": line.Version, "Count": len(line.Problems)}))
	return err
}

func (p policyProblem) in(file, kind string) string {
	s := fmt.Sprintf("%s:%d: %s", file, p.Line, kind)
	if p.Field != "" {
		s += p.Field + ": "
	}
	return s + p.Text
}
