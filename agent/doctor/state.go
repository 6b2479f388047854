package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"
	"github.com/shirou/gopsutil/v3/disk"

	"github.com/trustline/trustline/message"
)

// Space the service needs for the copies it looks at and for incidents, bytes.
const (
	scarce    = 1 << 30
	tooLittle = 128 << 20
)

// state looks at the folder of the service's data.
func state(ctx context.Context, e *examination) finding {
	args := message.Args{"Path": e.State}
	info, err := os.Stat(e.State)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return roomFor(ctx, existing(e.State), args, warn("missing", args))
	case errors.Is(err, fs.ErrPermission):
		return warn("not-root", args)
	case err != nil:
		return fail("unusable", args, because(err))
	case !info.IsDir():
		return fail("not-a-folder", args)
	case openToOthers(info):
		return fail("open", args, message.Args{"Mode": info.Mode().Perm().String()})
	}
	probe, err := os.CreateTemp(e.State, ".doctor-*")
	if err != nil {
		if errors.Is(err, fs.ErrPermission) && !privileged() {
			return warn("not-root", args)
		}
		return fail("unusable", args, because(err))
	}
	_, err = probe.WriteString("doctor")
	if err = errors.Join(err, probe.Sync(), probe.Close(), os.Remove(probe.Name())); err != nil {
		return fail("unusable", args, because(err))
	}
	return roomFor(ctx, e.State, args, fine(args))
}

// existing answers the folder itself or the nearest above it that there is.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || filepath.Dir(path) == path {
			return path
		}
		path = filepath.Dir(path)
	}
}

// roomFor answers otherwise, unless there is too little room.
func roomFor(ctx context.Context, path string, args message.Args, otherwise finding) finding {
	usage, err := disk.UsageWithContext(ctx, path)
	if err != nil {
		return fail("unusable", args, because(err))
	}
	args["Free"] = humanize.IBytes(usage.Free)
	switch {
	case usage.Free < tooLittle:
		return fail("full", args)
	case usage.Free < scarce:
		return warn("scarce", args)
	}
	otherwise.args["Free"] = args["Free"]
	return otherwise
}
