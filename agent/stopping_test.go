package agent

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/grant"
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
