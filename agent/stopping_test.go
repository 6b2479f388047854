package agent

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/tenure"
	"github.com/trustline/trustline/grant"
	"github.com/trustline/trustline/uploader/incident"
)

// A code for stopping the service ends with its time, and with the next
// challenge, which takes its place.
func TestStopCodesEnd(t *testing.T) {
	o := newWorkplace(t, "")
	d, secret := o.agent.desk, bytes.Repeat([]byte{7}, 32)
	o.orders()
	ask := func() string {
		t.Helper()
		asked, err := d.stopChallenge(control.PermitStop)
		if err != nil {
			t.Fatal(err)
		}
		return grant.Code(secret, control.PermitStop, asked.Challenge)
	}
	first := ask()
	d.stopSpoken.at = time.Now().Add(-byPhone - time.Second)
	if err := d.stopCode(control.Stop{Permits: control.PermitStop, Code: first}); !errors.Is(err, control.RefusedCode) {
		t.Errorf("a code that is too old: %v", err)
	}
	second := ask()
	third := ask()
	if err := d.stopCode(control.Stop{Permits: control.PermitStop, Code: second}); !errors.Is(err, control.RefusedCode) {
		t.Errorf("a code for a challenge that another took the place of: %v", err)
	}
	if err := d.stopCode(control.Stop{Permits: control.PermitStop, Code: third}); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

// Whichever way the service ends, there is exactly one incident, which is that
// way's own, whether another version runs next or the same one.
func TestOneIncidentForEachEnd(t *testing.T) {
	stop := func(o *workplace, as tenure.Ending) {
		if err := errors.Join(tenure.Leave(o.agent.config.State, as), o.agent.end(o.t.Context())); err != nil {
			o.t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		end   func(*workplace)
		other bool // another version runs next
		want  []string
	}{
		"stopped":             {func(o *workplace) { stop(o, tenure.None) }, false, []string{"service-stopped"}},
		"with a code":         {func(o *workplace) { o.agent.desk.stopAllowed = time.Now(); stop(o, tenure.Removed) }, false, nil},
		"removed":             {func(o *workplace) { stop(o, tenure.Removed) }, true, []string{"service-removed"}},
		"upgraded":            {func(o *workplace) { stop(o, tenure.Upgraded) }, true, []string{codeUpgraded}},
		"as if for upgrading": {func(o *workplace) { stop(o, tenure.Upgraded) }, false, []string{codeUpgraded, "service-stopped"}},
		"killed":              {func(*workplace) {}, false, []string{"service-killed"}},
		"killed to upgrade":   {func(*workplace) {}, true, []string{codeUpgraded}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newWorkplace(t, "")
			o.agent.begin(t.Context())
			c.end(o)
			o.restart()
			if c.other {
				o.agent.version = "another"
			}
			o.agent.begin(t.Context())
			var said []string
			for _, i := range o.records {
				if said = append(said, i.Code); (i.Severity == incident.Low) != (i.Code == codeUpgraded) {
					t.Errorf("%s is %s", i.Code, i.Severity)
				}
			}
			if !slices.Equal(said, c.want) {
				t.Errorf("%q, want %q", said, c.want)
			}
		})
	}
}
