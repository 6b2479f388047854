package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/console/signer"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/task"
)

func newSpotCheckCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "spot-check", Short: t.Text("check.short"), Long: t.Text("check.long")}
	cmd.AddCommand(newSpotCheckOrder(t), newSpotCheckList(t), newSpotCheckShow(t))
	return cmd
}

// spotCheck is what the flags say.
type spotCheck struct {
	all         bool
	sample      int
	names       []string
	folders     []string
	files, days int
	least       []string // "cn-mobile=100"
	reason      string
}

func newSpotCheckOrder(t *terminal) *cobra.Command {
	var data string
	var c spotCheck
	cmd := &cobra.Command{
		Use: "order", Short: t.Text("check.order.short"), Long: t.Text("check.order.long"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			spec, err := t.spec(c)
			if err != nil {
				return err
			}
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			defer s.Close()
			key, err := signer.Load(data)
			if err != nil {
				return err
			}
			machines, err := s.Choose(cmd.Context(), store.Whom{All: c.all, Sample: c.sample, Names: c.names})
			var unknown *store.UnknownMachine
			switch {
			case errors.As(err, &unknown):
				return errors.New(t.Text("check.unknown", message.Args{"Name": unknown.Name}))
			case errors.Is(err, store.ErrNotFound):
				return errors.New(t.Text("check.nobody"))
			case err != nil:
				return err
			}
			id, err := s.OrderCheck(cmd.Context(), key.Key(), operator(), machines, spec, strings.TrimSpace(c.reason), c.days, time.Now())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(t.out, id)
			return err
		},
	}
	t.dataFlag(cmd, &data)
	f := cmd.Flags()
	f.BoolVar(&c.all, "all", false, t.Text("check.flag.all"))
	f.IntVar(&c.sample, "sample", 0, t.Text("check.flag.sample"))
	f.StringSliceVar(&c.names, "machine", nil, t.Text("check.flag.machine"))
	f.StringSliceVar(&c.folders, "folder", nil, t.Text("check.flag.folder"))
	f.IntVar(&c.files, "files", 200, t.Text("check.flag.files"))
	f.IntVar(&c.days, "days", 7, t.Text("check.flag.days"))
	f.StringSliceVar(&c.least, "at-least", []string{"people=20", "cn-mobile=100", "cn-resident-id=20", "bank-card=20", "email=100"}, t.Text("check.flag.at-least"))
	f.StringVar(&c.reason, "reason", "", t.Text("check.flag.reason"))
	cmd.MarkFlagsMutuallyExclusive("all", "sample", "machine")
	cmd.MarkFlagsOneRequired("all", "sample", "machine")
	return cmd
}

// spec checks what the flags say, and answers what is ordered.
func (t *terminal) spec(c spotCheck) (task.Check, error) {
	spec := task.Check{Folders: c.folders, Files: c.files, AtLeast: map[string]int{}}
	wrong := func(given string) (task.Check, error) {
		return spec, errors.New(t.Text("check.wrong", message.Args{"Given": strconv.Quote(given)}))
	}
	for _, l := range c.least {
		kind, text, _ := strings.Cut(l, "=")
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > task.MostLeast || kind == "" {
			return wrong(l)
		}
		spec.AtLeast[kind] = n
	}
	for _, folder := range c.folders {
		if !task.AbsoluteFolder(folder) {
			return wrong(folder)
		}
	}
	switch {
	case len(c.folders) > task.MaxFolders || c.files < 1 || c.files > task.MaxFiles || c.days < 1 || c.days > task.MaxDays || len(spec.AtLeast) == 0:
		return spec, errors.New(t.Text("check.bounds", message.Args{"Files": task.MaxFiles, "Days": task.MaxDays, "Folders": task.MaxFolders}))
	case strings.TrimSpace(c.reason) == "" || len(c.reason) > task.MaxText:
		return spec, errors.New(t.Text("check.reason"))
	}
	return spec, nil
}

func newSpotCheckList(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "list", Short: t.Text("check.list.short"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			all, err := s.Checks(cmd.Context(), 1000)
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, t.Text("check.list.head"))
			for _, c := range all {
				fmt.Fprintf(w, "%s\t%s\t%d/%d\t%s\t%s\n", c.ID, day(c.Made), c.Answered, c.Machines, oneLine(c.By), oneLine(c.Reason))
			}
			return w.Flush()
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}

func newSpotCheckShow(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "show ID", Short: t.Text("check.show.short"), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			defer s.Close()
			c, tasks, err := s.Check(cmd.Context(), args[0])
			if errors.Is(err, store.ErrNotFound) {
				return errors.New(t.Text("check.none", message.Args{"ID": args[0]}))
			}
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, t.Text("check.show.head"))
			for _, one := range tasks {
				r := one.Result
				fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", oneLine(one.MachineName), t.Text("check.state."+one.State), r.Seen, r.Looked, r.Found, r.Unreadable, r.Failed)
			}
			found, err := s.FoundBy(cmd.Context(), c.ID, 1000)
			if err != nil {
				return err
			}
			fmt.Fprintln(w)
			for _, i := range found {
				held := map[string]int{}
				for _, k := range i.Content.Classes {
					held[rules.ClassName(detect.Class(k.ID), t.Language())] = k.Distinct
				}
				var parts []string
				for _, name := range slices.Sorted(maps.Keys(held)) {
					parts = append(parts, fmt.Sprintf("%d %s", held[name], name))
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", i.ID, oneLine(i.Machine.Name), strings.Join(parts, ", "), oneLine(i.Destination.Path+"/"+i.File.Name))
			}
			return w.Flush()
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}
