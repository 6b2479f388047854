package prompt

import (
	"strings"
	"testing"
	"time"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/uploader/incident"
)

// ruleWords is what the policy of these tests says.
var ruleWords = Words{Title: map[string]string{"en": "No customer lists on removable media", "zh": "客户名单不得复制到移动介质"}}

// blocked is a customer list that was stopped on its way to a stick.
func blocked() incident.Incident {
	return incident.Incident{
		Schema: 1, ID: "019a0000-0000-7000-8000-000000000001", Time: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		Kind: incident.Activity, Severity: incident.High, Count: 1,
		Person:  incident.Person{User: "lin", UID: 1000},
		Channel: "removable-media", Operation: "write",
		File:        incident.File{Name: "reports/customers.csv", Size: 41000},
		Destination: incident.Destination{Path: "/media/lin/BACKUP", Vendor: "SanDisk ", Model: "Ultra", Label: "BACKUP"},
		Decision: incident.Decision{
			Action: "block", Rule: "no-customer-list", Reason: "class", Outcome: incident.Prevented,
			EmployeeMay: []string{"masked-copy", "request-approval"},
		},
		Content: incident.Content{
			Status: "sensitive", People: 1500,
			Classes: []incident.Class{{ID: "cn-mobile"}, {ID: "cn-resident-id"}, {ID: "email"}, {ID: "person-name"}},
			Matches: []incident.Match{
				{Class: "cn-mobile", Masked: "138****1234"}, {Class: "cn-mobile", Masked: "139****0000"},
				{Class: "person-name", Masked: "张*"},
			},
		},
	}
}

func printer(t *testing.T, language string) *message.Printer {
	t.Helper()
	catalog, err := message.Load(messages)
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Printer(language)
}

