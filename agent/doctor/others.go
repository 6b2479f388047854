package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/shirou/gopsutil/v3/process"

	"github.com/trustline/trustline/message"
)

// rivals are programs that also decide about media or about opening files:
// process name, cut at 15 bytes as Linux does, to product.
var rivals = map[string]string{
	"usbguard-daemon": "USBGuard",
	"fapolicyd":       "fapolicyd",
	"clamonacc":       "ClamAV on-access scanning",
	"edpa.exe":        "Symantec DLP",
	"fcag.exe":        "Trellix DLP",
	"dserui.exe":      "Forcepoint DLP",
}

// others looks for programs whose decisions get in the way of ours.
func others(ctx context.Context, _ *examination) finding {
	processes, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return warn("unknown", because(err))
	}
	var names []string
	for _, p := range processes {
		name, err := p.NameWithContext(ctx)
		if err != nil { // ended meanwhile
			continue
		}
		if product, ok := rivals[name]; ok && !slices.Contains(names, product) {
			names = append(names, product)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		return warn("found", message.Args{"Names": strings.Join(names, ", ")})
	}
	return fine()
}
