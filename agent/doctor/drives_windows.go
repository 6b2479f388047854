package doctor

import (
	"context"

	"github.com/trustline/trustline/agent/enforce/drives"
)

// readOnlyDrives asks for the attribute that makes drives read-only.
func readOnlyDrives(context.Context, *examination) finding {
	if err := drives.Try(); err != nil {
		return fail("refused", because(err))
	}
	return fine()
}
