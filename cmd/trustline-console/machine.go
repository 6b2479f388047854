package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/user"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/message"
)

func newMachineCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "machine", Short: t.Text("machine.short"), Long: t.Text("machine.long")}
	cmd.AddCommand(newMachineList(t), newMachineChange(t, "revoke", (*store.Store).RevokeMachine), newMachineChange(t, "release", (*store.Store).ReleaseMachine))
	return cmd
}

func newMachineList(t *terminal) *cobra.Command {
	var (
		data   string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use: "list", Short: t.Text("machine.list.short"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			fleet, err := s.Fleet(cmd.Context())
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			if asJSON {
				return t.machinesAsJSON(fleet)
			}
			w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, t.Text("machine.list.head"))
			for _, m := range fleet {
				who := m.Heartbeat.Machine
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", who.ID, oneLine(who.Name), day(m.Enrolled), day(m.Seen), day(m.Expires), t.enrolment(m))
			}
			return w.Flush()
		},
	}
	t.dataFlag(cmd, &data)
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("machine.flag.json"))
	return cmd
}

// machinesAsJSON prints a line for each machine; times that never were are left out.
func (t *terminal) machinesAsJSON(fleet []store.Machine) error {
	lines := json.NewEncoder(t.out)
	for _, m := range fleet {
		err := lines.Encode(struct {
			ID       string    `json:"id"`
			Name     string    `json:"name"`
			OS       string    `json:"os"`
			Version  string    `json:"version"`
			Enrolled time.Time `json:"enrolled,omitzero"`
			Seen     time.Time `json:"seen,omitzero"`
			Expires  time.Time `json:"certificateUntil,omitzero"`
			Revoked  time.Time `json:"revoked,omitzero"`
		}{m.Heartbeat.Machine.ID, m.Heartbeat.Machine.Name, m.Heartbeat.Machine.OS, m.Heartbeat.Version, m.Enrolled, m.Seen, m.Expires, m.Revoked})
		if err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

// oneLine makes a machine's own name for itself harmless to a terminal.
func oneLine(name string) string {
	quoted := fmt.Sprintf("%+.60q", name)
	return quoted[1 : len(quoted)-1]
}

func (t *terminal) enrolment(m store.Machine) string {
	switch {
	case m.Enrolled.IsZero():
		return t.Text("machine.never")
	case !m.Revoked.IsZero():
		return t.Text("token.revoked")
	case m.Expires.Before(time.Now()):
		return t.Text("token.expired")
	}
	return t.Text("token.valid")
}

// newMachineChange is a command that does something to one machine, recorded
// with the name of who is at this terminal.
func newMachineChange(t *terminal, name string, do func(*store.Store, context.Context, store.Account, string, time.Time) error) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: name + " ID|NAME", Short: t.Text("machine." + name + ".short"), Long: t.Text("machine." + name + ".long"), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			id, err := s.FindMachine(cmd.Context(), args[0])
			if err == nil {
				err = do(s, cmd.Context(), operator(), id, time.Now())
			}
			if errors.Is(err, store.ErrNotFound) {
				err = errors.New(t.Text("machine.unknown", message.Args{"Given": args[0]}))
			}
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(t.out, t.Text("machine."+name+".done", message.Args{"ID": id}))
			return err
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}

// operator is who sits at this terminal, as the audit record shows it.
func operator() store.Account {
	a := store.Account{ID: "command-line", Name: "command line"}
	if u, err := user.Current(); err == nil {
		a.Name += " (" + u.Username + ")"
	}
	return a
}
