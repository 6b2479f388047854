package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/discovery"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/uploader/incident"
)

func newDiscoveryCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "discovery", Short: t.Text("discovery.short"), Long: t.Text("discovery.long")}
	cmd.AddCommand(
		discoveryCommand(t, "status", discovery.AskStatus, t.searchStatus),
		discoveryCommand(t, "run", discovery.AskRun, t.searchStatus),
		discoveryCommand(t, "results", discovery.AskResults, t.searchResults),
	)
	return cmd
}

// discoveryCommand asks the service for an answer and shows it.
func discoveryCommand[A any](t *terminal, name, about string, show func(io.Writer, A) error) *cobra.Command {
	var socket string
	var asJSON bool
	cmd := &cobra.Command{
		Use: name, Short: t.Text("discovery." + name + ".short"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := control.Dial(cmd.Context(), socket)
			if err != nil {
				return errors.New(t.unreachable(socket, err))
			}
			defer client.Close()
			var answer A
			err = client.Ask(cmd.Context(), about, struct{}{}, &answer)
			var no control.Refusal
			switch {
			case errors.As(err, &no) && t.Has("discovery.refused."+string(no)):
				return errors.New(t.Text("discovery.refused." + string(no)))
			case err != nil:
				return errors.New(t.unreachable(socket, err))
			case asJSON:
				return json.NewEncoder(t.out).Encode(answer)
			}
			return show(t.out, answer)
		},
	}
	t.socketFlag(cmd, &socket)
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("discovery.flag.json"))
	return cmd
}

// searchStatus says how the search stands.
func (t *terminal) searchStatus(w io.Writer, s discovery.Status) error {
	if len(s.Folders) == 0 {
		_, err := fmt.Fprintln(w, t.Text("discovery.none"))
		return err
	}
	args := message.Args{
		"Folders": shown(strings.Join(s.Folders, ", ")), "Looked": s.Looked, "Known": s.Known, "Found": s.Found, "Failed": s.Failed,
		"Began": minute(s.Began), "Ended": minute(s.Ended), "Next": minute(s.Next),
	}
	how := "discovery.done"
	switch {
	case s.Began.IsZero():
		how = "discovery.waiting"
	case s.Ended.IsZero():
		how = "discovery.running"
	}
	_, err := fmt.Fprintln(w, t.Text("discovery.folders", args)+"\n"+t.Text(how, args))
	return err
}

func minute(at time.Time) string { return at.Local().Format("2006-01-02 15:04") }

// searchResults lists what was found.
func (t *terminal) searchResults(w io.Writer, r discovery.Results) error {
	if len(r.Found) == 0 {
		_, err := fmt.Fprintln(w, t.Text("discovery.nothing"))
		return err
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, t.Text("discovery.heading"))
	for _, f := range r.Found {
		fmt.Fprintf(table, "%s\t%s\t%s\n", minute(f.Incident.Time), t.holds(f), shown(f.Path))
		for _, line := range t.house(f.Incident.Content) {
			fmt.Fprintf(table, "\t\t  %s\n", shown(line))
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if more := r.All - len(r.Found); more > 0 {
		fmt.Fprintln(w, t.Text("discovery.more", message.Args{"Count": more}))
	}
	return nil
}

// holds says what a file holds, and what became of it.
func (t *terminal) holds(f discovery.Found) string {
	c := f.Incident.Content
	var parts []string
	if f.Gone != "" {
		parts = append(parts, t.Text("discovery.gone."+f.Gone))
	}
	if c.People > 0 {
		parts = append(parts, t.Text("discovery.people", message.Args{"Count": c.People}))
	}
	for _, k := range c.Classes {
		if len(parts) < 4 {
			parts = append(parts, fmt.Sprintf("%d %s", k.Distinct, t.kindName(k.ID, k.Name)))
		}
	}
	return strings.Join(parts, ", ")
}

// house says what the policy says of a file that is kept.
func (t *terminal) house(c incident.Content) (all []string) {
	for _, o := range c.Overdue {
		name := rules.Localized(o.Title).In(t.Language())
		if name == "" {
			name = o.Class
		}
		all = append(all, t.Text("discovery.overdue."+o.Since, message.Args{"Class": name, "Days": o.Days, "Age": o.Age}))
	}
	for _, e := range c.Excess {
		all = append(all, t.Text("discovery.excess", message.Args{"Column": e.Column, "Heading": e.Heading, "Place": e.Place, "Kind": t.kindName(e.Kind, nil)}))
	}
	return all
}

func (t *terminal) kindName(id string, name map[string]string) string {
	if name != nil {
		return rules.Localized(name).In(t.Language())
	}
	return rules.ClassName(detect.Class(id), t.Language())
}
