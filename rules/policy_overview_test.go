package rules

import (
	"slices"
	"testing"

	"github.com/trustline/trustline/rules/activity"
)

func TestOverviewSaysWhereRulesApply(t *testing.T) {
	all := DefaultPolicy().Overview()
	byID := map[string]RuleOverview{}
	for _, r := range all {
		byID[r.ID] = r
	}
	r := byID["no-customer-list-on-removable-media"]
	if r.Action != Block || !slices.Equal(r.Channels, []activity.Channel{activity.RemovableMedia}) || r.Title["zh"] == "" || !slices.Contains(r.EmployeeMay, "masked-copy") {
		t.Errorf("%+v", r)
	}
	if r := byID["report-unreadable"]; len(r.Channels) != 3 {
		t.Errorf("%+v", r)
	}
}
