//go:build !linux && !windows

package media

import (
	"context"
	"fmt"

	"github.com/shirou/gopsutil/v3/disk"

	"github.com/trustline/trustline/rules/activity"
)

// List answers the configured media that are mounted now. Recognising others
// is not supported on this system yet.
func (f *Finder) List(ctx context.Context) ([]Medium, error) {
	parts, err := disk.PartitionsWithContext(ctx, false)
	if err != nil {
		return nil, fmt.Errorf("list mounted file systems: %w", err)
	}
	var media []Medium
	for _, p := range parts {
		if f.configured(p.Mountpoint, p.Device) {
			media = append(media, Medium{MountPoint: p.Mountpoint, Why: "configured", Device: activity.Device{Node: p.Device, FileSystem: p.Fstype}})
		}
	}
	return media, nil
}

// Watch waits for the end of the context: this system reports no changes yet.
func Watch(ctx context.Context, changed func()) error {
	<-ctx.Done()
	return nil
}
