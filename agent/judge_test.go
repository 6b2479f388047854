package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/trustline/trustline/agent/guard"
	"github.com/trustline/trustline/agent/ledger"
	"github.com/trustline/trustline/agent/prompt"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
	"github.com/trustline/trustline/uploader/incident"
)

// trial is a judge whose records can be looked at.
type trial struct {
	*Judge
	mu      sync.Mutex
	records []incident.Incident
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	totals, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { totals.Close() })
	pack := detect.DefaultPack()
	d := &trial{}
	d.Judge = &Judge{
		Engine: rules.NewEngine(pack, rules.Limits{}), Pack: pack, Policy: rules.DefaultPolicy, Ledger: totals,
		Machine: incident.Machine{ID: "m", Name: "m", OS: "linux"}, Log: log,
		Tell: func(context.Context, incident.Incident, prompt.Words) {}, Scratch: t.TempDir(),
		Record: func(_ context.Context, all ...incident.Incident) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.records = append(d.records, all...)
			return nil
		},
	}
	return d
}

func copying(name string) activity.Activity {
	return activity.Activity{
		Channel: activity.RemovableMedia, Operation: activity.Write,
		Actor:       activity.Actor{UID: 65534, PID: 1, Program: "/usr/bin/cp"},
		Subject:     activity.Subject{Name: name},
		Destination: activity.Destination{Path: "/media/stick", Device: activity.Device{Serial: "S1"}},
	}
}

// write lets content through a judgement the way the guard does.
func (d *trial) write(name string, content []byte) guard.Verdict {
	j := d.Open(copying(name))
	defer j.Close()
	for p := content; len(p) > 0; {
		n := min(len(p), 4096)
		if v := j.Write(context.Background(), p[:n]); v == guard.Deny {
			return v
		}
		p = p[n:]
	}
	return j.Finish(context.Background(), bytes.NewReader(content), int64(len(content)), true)
}

func list(t *testing.T, people []synthetic.Person) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := synthetic.CSV(&b, people, "zh"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestListOfTwentyIsStoppedAndFewerReported(t *testing.T) {
	d := newTrial(t)
	g := synthetic.New(1)
	for _, c := range []struct {
		people int
		want   guard.Verdict
		action string
	}{{500, guard.Deny, "block"}, {20, guard.Deny, "block"}, {19, guard.Allow, "report"}, {5, guard.Allow, "report"}, {2, guard.Allow, ""}} {
		d.records = nil
		if got := d.write("list.csv", list(t, g.People(c.people))); got != c.want {
			t.Errorf("%d people: verdict %d, want %d", c.people, got, c.want)
		}
		switch {
		case c.action == "" && len(d.records) != 0:
			t.Errorf("%d people: recorded although nothing was to be", c.people)
		case c.action != "" && (len(d.records) != 1 || d.records[0].Decision.Action != c.action):
			t.Errorf("%d people: %d records, want one of %s", c.people, len(d.records), c.action)
		}
	}
}

func TestBigListIsStoppedBeforeItsEnd(t *testing.T) {
	d := newTrial(t)
	content := list(t, synthetic.New(2).People(5000))
	j := d.Open(copying("list.csv"))
	defer j.Close()
	for n := 0; n < len(content); n += 4096 {
		if j.Write(context.Background(), content[n:min(n+4096, len(content))]) == guard.Deny {
			if n > len(content)/3 {
				t.Errorf("stopped only after %d of %d bytes", n, len(content))
			}
			return
		}
	}
	t.Error("not stopped while it was written")
}

func TestPiecesAreStoppedAtTheRollingTotal(t *testing.T) {
	d := newTrial(t)
	g := synthetic.New(3)
	allowed := 0
	for range 20 {
		if d.write("piece.csv", list(t, g.People(19))) == guard.Allow {
			allowed++
		}
	}
	if allowed != 5 {
		t.Errorf("%d pieces of 19 people went through, want 5 (95 people)", allowed)
	}
	last := d.records[len(d.records)-1]
	if last.Decision.Reason != "rolling-total" || last.Decision.Action != "block" {
		t.Errorf("the last record says %s for %s", last.Decision.Action, last.Decision.Reason)
	}
}

func TestNamesThatHoldNumbersAreStopped(t *testing.T) {
	d := newTrial(t)
	for _, p := range synthetic.New(4).People(50) {
		for _, name := range []string{p.Mobile, p.ResidentID + ".pdf", "合同-" + p.Mobile + ".docx", "card_" + p.BankCard + "_v2.txt", "scan " + p.ResidentID} {
			a := copying(name)
			a.Operation = activity.Name
			if d.Name(context.Background(), a, name) != guard.Deny {
				t.Errorf("a name with a customer's number was allowed: %s", shape(name))
			}
		}
	}
	for _, name := range []string{"report-2026-11-23.pdf", "IMG_20261123_101112.jpg", "v1.2.3-rc4.tar.gz", "客户拜访计划.docx", "backup-1700000000.sql", "a.txt"} {
		a := copying(name)
		a.Operation = activity.Name
		if d.Name(context.Background(), a, name) != guard.Allow {
			t.Errorf("a harmless name was stopped: %s", name)
		}
	}
}

// shape shows a name without its digits.
func shape(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0'
		}
		return r
	}, name)
}

