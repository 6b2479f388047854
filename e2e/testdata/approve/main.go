// Command approve approves a request for a few seconds, which no page offers:
// tests do not wait for hours. It uses the console's own data beside it.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/trustline/trustline/console/signer"
	"github.com/trustline/trustline/console/store"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "approve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, data, request, within string) error {
	d, err := time.ParseDuration(within)
	if err != nil {
		return err
	}
	key, err := signer.Load(data)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, data)
	if err != nil {
		return err
	}
	defer s.Close()
	accounts, err := s.Accounts(ctx)
	if err != nil || len(accounts) == 0 {
		return fmt.Errorf("no account: %w", err)
	}
	r, err := s.Request(ctx, request)
	if err != nil {
		return err
	}
	_, err = s.Approve(ctx, key.Key(), accounts[0], request, store.Terms{People: r.People, Uses: 2, Days: 1, Within: d}, r.People+1, time.Now())
	return err
}
