package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/console/account"
	"github.com/trustline/trustline/console/store"
	"github.com/trustline/trustline/message"
)

func newAccountCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "account", Short: t.Text("account.short"), Long: t.Text("account.long")}
	cmd.AddCommand(newAccountCreate(t), newAccountList(t), newAccountPassword(t), newAccountRemove(t))
	return cmd
}

// newAccountCreate makes an account and prints a password made for it: nobody
// chooses a weak one, and none stands in a shell's history.
func newAccountCreate(t *terminal) *cobra.Command {
	var data, name, role string
	cmd := &cobra.Command{
		Use: "create", Short: t.Text("account.create.short"), Long: t.Text("account.create.long"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			name = strings.TrimSpace(name)
			switch {
			case utf8.RuneCountInString(name) < 1 || utf8.RuneCountInString(name) > 64:
				return errors.New(t.Text("account.name"))
			case role != store.RoleReviewer && role != store.RoleAdministrator:
				return errors.New(t.Text("account.role"))
			}
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			password, hash, err := madePassword(cmd.Context())
			if err == nil {
				_, err = s.AddAccount(cmd.Context(), operator(), store.Account{Name: name, Role: role, Password: hash}, time.Now())
			}
			if errors.Is(err, store.ErrTaken) {
				err = errors.New(t.Text("account.taken", message.Args{"Name": name}))
			}
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(t.out, password)
			return err
		},
	}
	t.dataFlag(cmd, &data)
	cmd.Flags().StringVar(&name, "name", "", t.Text("account.flag.name"))
	cmd.Flags().StringVar(&role, "role", store.RoleReviewer, t.Text("account.flag.role"))
	return cmd
}

func newAccountList(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "list", Short: t.Text("account.list.short"), Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			all, err := s.Accounts(cmd.Context())
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, t.Text("account.list.head"))
			for _, a := range all {
				fmt.Fprintf(w, "%s\t%s\n", oneLine(a.Name), a.Role)
			}
			return w.Flush()
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}

// newAccountPassword makes a password for somebody who has forgotten theirs.
func newAccountPassword(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "password NAME", Short: t.Text("account.password.short"), Long: t.Text("account.password.long"), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			a, err := s.Account(cmd.Context(), strings.TrimSpace(args[0]))
			before, password := a.Password, ""
			if err == nil {
				password, a.Password, err = madePassword(cmd.Context())
			}
			if err == nil {
				err = s.SetPassword(cmd.Context(), operator(), a, before, time.Now())
			}
			if errors.Is(err, store.ErrNotFound) {
				err = errors.New(t.Text("account.unknown", message.Args{"Name": args[0]}))
			}
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(t.out, password)
			return err
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}

// madePassword answers a password that nobody chose, and its hash.
func madePassword(ctx context.Context) (password, hash string, err error) {
	password = rand.Text()
	hash, err = account.NewPasswords(1).Hash(ctx, password)
	return password, hash, err
}

func newAccountRemove(t *terminal) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: "remove NAME", Short: t.Text("account.remove.short"), Long: t.Text("account.remove.long"), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := t.openData(cmd.Context(), data)
			if err != nil {
				return err
			}
			err = s.RemoveAccount(cmd.Context(), operator(), args[0], time.Now())
			switch {
			case errors.Is(err, store.ErrNotFound):
				err = errors.New(t.Text("account.unknown", message.Args{"Name": args[0]}))
			case errors.Is(err, store.ErrLast):
				err = errors.New(t.Text("account.last"))
			}
			if err := errors.Join(err, s.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(t.out, t.Text("account.remove.done", message.Args{"Name": args[0]}))
			return err
		},
	}
	t.dataFlag(cmd, &data)
	return cmd
}