func notice(t *testing.T, change func(*incident.Incident)) Notice {
	t.Helper()
	i := blocked()
	if change != nil {
		change(&i)
	}
	n, ok := FromIncident(i, ruleWords)
	if !ok {
		t.Fatal("nobody would be told")
	}
	return n
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*incident.Incident)
		more   int
		en, zh string // the whole text
	}{
		{
			name: "block",
			en: "customers.csv: not copied to SanDisk Ultra (BACKUP)\n" +
				"It contains details of 1,500 customers (name, mobile number, resident ID, e-mail), e.g. 张*, 138****1234. Nothing was copied.\n" +
				"What you can do: use a masked copy, or request approval from the security team.\n" +
				"Company rule: No customer lists on removable media",
			zh: "“customers.csv”未能复制到“SanDisk Ultra (BACKUP)”\n" +
				"文件中含有 1,500 位客户的信息（姓名、手机号码、居民身份证号、电子邮箱），例如：张*、138****1234。没有任何内容被复制。\n" +
				"您可以：改用脱敏副本，或向安全团队申请审批。\n" +
				"公司规定：客户名单不得复制到移动介质",
		},
		{
			name: "block, many files, nothing to choose",
			change: func(i *incident.Incident) {
				i.Decision.EmployeeMay = nil
				i.Destination.Vendor, i.Destination.Model = "", ""
			},
			more: 12,
			en: "customers.csv and 12 more files: not copied to BACKUP\n" +
				"The last of them contains details of 1,500 customers (name, mobile number, resident ID, e-mail), e.g. 张*, 138****1234. Nothing was copied.\n" +
				"If you need it there, please contact the security team.\n" +
				"Company rule: No customer lists on removable media",
			zh: "“customers.csv”等 13 个文件未能复制到“BACKUP”\n" +
				"其中最后一个文件含有 1,500 位客户的信息（姓名、手机号码、居民身份证号、电子邮箱），例如：张*、138****1234。没有任何内容被复制。\n" +
				"如确有需要，请联系公司安全团队。\n" +
				"公司规定：客户名单不得复制到移动介质",
		},
		{
			name:   "taken back: never claims that nothing was copied",
			change: func(i *incident.Incident) { i.Decision.Outcome = incident.Undone },
			en: "customers.csv: taken back from SanDisk Ultra (BACKUP)\n" +
				"It contains details of 1,500 customers (name, mobile number, resident ID, e-mail), e.g. 张*, 138****1234. It had been copied and was taken back.\n" +
				"What you can do: use a masked copy, or request approval from the security team.\n" +
				"Company rule: No customer lists on removable media",
			zh: "“customers.csv”已从“SanDisk Ultra (BACKUP)”收回\n" +
				"文件中含有 1,500 位客户的信息（姓名、手机号码、居民身份证号、电子邮箱），例如：张*、138****1234。文件已被复制，随后已收回。\n" +
				"您可以：改用脱敏副本，或向安全团队申请审批。\n" +
				"公司规定：客户名单不得复制到移动介质",
		},
		{
			name: "warned, one customer",
			change: func(i *incident.Incident) {
				i.Decision.Action, i.Decision.Outcome, i.Content.People = "warn", incident.Reported, 1
			},
			en: "customers.csv: please check the copy on SanDisk Ultra (BACKUP)\n" +
				"It contains details of a customer (name, mobile number, resident ID, e-mail), e.g. 张*, 138****1234. It was copied, and the security team can see that.\n" +
				"Please make sure that it is really needed there, and delete it when it no longer is.\n" +
				"Company rule: No customer lists on removable media",
			zh: "请确认复制到“SanDisk Ultra (BACKUP)”的“customers.csv”\n" +
				"文件中含有 1 位客户的信息（姓名、手机号码、居民身份证号、电子邮箱），例如：张*、138****1234。文件已复制，安全团队可以看到此次操作。\n" +
				"请确认确有需要，用完后请及时删除。\n" +
				"公司规定：客户名单不得复制到移动介质",
		},
		{
			name: "rolling total",
			change: func(i *incident.Incident) {
				i.Decision.Reason, i.Content.People, i.Content.Rolling = "rolling-total", 19, 209
				i.Content.Matches = nil
			},
			en: "customers.csv: not copied to SanDisk Ultra (BACKUP)\n" +
				"It contains details of 19 customers (name, mobile number, resident ID, e-mail). Together with what was copied before, SanDisk Ultra (BACKUP) would hold details of 209 customers. Nothing was copied.\n" +
				"What you can do: use a masked copy, or request approval from the security team.\n" +
				"Company rule: No customer lists on removable media",
			zh: "“customers.csv”未能复制到“SanDisk Ultra (BACKUP)”\n" +
				"文件中含有 19 位客户的信息（姓名、手机号码、居民身份证号、电子邮箱）。加上此前复制的内容，“SanDisk Ultra (BACKUP)”上将有 209 位客户的信息。没有任何内容被复制。\n" +
				"您可以：改用脱敏副本，或向安全团队申请审批。\n" +
				"公司规定：客户名单不得复制到移动介质",
		},
		{
			name: "encrypted archive on an unnamed medium",
			change: func(i *incident.Incident) {
				i.Decision.Reason, i.Decision.EmployeeMay = "unreadable", []string{"request-approval"}
				i.Content = incident.Content{Status: "unreadable", Reason: "encrypted"}
				i.File.Name, i.Destination = "archive.zip", incident.Destination{Path: "/"}
			},
			en: "archive.zip: not copied to the removable medium\n" +
				"It is encrypted, so nobody can check whether customer information is in it. Nothing was copied.\n" +
				"Without encryption it can be checked and, if harmless, copied. What you can do: request approval from the security team.\n" +
				"Company rule: No customer lists on removable media",
			zh: "“archive.zip”未能复制到移动存储介质\n" +
				"文件已加密，无法检查其中是否含有客户信息。没有任何内容被复制。\n" +
				"取消加密后即可检查，不含客户信息的文件可以正常复制。您可以：向安全团队申请审批。\n" +
				"公司规定：客户名单不得复制到移动介质",
		},
		{
			name:   "forbidden whatever is in it",
			change: func(i *incident.Incident) { i.Decision.Reason = "activity" },
			en: "customers.csv: not copied to SanDisk Ultra (BACKUP)\n" +
				"Company rules do not allow this copy. Nothing was copied.\n" +
				"What you can do: use a masked copy, or request approval from the security team.\n" +
				"Company rule: No customer lists on removable media",
			zh: "“customers.csv”未能复制到“SanDisk Ultra (BACKUP)”\n" +
				"公司规定不允许进行此复制。没有任何内容被复制。\n" +
				"您可以：改用脱敏副本，或向安全团队申请审批。\n" +
				"公司规定：客户名单不得复制到移动介质",
		},
		{
			name: "customer data in the name, no records",
			change: func(i *incident.Incident) {
				i.Operation, i.Content.People, i.File.Name = "name", 0, "138****1234.txt"
				i.Content.Classes, i.Content.Matches = i.Content.Classes[:1], i.Content.Matches[:1]
			},
			en: "138****1234.txt: not copied to SanDisk Ultra (BACKUP)\n" +
				"Its name contains customer information (mobile number), e.g. 138****1234. Nothing was copied.\n" +
				"What you can do: use a masked copy, or request approval from the security team.\n" +
				"Company rule: No customer lists on removable media",
			zh: "“138****1234.txt”未能复制到“SanDisk Ultra (BACKUP)”\n" +
				"文件名中含有客户信息（手机号码），例如：138****1234。没有任何内容被复制。\n" +
				"您可以：改用脱敏副本，或向安全团队申请审批。\n" +
				"公司规定：客户名单不得复制到移动介质",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for language, want := range map[string]string{"en": c.en, "zh": c.zh} {
				text := render(printer(t, language), notice(t, c.change), c.more)
				if got := text.Title + "\n" + text.Body(); got != want {
					t.Errorf("%s: got\n%s\nwant\n%s", language, got, want)
				}
			}
		})
	}
}

func TestThePolicysOwnWords(t *testing.T) {
	n, _ := FromIncident(blocked(), Words{
		Title:   map[string]string{"zh": "只有中文"},
		Message: map[string]string{"en": "Use the file server:\n\x1b[1mit is encrypted.", "zh": "请使用文件服务器。"},
	})
	for language, want := range map[string]string{
		"en": "security team.\nUse the file server: �[1mit is encrypted.\nCompany rule: 只有中文",
		"zh": "申请审批。\n请使用文件服务器。\n公司规定：只有中文",
	} {
		if body := render(printer(t, language), n, 0).Body(); !strings.HasSuffix(body, want) {
			t.Errorf("%s: got\n%s\nwant at its end\n%s", language, body, want)
		}
	}
}

func TestNobodyIsToldAboutReports(t *testing.T) {
	for name, change := range map[string]func(*incident.Incident){
		"allowed":     func(i *incident.Incident) { i.Decision.Action = "allow" },
		"reported":    func(i *incident.Incident) { i.Decision.Action = "report" },
		"report-only": func(i *incident.Incident) { i.Decision.Action, i.Decision.Would = "report", "block" },
		"agent":       func(i *incident.Incident) { i.Kind, i.Code = incident.Agent, "policy-broken" },
		"unknown":     func(i *incident.Incident) { i.Decision.Action = "something-new" },
	} {
		i := blocked()
		change(&i)
		if _, ok := FromIncident(i, Words{}); ok {
			t.Errorf("%s: somebody would be told", name)
		}
	}
}
