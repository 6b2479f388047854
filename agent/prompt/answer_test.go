package prompt

import (
	"strings"
	"testing"

	"github.com/trustline/trustline/uploader/incident"
)

func TestWhatBecameOfARequestIsTold(t *testing.T) {
	for action, c := range map[string]struct{ title, body string }{
		Granted:   {"customers.csv: approved for SanDisk Ultra (BACKUP)", "You can copy it now"},
		Refused:   {"customers.csv: not approved for SanDisk Ultra (BACKUP)", "They say: ask the owner"},
		Destroyed: {"customers.csv: destroyed by order of the security team", "They say: ask the owner"},
		Withdrawn: {"customers.csv: the approval for SanDisk Ultra (BACKUP) was withdrawn", "They say: ask the owner"},
	} {
		n := notice(t, nil)
		n.Action, n.Words = action, Words{}
		if action != Granted {
			n.Words.Message = map[string]string{"en": "ask the owner", "zh": "请询问数据负责人"}
		}
		wire, err := n.wire(0)
		if err != nil {
			t.Fatal(err)
		}
		if n, err = fromWire(wire); err != nil {
			t.Fatal(err)
		}
		text := render(printer(t, "en"), n, 0)
		if text.Title != c.title || !strings.Contains(text.Body(), c.body) || strings.Contains(text.Body(), "1,500") {
			t.Errorf("%s: %q %q", action, text.Title, text.Body())
		}
		if zh := render(printer(t, "zh"), n, 0); zh.Title == text.Title || strings.Contains(zh.Body(), "They say") {
			t.Errorf("%s: %q %q", action, zh.Title, zh.Body())
		}
	}
}

func TestADriveThatIsReadOnlyIsTold(t *testing.T) {
	n := Notice{ID: "1", Action: Closed, Channel: "removable-media", Medium: "Kingston DT", EmployeeMay: []string{"request-approval"}, Words: Words{Title: map[string]string{"en": "Lists stay here", "zh": "名单不得外传"}}}
	text := render(printer(t, "en"), n, 0)
	if want := "Files on it can be opened, but nothing can be copied to it.\nWhat you can do: request approval from the security team.\nCompany rule: Lists stay here"; text.Title != "Kingston DT is read-only on this computer" || text.Body() != want {
		t.Errorf("%q %q", text.Title, text.Body())
	}
	if zh := render(printer(t, "zh"), n, 0); zh.Title != "“Kingston DT”在此电脑上为只读" || !strings.Contains(zh.Body(), "向安全团队申请审批") {
		t.Errorf("%q %q", zh.Title, zh.Body())
	}
	n.Action = Granted
	if text := render(printer(t, "en"), n, 0); text.Title != "Your request: approved for Kingston DT" {
		t.Errorf("%q", text.Title)
	}
}

func TestAReasonIsOfferedWhereItHelps(t *testing.T) {
	n := notice(t, func(i *incident.Incident) { i.Decision.Action = "justify" })
	if body := render(printer(t, "en"), n, 0).Body(); !strings.Contains(body, "give the reason and go on") {
		t.Errorf("%q", body)
	}
	if body := render(printer(t, "en"), notice(t, nil), 0).Body(); strings.Contains(body, "give the reason") {
		t.Errorf("%q", body)
	}
}
