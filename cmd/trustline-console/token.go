package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/message"
)

func newTokenCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: t.Text("token.short"), Long: t.Text("token.long")}
	cmd.AddCommand(newTokenCreate(t), newTokenList(t), newTokenRevoke(t))
	return cmd
}

// openData opens the data of a console that has been started before: a typing
// mistake must not make a new, empty one.
func (t *terminal) openData(ctx context.Context, data string) (*store.Store, error) {
	if _, err := os.Stat(filepath.Join(data, "console.db")); err != nil {
		return nil, errors.New(t.Text("data.none", message.Args{"Data": data}))
	}
	return store.Open(ctx, data)
}

func newTokenCreate(t *terminal) *cobra.Command {
	var data, expires string
	var n newToken
	cmd := &cobra.Command{
		Use: "create", Short: t.Text("token.create.short"), Long: t.Text("token.create.long"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := t.checkToken(&n, cmd.Flags().Changed("uses")); err != nil {
				return err
			}
			if n.kind == store.TokenEnrol && !cmd.Flags().Changed("expires") {
				expires = enrolFor
			}
			until, err := t.expiry(expires)
			if err != nil {
				return err
			}
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			secret, err := n.create(cmd.Context(), s, until)
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(t.out, secret)
			return err
		},
	}
	t.dataFlag(cmd, &data)
	cmd.Flags().StringVar(&n.name, "name", "", t.Text("token.flag.name"))
	cmd.Flags().StringVar(&n.kind, "kind", store.TokenAPI, t.Text("token.flag.kind"))
	cmd.Flags().IntVar(&n.uses, "uses", 1, t.Text("token.flag.uses"))
	cmd.Flags().StringVar(&expires, "expires", "", t.Text("token.flag.expires", message.Args{"Enrol": enrolFor}))
	return cmd
}

// enrolFor is how long a token of kind enrol works where nobody says.
const enrolFor = "7d"

// newToken is what a token is made from.
type newToken struct {
	name, kind string
	uses       int
}

func (t *terminal) checkToken(n *newToken, counted bool) error {
	if n.name = strings.TrimSpace(n.name); n.name == "" || len(n.name) > 100 {
		return errors.New(t.Text("token.name"))
	}
	switch {
	case n.kind != store.TokenAPI && n.kind != store.TokenEnrol:
		return errors.New(t.Text("token.kind", message.Args{"Kind": n.kind}))
	case n.kind == store.TokenAPI && counted, n.uses < 1, n.uses > store.MaxUses:
		return errors.New(t.Text("token.uses", message.Args{"Most": store.MaxUses}))
	}
	return nil
}

func (n newToken) create(ctx context.Context, s *store.Store, until time.Time) (secret string, err error) {
	if n.kind == store.TokenEnrol {
		return s.CreateEnrolToken(ctx, n.name, n.uses, time.Now(), until)
	}
	return s.CreateToken(ctx, n.name, n.kind, time.Now(), until)
}

// expiry reads "90d" or what time.ParseDuration reads; "" is never.
func (t *terminal) expiry(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d <= 0 || d > 100*365*24*time.Hour {
		return time.Time{}, errors.New(t.Text("token.expires", message.Args{"Given": s}))
	}
	return time.Now().Add(d), nil
}

func newTokenList(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "list", Short: t.Text("token.list.short"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			list, err := s.Tokens(cmd.Context())
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, t.Text("token.list.head"))
			for _, k := range list {
				used := "-"
				if k.Kind == store.TokenEnrol {
					used = fmt.Sprintf("%d/%d", k.Spent, k.Uses)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Kind, day(k.Created), day(k.Expires), used, t.state(k))
			}
			return w.Flush()
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}

func (t *terminal) state(k store.Token) string {
	switch {
	case k.Revoked:
		return t.Text("token.revoked")
	case !k.Expires.IsZero() && k.Expires.Before(time.Now()):
		return t.Text("token.expired")
	case k.Kind == store.TokenEnrol && k.Spent >= k.Uses:
		return t.Text("token.spent")
	}
	return t.Text("token.valid")
}

func day(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.Format(time.DateOnly)
}

func newTokenRevoke(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "revoke ID|NAME", Short: t.Text("token.revoke.short"), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			n, err := s.RevokeToken(cmd.Context(), args[0], time.Now())
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			if n == 0 {
				return errors.New(t.Text("token.unknown", message.Args{"Given": args[0]}))
			}
			_, err = fmt.Fprintln(t.out, t.Text("token.ended", message.Args{"Count": n}))
			return err
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}
