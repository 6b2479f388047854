//go:build !linux

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// newDemoCommand: the demo makes a stick out of a file, which takes Linux.
func newDemoCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: t.Text("demo.short"),
		Long:  t.Text("demo.long"),
		RunE:  func(*cobra.Command, []string) error { return errors.New(t.Text("demo.linux-only")) },
	}
}
