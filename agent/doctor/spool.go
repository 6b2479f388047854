package doctor

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/uploader/spool"
)

// SpoolFolder is where the spool is, in the folder of the service's data.
const SpoolFolder = "spool"

// waitsLong is how long an incident may wait before something must be wrong.
const waitsLong = time.Hour

// spooled looks at what waits to be sent.
func spooled(_ context.Context, e *examination) finding {
	c, err := spool.Inspect(filepath.Join(e.State, SpoolFolder))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return found(OK, "none", nil)
	case errors.Is(err, fs.ErrPermission):
		return warn("not-root")
	case err != nil:
		return fail("unusable", because(err))
	}
	args := message.Args{
		"Waiting": c.Waiting, "Size": humanize.IBytes(uint64(c.Bytes)), "Damaged": c.Damaged, "Refused": c.Refused,
		"Oldest": c.Oldest.Local().Format("2006-01-02 15:04"), "Path": filepath.Join(e.State, SpoolFolder),
	}
	switch {
	case c.Damaged > 0:
		return warn("damaged", args)
	case c.Refused > 0:
		return warn("refused", args)
	case c.Waiting > 0 && e.Console != nil && time.Since(c.Oldest) > waitsLong:
		return warn("stuck", args)
	case c.Waiting == 0:
		return found(OK, "empty", nil)
	}
	return fine(args)
}
