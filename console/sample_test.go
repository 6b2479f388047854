package console_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// sample makes incidents of generated people as agents would send them.
type sample struct {
	people *synthetic.Generator
	rand   *rand.Rand
}

func machineID(n int) string { return fmt.Sprintf("0190aaaa-bbbb-7ccc-8ddd-%012d", n) }

func newSample() *sample {
	return &sample{people: synthetic.New(7), rand: rand.New(rand.NewPCG(7, 7))}
}

const longName = "/media/华东区二〇二六年第三季度重点客户名单与回访记录（含联系方式，内部资料，严禁外传）最终版_修订_第十二稿_请勿转发_给市场部审阅用.xlsx"

var files = []string{
	"/media/USB/customers.csv", longName, "/media/USB/客户名单.xlsx", "/media/USB/Q3 renewals.docx",
	"/media/USB/export_2026-11-23T081500_crm_full_dump_with_all_columns_and_archived_accounts.part-0001.csv.zip", "/media/USB/邀请函/名单-138****1234.txt",
}

func (s *sample) incident(t *testing.T, n int, at time.Time) incident.Incident {
	t.Helper()
	kind := incident.Activity
	if n%12 == 11 {
		kind = incident.Agent
	}
	i, err := incident.New(kind, at)
	if err != nil {
		t.Fatal(err)
	}
	i.Severity = []incident.Severity{incident.High, incident.Medium, incident.Critical, incident.Low}[n%4]
	machine := n % 7
	i.Machine = incident.Machine{ID: machineID(machine), Name: []string{"sales-ws-01", "sales-ws-02", "ops-laptop-7", "财务-笔记本-03", "sh-desk-114", "bj-call-center-workstation-0042", "hr-ws-2"}[machine], OS: "linux"}
	if kind == incident.Agent {
		s.agent(&i, n)
		return i
	}
	s.activity(&i, n)
	return i
}

func (s *sample) agent(i *incident.Incident, n int) {
	i.Code = []string{"policy-broken", "medium-unguarded", "spool-merged", "guard-lost", "from-the-future"}[n/12%5]
	i.Detail = map[string]string{"problem": "line 12: action: \"blok\" is not an action", "mountPoint": "/media/USB"}
}

func (s *sample) activity(i *incident.Incident, n int) {
	i.Person = incident.Person{User: []string{"zhang.wei", "li.na", "wang.fang", "陈静", "j.smith"}[n%5], UID: 1000 + n%5}
	i.Program = incident.Program{Path: []string{"/usr/bin/cp", "/usr/bin/rsync", "/usr/bin/nautilus", "/usr/lib/libreoffice/program/soffice.bin"}[n%4], PID: 4000 + n}
	i.Channel, i.Operation = "removable-media", "write"
	i.File = incident.File{Name: files[n%len(files)], Source: "/home/user/文档/客户/2026", Size: int64(1000 + s.rand.IntN(9_000_000)), Type: "text/csv"}
	i.Destination = incident.Destination{Path: files[n%len(files)], Device: "/dev/sdb1", Bus: "usb", Vendor: "SanDisk", Model: "Ultra Fit", Serial: "4C530001230101117352", Label: "USB", FileSystem: "exfat"}
	if n%9 == 4 {
		i.Destination = incident.Destination{Path: "/media/备份盘", Label: "备份盘"}
	}
	i.Program.Proven = n%4 != 2
	if n%9 == 7 {
		i.Channel = "network-share"
		i.Destination = incident.Destination{Path: "/mnt/sales/2026", Share: "//nas.corp.example/sales", Host: "nas.corp.example", ShareProven: n%2 == 0}
	}
	i.Decision = incident.Decision{Action: "block", Rule: "no-customer-list-on-removable-media", Reason: "class", PolicyVersion: "3+a1b2c3d4", PolicyClasses: []string{"customer-list"}, Outcome: incident.Prevented}
	i.Content = incident.Content{Status: "sensitive", People: 5 + s.rand.IntN(500)}
	switch n % 6 {
	case 1:
		i.Decision.Action, i.Decision.Would, i.Decision.Outcome = "report", "block", incident.Reported
	case 2:
		i.Decision.Outcome = incident.Undone
	case 3:
		i.Decision.Rule, i.Decision.Reason, i.Decision.PolicyClasses = "unreadable-on-removable-media", "unreadable", nil
		i.Content = incident.Content{Status: "unreadable", Reason: "encrypted"}
		return
	case 4:
		i.Decision.Action, i.Decision.Outcome, i.Count, i.Until = "report", incident.Reported, 1240, i.Time.Add(time.Hour)
	case 5:
		i.Decision.Reason, i.Content.Rolling = "rolling-total", i.Content.People+321
	}
	s.found(i)
}

func (s *sample) found(i *incident.Incident) {
	for row := range 3 {
		p := s.people.Person()
		where := fmt.Sprintf("line %d", row+2)
		i.Content.Matches = append(i.Content.Matches,
			incident.Match{Class: "person-name", Masked: detect.Mask(detect.PersonName, p.Name), Location: where, Confidence: 0.85, Reasons: []string{"begins with a family name", "column heading 姓名", "beside other data of a person"}},
			incident.Match{Class: "cn-mobile", Masked: detect.Mask(detect.CNMobile, p.Mobile), Location: where, Confidence: 0.97, Reasons: []string{"11 digits", "11 digits, prefix assigned to mobile numbers", "label 手机 3 characters before"}},
			incident.Match{Class: "cn-resident-id", Masked: detect.Mask(detect.CNResidentID, p.ResidentID), Location: "客户.xlsx in 全部.zip, Sheet1!D" + fmt.Sprint(row+2), Confidence: 0.99, Reasons: []string{"checksum right", "region 上海市 (310000)", "date of birth real", "but among other numbers"}},
		)
	}
	for _, id := range []string{"cn-mobile", "cn-resident-id", "person-name"} {
		i.Content.Classes = append(i.Content.Classes, incident.Class{ID: id, Count: i.Content.People + 3, Distinct: i.Content.People, Confidence: 0.97})
	}
}

func (s *sample) heartbeat(n int, now time.Time) incident.Heartbeat {
	h := incident.Heartbeat{
		Schema: 1, Time: now, Version: "0.1.0", Started: now.Add(-time.Hour), Mode: "enforce", Policy: "3+a1b2c3d4", Media: n % 3,
		Machine: incident.Machine{ID: machineID(n), Name: []string{"sales-ws-01", "sales-ws-02", "ops-laptop-7", "财务-笔记本-03"}[n%4], OS: "linux"},
	}
	switch n {
	case 1:
		h.Mode, h.Waiting, h.Oldest = "report-only", 217, now.Add(-time.Hour)
		h.Warnings = []incident.Warning{{Code: "console-unreachable", Severity: incident.Medium, Since: now}, {Code: "from-the-future", Severity: incident.Low, Since: now}}
	case 2:
		h.Unguarded = 1
		h.Capabilities = map[string]string{"removable-media": "prevented", "clipboard": "undone", "network": "reported", "print": "none"}
		h.Warnings = []incident.Warning{{Code: "medium-unguarded", Severity: incident.High, Since: now}, {Code: "policy-broken", Severity: incident.High, Since: now}}
	}
	return h
}
