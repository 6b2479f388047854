package employee

import (
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/agent/cases"
)

func TestApprovalFollowsTheSteps(t *testing.T) {
	now := time.Now()
	later, before := now.Add(time.Hour), now.Add(-time.Hour)
	for name, c := range map[string]struct {
		steps []cases.Step
		state string
		left  int
	}{
		"nothing":          {nil, "", 0},
		"a masked copy":    {[]cases.Step{{What: cases.MaskedCopy}}, "", 0},
		"asked":            {[]cases.Step{{What: cases.Requested}}, waiting, 0},
		"given":            {[]cases.Step{{What: cases.Requested}, {What: cases.Granted, Until: later, Left: 3}}, holds, 3},
		"used":             {[]cases.Step{{What: cases.Granted, Until: later, Left: 3, Grant: "g"}, {What: cases.Used, Left: 2, Grant: "g"}}, holds, 2},
		"used up":          {[]cases.Step{{What: cases.Granted, Until: later, Left: 1}, {What: cases.Used, Grant: "g"}}, usedUp, 0},
		"another was used": {[]cases.Step{{What: cases.Granted, Until: later, Left: 1, Grant: "a"}, {What: cases.Used, Grant: "b"}}, holds, 1},
		"over":             {[]cases.Step{{What: cases.Granted, Until: before, Left: 3}}, expired, 3},
		"withdrawn":        {[]cases.Step{{What: cases.Granted, Until: later, Left: 3, Grant: "g"}, {What: cases.Withdrawn, Grant: "g"}}, withdrawn, 0},
		"refused":          {[]cases.Step{{What: cases.Requested}, {What: cases.Refused}}, denied, 0},
		"asked again":      {[]cases.Step{{What: cases.Refused}, {What: cases.Requested}}, waiting, 0},
		"for a reason":     {[]cases.Step{{What: cases.Justified, Until: later, Left: 1}}, holds, 1},
	} {
		a := approvalOf(c.steps, now)
		if c.state == "" {
			if a != nil {
				t.Errorf("%s: %+v", name, a)
			}
			continue
		}
		if a == nil || a.State != c.state || a.Left != c.left {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestHistoryShowsHowApprovalsStand(t *testing.T) {
	r := start(t, "zh")
	now := time.Now()
	old, recent := stopped("019a0000-0000-7000-8000-000000000002", "旧.csv"), stopped(firstCase, "新.csv")
	old.Notice.Time = now.Add(-time.Hour)
	until := now.Add(48 * time.Hour)
	old.Steps = []cases.Step{{What: cases.Requested, Time: now, Text: "审计"}, {What: cases.Granted, Time: now, Until: until, Left: 2}}
	old.Steps = append(old.Steps, cases.Step{What: cases.NotCovered, Time: now, Text: "more-people"})
	r.stub.list = []cases.Case{old, recent}
	v, page := r.visit(t, "", "")
	contains(t, page, "还可使用 2 次，有效期至 "+until.Local().Format("2006-01-02 15:04"), "您提交了审批申请", "尚未处理。", "已放行")
	contains(t, v.get("/case/"+old.Notice.ID), "文件中的客户数超出批准范围。", "<q>审计</q>", "求助信息", "编号 "+old.Notice.ID)
	newest, oldest := strings.Index(page.body, "新.csv"), strings.Index(page.body, "旧.csv")
	if newest < 0 || newest > oldest {
		t.Error("the newest does not come first")
	}
	r.stub.list = nil
	contains(t, v.get("/"), "没有被拦截的操作。")
}
