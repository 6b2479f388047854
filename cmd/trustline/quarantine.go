package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent"
	"github.com/trustline/trustline/agent/enforce/quarantine"
	"github.com/trustline/trustline/installer"
	"github.com/trustline/trustline/message"
)

func newQuarantineCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "quarantine",
		Short: t.Text("quarantine.short"),
		Long:  t.Text("quarantine.long"),
	}
	cmd.AddCommand(newQuarantineListCommand(t), newQuarantineRestoreCommand(t))
	return cmd
}

// custody opens the quarantine of the service that a configuration describes.
func (t *terminal) custody(config string) (*quarantine.Store, error) {
	c, err := agent.LoadConfig(config)
	if err != nil {
		return nil, err
	}
	return agent.Quarantine(c, t.logger(false))
}

func newQuarantineListCommand(t *terminal) *cobra.Command {
	var config string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: t.Text("quarantine.list.short"),
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			store, err := t.custody(config)
			if err != nil {
				return err
			}
			all, err := store.List()
			if err != nil {
				return err
			}
			if asJSON {
				for _, e := range all {
					if err := json.NewEncoder(t.out).Encode(e); err != nil {
						return fmt.Errorf("print: %w", err)
					}
				}
				return nil
			}
			if len(all) == 0 {
				fmt.Fprintln(t.out, t.Text("quarantine.empty"))
				return nil
			}
			w := tabwriter.NewWriter(t.out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, t.Text("quarantine.heading"))
			for _, e := range all {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.ID, e.Taken.Local().Format("2006-01-02 15:04"),
					e.Expires.Local().Format("2006-01-02"), humanize.IBytes(uint64(e.Bytes)), shown(e.Path))
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("print: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", installer.ConfigPath, t.Text("quarantine.flag.config"))
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("quarantine.flag.json"))
	return cmd
}

func newQuarantineRestoreCommand(t *terminal) *cobra.Command {
	var config, to string
	cmd := &cobra.Command{
		Use:   "restore ID",
		Short: t.Text("quarantine.restore.short"),
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := t.custody(config)
			if err != nil {
				return err
			}
			e, err := store.Restore(args[0], to)
			switch {
			case errors.Is(err, quarantine.ErrUnknown):
				return errors.New(t.Text("quarantine.unknown", message.Args{"ID": args[0]}))
			case errors.Is(err, quarantine.ErrTaken):
				return errors.New(t.Text("quarantine.taken"))
			case err != nil:
				return err
			}
			if to == "" {
				to = e.Path
			}
			fmt.Fprintln(t.out, t.Text("quarantine.restored", message.Args{"Path": shown(to)}))
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", installer.ConfigPath, t.Text("quarantine.flag.config"))
	cmd.Flags().StringVar(&to, "to", "", t.Text("quarantine.flag.to"))
	return cmd
}
