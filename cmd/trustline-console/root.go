package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/message/commandline"
)

//go:embed messages
var messages embed.FS

// version is set by the build with -ldflags "-X main.version=…".
var version = "dev"

// terminal is what a command needs of the world around it.
type terminal struct {
	out, err io.Writer
	*message.Printer
}

func execute(ctx context.Context, args []string) int {
	catalog, err := message.Load(messages)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	t := &terminal{out: os.Stdout, err: os.Stderr, Printer: catalog.Printer(message.FromEnvironment(os.Getenv))}
	root := &cobra.Command{
		Use: "trustline-console", Short: t.Text("root.short"), Long: t.Text("root.long"), Version: version,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.AddCommand(newServeCommand(t), newTokenCommand(t), newAccountCommand(t), newAuditCommand(t), newMachineCommand(t), newSpotCheckCommand(t), newPinCommand(t), newListCommand(t), commandline.Manual(version))
	words, err := commandline.Localize(root, t.Language())
	if err != nil {
		fmt.Fprintln(t.err, err)
		return 2
	}
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(t.err, t.Text("error", message.Args{"Error": words.Explain(err)}))
		return 2
	}
	return 0
}

// dataFlag adds --data, which every command needs.
func (t *terminal) dataFlag(cmd *cobra.Command, data *string) {
	cmd.Flags().StringVar(data, "data", "", t.Text("flag.data"))
	// The only error is a flag that does not exist.
	_ = cmd.MarkFlagRequired("data")
}
