package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/policyfile"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/strictyaml"
)

func newPolicyCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: t.Text("policy.short"),
		Long:  t.Text("policy.long"),
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyCheckCommand(t), newPolicyExplainCommand(t), newPolicyTestCommand(t), newPolicySimulateCommand(t), newPolicyShowCommand(t), newPolicyLevelsCommand(t))
	return cmd
}

func newPolicyShowCommand(t *terminal) *cobra.Command {
	var list bool
	cmd := &cobra.Command{
		Use:       "show [TEMPLATE]",
		Short:     t.Text("policy.show.short"),
		Long:      t.Text("policy.show.long", message.Args{"Templates": strings.Join(rules.Templates(), ", ")}),
		Example:   t.Text("policy.show.example"),
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: rules.Templates(),
		RunE: func(_ *cobra.Command, args []string) error {
			text := []byte(strings.Join(rules.Templates(), "\n") + "\n")
			if !list {
				var ok bool
				name := append(args, rules.DefaultTemplate)[0]
				if text, ok = rules.Template(name); !ok {
					return errors.New(t.Text("policy.show.unknown", message.Args{"Name": name, "Templates": strings.Join(rules.Templates(), ", ")}))
				}
			}
			if _, err := t.out.Write(text); err != nil {
				return fmt.Errorf("print policy: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, t.Text("policy.show.flag.list"))
	return cmd
}

// policyFlag lets a command work with a file instead of the built-in policy.
func (t *terminal) policyFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "policy", "", t.Text("policy.flag.policy"))
}

// policy reads a policy file, or answers the built-in policy for "". What is
// wrong with the file is said on the spot.
func (t *terminal) policy(path string) (*rules.Policy, error) {
	if path == "" {
		return rules.DefaultPolicy(), nil
	}
	data, err := policyfile.Read(path)
	if err != nil {
		return nil, err
	}
	p, err := rules.ParsePolicy(path, data)
	return p, t.told(err)
}

// told says the problems of a file in the terminal's language and leaves only
// the exit code to be carried; other errors pass.
func (t *terminal) told(err error) error {
	var problems strictyaml.Problems
	if !errors.As(err, &problems) {
		return err
	}
	fmt.Fprintln(t.err, problems.In(t.Language()))
	return exitStatus(exitError)
}

// word answers the text of an id made from data, or the data where there is none.
func (t *terminal) word(prefix, word string) string {
	if t.Has(prefix + word) {
		return t.Text(prefix + word)
	}
	return word
}

func (t *terminal) policyName(p *rules.Policy) string {
	return t.Text("policy.name", message.Args{"Name": p.Name(), "Version": p.Version(), "Mode": t.word("policy.mode.", string(p.Mode()))})
}
