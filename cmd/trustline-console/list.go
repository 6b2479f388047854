package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/listfile"
	"github.com/trustline/trustline/rules/similar"
)

func newListCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: t.Text("list.short"), Long: t.Text("list.long"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	key := &cobra.Command{Use: "key", Short: t.Text("list.key.short"), Long: t.Text("list.key.long")}
	key.AddCommand(newListKeyCreate(t))
	cmd.AddCommand(key, newListBuild(t), newListFingerprint(t), newListShow(t), newListTry(t),
		newListPublish(t), newListWithdraw(t), newListPublished(t))
	return cmd
}

func newListKeyCreate(t *terminal) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "create", Short: t.Text("list.key.create.short"), Long: t.Text("list.key.create.long"), Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			stem, ok := strings.CutSuffix(out, ".key")
			if !ok || stem == "" {
				return errors.New(t.Text("list.key.out"))
			}
			k, err := listfile.NewKey()
			if err != nil {
				return err
			}
			endpoint := stem + ".endpoint.key"
			if err := t.writeKey(out, k); err != nil {
				return err
			}
			if err := t.writeKey(endpoint, k.Endpoint()); err != nil {
				return errors.Join(err, os.Remove(out))
			}
			_, err = fmt.Fprintln(t.out, t.Text("list.key.created", message.Args{"ID": k.ID(), "Signing": out, "Endpoint": endpoint}))
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "company.key", t.Text("list.key.flag.out"))
	return cmd
}

// writeKey never writes over a key: the lists made with it would be lost.
func (t *terminal) writeKey(path string, k *listfile.Key) error {
	text, err := k.MarshalText()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return errors.New(t.Text("list.key.exists", message.Args{"Path": path}))
	}
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}

// keyFlag adds --key, the key a list is made or opened with.
func (t *terminal) keyFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "key", "company.key", t.Text("list.flag.key"))
}

func (t *terminal) readKey(path string, signing bool) (*listfile.Key, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New(t.Text("list.key.none", message.Args{"Path": path}))
	}
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, 8<<10))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	k, err := listfile.ParseKey(text)
	switch {
	case err != nil:
		return nil, errors.New(t.Text("list.key.bad", message.Args{"Path": path}))
	case signing && !k.CanSign():
		return nil, errors.New(t.Text("list.key.endpoint", message.Args{"Path": path}))
	}
	return k, nil
}

// newList are the flags of what becomes a list.
type newList struct {
	name, key, out string
	serial         uint64
	json           bool
}

func (l *newList) flags(t *terminal, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.name, "name", "", t.Text("list.flag.name"))
	f.StringVar(&l.out, "out", "", t.Text("list.flag.out"))
	f.Uint64Var(&l.serial, "serial", 0, t.Text("list.flag.serial"))
	f.BoolVar(&l.json, "json", false, t.Text("list.flag.json"))
	t.keyFlag(cmd, &l.key)
}

// check fills in what was left out.
func (l *newList) check(t *terminal) (*listfile.Key, error) {
	if !listfile.ValidName(l.name) {
		return nil, errors.New(t.Text("list.name", message.Args{"Name": l.name}))
	}
	if l.out == "" {
		l.out = l.name + ".list"
	}
	if l.serial == 0 {
		l.serial = uint64(time.Now().Unix())
	}
	return t.readKey(l.key, true)
}

// refusals are the ways in which a list is refused, by the ids of their texts.
func (t *terminal) refused(path string, err error) error {
	for id, refusal := range map[string]error{
		"not-a-list": listfile.ErrNotAList, "cut": listfile.ErrCut, "too-large": listfile.ErrTooLarge, "format": listfile.ErrFormat,
		"keyless": listfile.ErrKeyless, "forged": listfile.ErrForged, "damaged": listfile.ErrDamaged, "replayed": listfile.ErrReplayed,
		"short": similar.ErrShort,
	} {
		if errors.Is(err, refusal) {
			return errors.New(t.Text("list.refused", message.Args{"Path": path, "Why": t.Text("list.refused." + id)}))
		}
	}
	return err
}

// bar shows progress on a terminal, and nothing elsewhere.
func (t *terminal) bar(text string, of int64, bytes bool) *progressbar.ProgressBar {
	w := io.Discard
	if f, ok := t.err.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		w = f
	}
	return progressbar.NewOptions64(of,
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(text), progressbar.OptionShowBytes(bytes),
		progressbar.OptionUseIECUnits(true), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(of > 0))
}
