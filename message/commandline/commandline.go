// Package commandline gives the frame of a command line (usage, help,
// completion, and what is wrong with a call) in the language of whoever types
// it. It never decides what a command does.
package commandline

import (
	"embed"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/trustline/trustline/message"
)

//go:embed messages
var messages embed.FS

// Words are cobra's own texts in one language.
type Words struct{ *message.Printer }

// Localize has root and all commands below it, which must be there by now,
// speak the language ("zh", "en").
func Localize(root *cobra.Command, language string) (Words, error) {
	catalog, err := message.Load(messages)
	if err != nil {
		return Words{}, err
	}
	w := Words{catalog.Printer(language)}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.InitDefaultVersionFlag()
	root.SetUsageFunc(func(c *cobra.Command) error { return w.usage(c.OutOrStderr(), c) })
	w.name(root)
	return w, nil
}

// name gives everything that cobra made below c its texts.
func (w Words) name(c *cobra.Command) {
	c.InitDefaultHelpFlag()
	for _, flag := range []string{"help", "version", "no-descriptions"} {
		if f := c.Flags().Lookup(flag); f != nil {
			f.Usage = w.Text("flag."+flag, message.Args{"Command": c.CommandPath()})
		}
	}
	program := message.Args{"Program": c.Root().Name(), "Shell": c.Name()}
	switch {
	case c.Name() == "help" && c.Parent() == c.Root():
		c.Use, c.DisableFlagsInUseLine = "help "+w.Text("usage.of-command"), true
		c.Short, c.Long = w.Text("help.short"), w.Text("help.long", program)
	case c.Name() == "completion" && c.Parent() == c.Root():
		c.Short, c.Long = w.Text("completion.short"), w.Text("completion.long", program)
	case c.HasParent() && c.Parent().Name() == "completion":
		c.Short, c.Long = w.Text("completion.shell.short", program), w.Text("completion."+c.Name(), program)
	}
	for _, below := range c.Commands() {
		w.name(below)
	}
}

// usage says how c is called: what help shows below its description.
func (w Words) usage(out io.Writer, c *cobra.Command) error {
	var b strings.Builder
	section := func(title string, lines ...string) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintln(&b, w.Text("usage."+title))
		for _, l := range lines {
			fmt.Fprintln(&b, strings.TrimRight(l, " \n"))
		}
	}
	var calls, below []string
	if c.Runnable() {
		calls = append(calls, "  "+strings.Replace(c.UseLine(), "[flags]", w.Text("usage.of-flags"), 1))
	}
	if c.HasAvailableSubCommands() {
		calls = append(calls, "  "+c.CommandPath()+" "+w.Text("usage.of-command"))
	}
	section("calls", calls...)
	if c.HasExample() {
		section("examples", c.Example)
	}
	for _, s := range c.Commands() {
		if s.IsAvailableCommand() || s.Name() == "help" {
			below = append(below, fmt.Sprintf("  %-*s %s", s.NamePadding(), s.Name(), s.Short))
		}
	}
	if len(below) > 0 {
		section("commands", below...)
	}
	if c.HasAvailableLocalFlags() {
		section("flags", w.flags(c.LocalFlags()))
	}
	if c.HasAvailableInheritedFlags() {
		section("inherited", w.flags(c.InheritedFlags()))
	}
	if len(below) > 0 {
		fmt.Fprintf(&b, "\n%s\n", w.Text("usage.more", message.Args{"Command": c.CommandPath()}))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

var byDefault = regexp.MustCompile(`(?m) \(default (.*)\)$`)

func (w Words) flags(set *pflag.FlagSet) string {
	return byDefault.ReplaceAllString(set.FlagUsages(), w.Text("usage.default"))
}
