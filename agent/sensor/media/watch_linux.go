package media

import (
	"context"

	"github.com/trustline/trustline/agent/sensor/mounts"
)

// Watch calls changed once when it has begun to watch, and then whenever the
// mount table changes, until the context ends. It sleeps in between.
func Watch(ctx context.Context, changed func()) error { return mounts.Watch(ctx, changed) }
