package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/message/commandline"
)

//go:embed messages
var messages embed.FS

// Exit codes every command keeps.
const (
	exitOK    = 0
	exitFound = 1 // scan: something sensitive
	exitError = 2 // something could not be done, or the call was wrong
)

// version is set by the build with -ldflags "-X main.version=…".
var version = "dev"

// exitStatus is an error that only carries an exit code: what there was to say
// has been said.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// terminal is what a command needs of the world around it.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	*message.Printer
}

func execute(ctx context.Context, args []string) int {
	catalog, err := message.Load(messages)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitError
	}
	t := &terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, Printer: catalog.Printer(message.FromEnvironment(os.Getenv))}
	root := newRoot(t)
	words, err := commandline.Localize(root, t.Language())
	if err != nil {
		fmt.Fprintln(t.err, err)
		return exitError
	}
	root.SetArgs(args)
	err = root.ExecuteContext(ctx)
	var status exitStatus
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	default:
		fmt.Fprintln(t.err, t.Text("error", message.Args{"Error": words.Explain(err)}))
		return exitError
	}
}

func newRoot(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:           "trustline",
		Short:         t.Text("root.short"),
		Long:          t.Text("root.long"),
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	// One line per command, in the order help shows them.
	root.AddCommand(
		newDemoCommand(t),
		newGuardCommand(t),
		newRunCommand(t),
		newWorkerCommand(t),
		newScanCommand(t),
		newMaskCommand(t),
		newStatusCommand(t),
		newSessionCommand(t), newConfigureCommand(t), newReleaseCommand(t), newLeavingCommand(t), newClearCommand(t),
		newPageCommand(t),
		newDoctorCommand(t),
		newEnrolCommand(t),
		newInstallCommand(t),
		newUninstallCommand(t),
		newStartCommand(t),
		newStopCommand(t),
		newPolicyCommand(t),
		newNetworkCommand(t),
		newSupportBundleCommand(t),
		newQuarantineCommand(t),
		newDiscoveryCommand(t),
		commandline.Manual(version),
	)
	return root
}
