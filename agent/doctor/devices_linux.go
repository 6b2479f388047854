package doctor

import (
	"context"
	"os"
)

// devices looks for what udev knows about devices: vendor, model and serial
// number of a stick. Without it sysfs tells most, but not all.
func devices(context.Context, *examination) finding {
	if _, err := os.ReadDir("/sys/block"); err != nil {
		return fail("no-sysfs", because(err))
	}
	known, err := os.ReadDir("/run/udev/data")
	if err != nil || len(known) == 0 {
		return warn("no-udev")
	}
	return fine()
}
