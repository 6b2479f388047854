package store

import (
	"slices"
	"testing"

	"github.com/trustline/trustline/uploader/incident"
)

func TestOlder(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"1.2.3", "1.2.4", true}, {"1.9.0", "1.10.0", true}, {"1.2.3", "1.2.3+5.gabc", true}, {"v1.2.3", "1.3.0", true},
		{"1.2.3", "1.2.3", false}, {"1.2.4", "1.2.3", false}, {"dev", "1.2.3", false}, {"1.2.3", "dev", false}, {"", "1.0.0", false},
		{"1.2.3+5.gabc", "1.2.3+11.gdef", true}, {"1.2.3+x.y", "1.2.4", false}, {"1.2", "1.2.3", false},
	} {
		if got := older(c.a, c.b); got != c.want {
			t.Errorf("%q older than %q: %t", c.a, c.b, got)
		}
	}
}

func TestDeclined(t *testing.T) {
	beat := func(version string, channels map[string]string) incident.Heartbeat {
		return incident.Heartbeat{Version: version, Capabilities: channels}
	}
	full := beat("1.3.0", map[string]string{"removable-media": "prevented", "clipboard": "undone"})
	best := abilities{}.with(full)
	for name, c := range map[string]struct {
		now  incident.Heartbeat
		want []Declined
	}{
		"the same":              {full, nil},
		"more":                  {beat("1.4.0", map[string]string{"removable-media": "prevented", "clipboard": "prevented", "network": "prevented"}), nil},
		"an older version":      {beat("1.2.9", full.Capabilities), []Declined{{"", "1.3.0", "1.2.9"}}},
		"of before it was told": {beat("1.3.0", nil), nil},
		"less on two channels": {beat("1.3.0", map[string]string{"removable-media": "none", "clipboard": "reported"}),
			[]Declined{{"clipboard", "undone", "reported"}, {"removable-media", "prevented", "none"}}},
		"a word nobody knows": {beat("1.3.0", map[string]string{"removable-media": "perfect"}), []Declined{{"removable-media", "prevented", "perfect"}}},
	} {
		if got := best.declined(c.now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if after := best.with(beat("1.2.9", map[string]string{"removable-media": "none", "clipboard": "prevented"})); after.Version != "1.3.0" ||
		after.Channels["removable-media"] != "prevented" || after.Channels["clipboard"] != "prevented" {
		t.Errorf("the best is forgotten: %+v", after)
	}
}
