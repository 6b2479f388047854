package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/exact"
	"github.com/trustline/trustline/rules/extract"
	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/rules/similar"
)

func newListShow(t *terminal) *cobra.Command {
	var key string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show FILE…", Short: t.Text("list.show.short"), Long: t.Text("list.show.long"), Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := t.readKey(key, false)
			if err != nil {
				return err
			}
			for _, path := range args {
				if err := t.showList(cmd.Context(), path, listfile.Ring{k}, asJSON); err != nil {
					return t.refused(path, err)
				}
			}
			return nil
		},
	}
	t.keyFlag(cmd, &key)
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("list.flag.json"))
	return cmd
}

func (t *terminal) showList(ctx context.Context, path string, keys listfile.Ring, asJSON bool) error {
	l, err := exact.Open(ctx, path, keys, 0)
	if errors.Is(err, listfile.ErrOtherKind) {
		x, err := similar.Open(ctx, path, keys, 0)
		if err != nil {
			return err
		}
		info := x.Info()
		if err := x.Close(); err != nil || asJSON {
			return errors.Join(err, json.NewEncoder(t.out).Encode(info))
		}
		_, err = fmt.Fprint(t.out, t.Text("list.show.documents", message.Args{"Name": info.Name, "Serial": info.Serial,
			"Created": info.Created.Format("2006-01-02 15:04 MST"), "Key": info.Key, "Documents": info.Documents, "Prints": info.Prints}))
		return err
	}
	if err != nil {
		return err
	}
	info := l.Info()
	if err := l.Close(); err != nil || asJSON {
		return errors.Join(err, json.NewEncoder(t.out).Encode(info))
	}
	fmt.Fprint(t.out, t.Text("list.show.people", message.Args{"Name": info.Name, "Serial": info.Serial,
		"Created": info.Created.Format("2006-01-02 15:04 MST"), "Key": info.Key, "Rows": info.Rows, "Cells": info.Cells, "Pairs": info.Pairs}))
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, c := range info.Columns {
		primary := ""
		if c.Primary {
			primary = t.Text("list.show.primary")
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", c.Kind, c.Name, primary)
	}
	return w.Flush()
}

// tried is what a file holds of the lists.
type tried struct {
	Path   string       `json:"path"`
	Reason rules.Reason `json:"reason,omitempty"`
	rules.Known
}

func newListTry(t *terminal) *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "try FILE…", Short: t.Text("list.try.short"), Long: t.Text("list.try.long"), Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			lists, err := rules.CheckLists(cmd.Context(), dir)
			if err != nil {
				return t.refused(dir, err)
			}
			if len(lists.Exact())+len(lists.Similar()) == 0 {
				return errors.New(t.Text("list.try.none", message.Args{"Path": dir}))
			}
			x := extract.New(extract.Options{})
			engine := rules.NewEngine(detect.DefaultPack(), rules.Limits{}).Isolated(x.Extract).With(lists)
			for _, path := range args {
				if err := t.try(cmd.Context(), engine, path, asJSON); err != nil {
					return errors.Join(err, x.Close())
				}
			}
			return x.Close()
		},
	}
	cmd.Flags().StringVar(&dir, "lists", ".", t.Text("list.try.flag.lists"))
	cmd.Flags().BoolVar(&asJSON, "json", false, t.Text("list.flag.json"))
	return cmd
}

func (t *terminal) try(ctx context.Context, engine *rules.Engine, path string, asJSON bool) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	c, err := engine.Scan(ctx, filepath.Base(path), f, info.Size())
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(t.out).Encode(tried{Path: path, Reason: c.Reason, Known: c.Known})
	}
	if c.Reason != "" {
		fmt.Fprintln(t.err, t.Text("list.fingerprint.skipped", message.Args{"Path": path, "Why": t.Text("list.why." + string(c.Reason))}))
	}
	if len(c.Known.Lists)+len(c.Known.Documents) == 0 {
		fmt.Fprintln(t.out, t.Text("list.try.nothing", message.Args{"Path": path}))
	}
	for _, m := range c.Known.Lists {
		fmt.Fprintln(t.out, t.Text("list.try.people", message.Args{"Path": path, "List": m.List, "One": m.People(1, nil), "Two": m.People(2, nil), "Three": m.People(3, nil)}))
	}
	for _, m := range c.Known.Documents {
		fmt.Fprintln(t.out, t.Text("list.try.document", message.Args{"Path": path, "Set": m.Set, "Document": m.Document, "Percent": int(100 * m.Share)}))
	}
	return nil
}
