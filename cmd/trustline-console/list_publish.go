package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/trustline/trustline/console/lists"
	"github.com/trustline/trustline/console/signer"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/message"
)

// withLists does something with the lists of a console.
func (t *terminal) withLists(ctx context.Context, data string, do func(*store.Store, *lists.Lists) error) error {
	s, err := t.openData(ctx, data)
	if err != nil {
		return err
	}
	key, err := signer.Load(data)
	if err == nil {
		err = do(s, lists.New(data, s, key))
	}
	return errors.Join(err, s.Close())
}

func newListPublish(t *terminal) *cobra.Command {
	var data, key string
	cmd := &cobra.Command{
		Use: "publish FILE…", Short: t.Text("list.publish.short"), Long: t.Text("list.publish.long"), Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := t.readKey(key, false)
			if err != nil {
				return err
			}
			return t.withLists(cmd.Context(), data, func(_ *store.Store, l *lists.Lists) error {
				for _, path := range args {
					published, err := l.Publish(cmd.Context(), operator(), path, k, time.Now())
					if err != nil {
						return t.unpublished(path, err)
					}
					fmt.Fprintln(t.out, t.Text("list.publish.done", message.Args{"Name": published.Name, "Serial": published.Serial, "Key": published.KeyID}))
				}
				return nil
			})
		},
	}
	t.dataFlag(cmd, &data)
	cmd.Flags().StringVar(&key, "key", "company.endpoint.key", t.Text("list.publish.flag.key"))
	return cmd
}

func (t *terminal) unpublished(path string, err error) error {
	switch {
	case errors.Is(err, store.ErrOlder):
		return errors.New(t.Text("list.publish.older", message.Args{"Path": path}))
	case errors.Is(err, store.ErrTooMany):
		return errors.New(t.Text("list.publish.many"))
	}
	return t.refused(path, err)
}

func newListWithdraw(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "withdraw NAME", Short: t.Text("list.withdraw.short"), Long: t.Text("list.withdraw.long"), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.withLists(cmd.Context(), data, func(s *store.Store, l *lists.Lists) error {
				all, err := s.Lists(cmd.Context())
				if err != nil {
					return err
				}
				found := false
				for _, one := range all {
					if one.Name == args[0] && !one.Withdrawn {
						found = true
						if err := l.Withdraw(cmd.Context(), operator(), one.Kind, one.Name, time.Now()); err != nil {
							return err
						}
					}
				}
				if !found {
					return errors.New(t.Text("list.withdraw.none", message.Args{"Name": args[0]}))
				}
				_, err = fmt.Fprintln(t.out, t.Text("list.withdraw.done", message.Args{"Name": args[0]}))
				return err
			})
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}

func newListPublished(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "published", Short: t.Text("list.published.short"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.withLists(cmd.Context(), data, func(s *store.Store, _ *lists.Lists) error {
				all, err := s.Lists(cmd.Context())
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, t.Text("list.published.head"))
				for _, one := range all {
					if !one.Withdrawn {
						fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", one.Name, one.Kind, one.Serial, humanize.IBytes(uint64(one.Size)), one.KeyID,
							one.Issued.Format("2006-01-02 15:04 MST"), oneLine(one.Author))
					}
				}
				return w.Flush()
			})
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}
