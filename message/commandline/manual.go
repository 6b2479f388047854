package commandline

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// Manual writes the manual pages that packages ship, as of the time that
// SOURCE_DATE_EPOCH says; it is for those who build packages, and therefore not
// shown.
func Manual(version string) *cobra.Command {
	return &cobra.Command{
		Use:    "manual DIR",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			built := time.Unix(0, 0)
			if epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
				built = time.Unix(epoch, 0)
			}
			built = built.UTC()
			cmd.Root().DisableAutoGenTag = true
			err := doc.GenManTree(cmd.Root(), &doc.GenManHeader{Section: "1", Source: "Trustline " + version, Date: &built}, args[0])
			if err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			return nil
		},
	}
}