// Whatever stands in content, names and paths, a record holds none of it.
func TestRecordsHoldNothingReadable(t *testing.T) {
	d := newTrial(t)
	people := synthetic.New(5).People(60)
	for _, p := range people[:20] {
		a := copying("dir-" + p.Mobile + "/" + p.ResidentID + ".csv")
		a.Subject.Source = "/home/me/" + p.BankCard + "/list_" + p.Email + ".csv"
		j := d.Open(a)
		content := list(t, people)
		j.Write(context.Background(), content)
		j.Finish(context.Background(), bytes.NewReader(content), int64(len(content)), true)
		j.Close()
	}
	raw, err := json.Marshal(d.records)
	if err != nil || len(d.records) == 0 {
		t.Fatalf("no records: %v", err)
	}
	for n, p := range people {
		for what, value := range map[string]string{"mobile": p.Mobile, "id": p.ResidentID, "card": p.BankCard, "e-mail": p.Email, "landline": p.Landline, "address": p.Address} {
			if bytes.Contains(raw, []byte(value)) {
				t.Errorf("person %d: the %s stands in a record", n, what)
			}
		}
	}
}

func TestUnreadableIsNeverSilent(t *testing.T) {
	d := newTrial(t)
	// A zip whose one member is encrypted (general purpose flag, bit 0).
	zip := []byte("PK\x03\x04\x14\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00a.csv0123456789abcdef" +
		"PK\x01\x02\x14\x00\x14\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00a.csv" +
		"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\x33\x00\x00\x00\x33\x00\x00\x00\x00\x00")
	if d.write("a.zip", zip) != guard.Deny {
		t.Error("an encrypted archive was allowed")
	}
	if len(d.records) != 1 || d.records[0].Decision.Reason != "unreadable" {
		t.Errorf("%d records", len(d.records))
	}
}

// What totals are counted by, and what approvals name: not a name that a person
// can give to a share of their own.
func TestWhatADestinationIsKnownBy(t *testing.T) {
	stick, nas := activity.Device{Serial: "S1", Node: "/dev/sdb1"}, activity.Share{Name: "//nas/sales", Host: "nas", Proven: true}
	claimed := nas
	claimed.Proven = false
	for want, d := range map[string]activity.Destination{
		"S1":          {Path: "/media/me/STICK", Device: stick},
		"/dev/sdc1":   {Path: "/media/me/STICK", Device: activity.Device{Node: "/dev/sdc1"}},
		"//nas/sales": {Path: "/mnt/sales/2026", Share: nas},
		"/home/eve/x": {Path: "/home/eve/x", Share: claimed},
	} {
		if got := deviceKey(d); got != want {
			t.Errorf("%+v is known by %s, want %s", d, got, want)
		}
	}
}
