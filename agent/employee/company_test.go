package employee

import (
	"testing"

	"github.com/trustline/trustline/agent/cases"
)

func TestCompany(t *testing.T) {
	company := cases.Company{
		Policy: "Sales", Version: "2026-03", Enforced: true, Channels: []string{"removable-media", "print"},
		Rules: []cases.Rule{
			{ID: "no-list", Title: map[string]string{"zh": "客户名单不得复制到移动存储介质"}, Action: "block", EmployeeMay: []string{"masked-copy", "request-approval"}},
			{ID: "<b>later</b>", Action: "report"},
		},
	}
	en := start(t, "en")
	en.stub.company = company
	v, _ := en.visit(t, "", "")
	contains(t, v.get("/company"), "Policy “Sales”, version 2026-03.", "It is enforced.", "Removable medium, Printer", "客户名单不得复制到移动存储介质",
		"&lt;b&gt;later&lt;/b&gt;", "You may then: Save a masked copy, Request approval.", "does not record keys",
		"Rules below look at what is copied to removable media", "No rule here looks at this: it is left to you.", `<a href="/company" aria-current="page">`)
	zh := start(t, "zh")
	company.Enforced = false
	zh.stub.company = company
	v, _ = zh.visit(t, "", "")
	contains(t, v.get("/company"), "策略“Sales”，版本 2026-03。", "仅观察，不拦截任何操作。", "移动存储介质、打印机", "此时您可以：另存脱敏副本、申请审批。", "信守不记录按键", "“三不”在这里的含义", "下列规则会检查复制到移动存储介质的内容", "由您自觉遵守")
}
