package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// asked runs a command that answers in JSON, however it ends. Wine at times ends a
// program on a busy machine that has not said a word; it is asked again.
func (w *windows) asked(answer any, args ...string) (out string) {
	w.t.Helper()
	var err error
	w.until(fmt.Sprintf("%s says something", args), func() bool {
		if out, err = w.try("wine", append([]string{`C:\trustline.exe`}, args...)...); out == "" {
			w.t.Logf("%s: %v, and not a word", args, err)
		}
		return out != ""
	})
	if at := strings.IndexByte(out, '{'); at < 0 || json.Unmarshal([]byte(out[at:]), answer) != nil {
		w.t.Fatalf("%s: %v: %q", args, err, out)
	}
	return out
}

// refuses: Wine knows disks by number and takes no attributes, and has no packet
// filter. What it refuses is an incident and a warning, and is called what it is.
func (w *windows) refuses() {
	w.t.Helper()
	w.until("the policy, the stick and the network are recorded", func() bool { return w.waiting() >= 3 })
	w.until("it is known that nothing is closed off", func() bool { return strings.Contains(w.said(), "warning=isolation-failing") })
	w.firstCaller()
	type warning struct{ Code, About string }
	var status struct {
		Healthy bool
		Status  struct {
			Guards   []struct{ MountPoint, State string }
			Warnings []warning
		}
	}
	out := w.asked(&status, "status", "--json")
	guards := status.Status.Guards
	if status.Healthy || len(guards) != 1 || guards[0].State != "failed" || guards[0].MountPoint != `E:\` {
		w.t.Errorf("status: %s", out)
	}
	for _, want := range []warning{{"drive-not-read-only", "E:"}, {"isolation-failing", ""}} {
		if !slices.Contains(status.Status.Warnings, want) {
			w.t.Errorf("no warning %s: %s", want.Code, out)
		}
	}
	if said := w.said(); strings.Contains(said, "disk is read-only") || !strings.Contains(said, "disk 1 is read-only") || strings.Contains(said, `msg="internal systems are closed off"`) {
		w.t.Errorf("the agent said: %s", said)
	}
}

// examined: doctor says what is missing, and a repair finds nothing of ours.
func (w *windows) examined() {
	w.t.Helper()
	type check struct{ ID, State string }
	type channel struct{ Channel, Enforcement string }
	var report struct {
		Checks   []check
		Channels []channel
	}
	out := w.asked(&report, "doctor", "--json")
	if !slices.Contains(report.Checks, check{"drives", "fail"}) || !slices.Contains(report.Checks, check{"firewall", "fail"}) || !slices.Contains(report.Channels, channel{"network", "none"}) {
		w.t.Errorf("doctor: %s", out)
	}
	said, err := w.try("wine", `C:\trustline.exe`, "doctor", "--repair")
	if err != nil || !strings.Contains(said, "Drives: none") || !strings.Contains(said, "Internal systems: nothing") {
		w.t.Errorf("repair: %v: %s", err, said)
	}
}
