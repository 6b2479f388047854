package redact

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/trustline/trustline/rules"
)

// ownData is a policy with data of a company's own, and kinds that are looked
// for because it counts them.
const ownData = `version: "1"
detectors:
  - id: order
    name: {en: Order, zh: 订单}
    pattern: 'SO-\d{4}-(\d{6})'
    anchor: SO-
    near: [订单号, order]
  - id: remark
    name: {en: Remark, zh: 备注}
    words: [老客户, Blue Falcon]
classes:
  - id: own
    any:
      - count: {class: order, at-least: 1}
      - count: {class: remark, at-least: 1}
      - count: {class: secret, at-least: 1}
      - count: {class: ip-address, at-least: 1}
rules:
  - id: stays
    title: {en: It stays, zh: 不得外传}
    when: {class: own, channel: removable-media}
    action: block
`

var ownEngine = func() *rules.Engine {
	p, err := rules.ParsePolicy("own.yaml", []byte(ownData))
	if err != nil {
		panic(err)
	}
	return engine.For(p)
}()

// maskOwn masks with what the policy asks for, and makes sure that nothing of
// it is found in the copy.
func maskOwn(t fataler, name string, content []byte) ([]byte, Report) {
	var out bytes.Buffer
	report, err := New(ownEngine, pack, Limits{}).File(context.Background(), bytes.NewReader(content), int64(len(content)), name, &out)
	if err != nil {
		t.Fatal(name, err)
	}
	after, err := ownEngine.Scan(context.Background(), "", bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || len(after.Summary.Classes) > 0 || after.Reason != "" {
		t.Fatal(name, "found again:", after.Summary.Classes, after.Reason, err)
	}
	return out.Bytes(), report
}

// checkOwn masks a list of any shape with a policy's own detectors.
func (l list) checkOwn(t *rapid.T, name string, content []byte, text func([]byte) string) {
	before, err := ownEngine.Scan(t.Context(), "", bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	out, report := maskOwn(t, name, content)
	shown := text(out)
	for _, c := range before.Summary.Classes {
		masked := 0
		for _, m := range report.Masked {
			if m.Class == c.Class {
				masked = m.Count
			}
		}
		if masked < c.Distinct {
			t.Fatalf("%s: %s: %d masked of %d", name, c.Class, masked, c.Distinct)
		}
	}
	for _, own := range []string{"SO-2026-000123", "老客户"} {
		found := own == "老客户" || strings.Contains(text(content), "订单号")
		if found && strings.Contains(shown, own) {
			t.Fatalf("%s: %s is still there", name, own)
		}
	}
}

func TestDataOfACompanysOwnIsMasked(t *testing.T) {
	const line = "订单号 SO-2026-000123，ＢＬＵＥ　falcon 与 blue falcon，server ip: 10.20.30.40，next day."
	for name, content := range map[string][]byte{
		"text.txt":  []byte(strings.Repeat(line+"\n", 3)),
		"gbk.txt":   encoded(t, gb18030, line),
		"list.csv":  []byte("订单号,备注,n\nSO-2026-000123,Blue Falcon,1\nSO-2026-000124,none,2\n"),
		"book.xlsx": zipped(t, bookParts(`<sheetData>`+cells(1, 0, 1)+cells(2, 2, 3)+`</sheetData>`, "订单号", "备注", "SO-2026-000123", "for Blue Falcon only")),
		"text.docx": zipped(t, wordParts(para(run("订单号 SO-20"), run("26-000123, Blue"), run(" Falcon"))+para(run("next day")))),
	} {
		out, report := maskOwn(t, name, content)
		if name == "text.txt" {
			want := strings.Repeat("订单号 SO-2026-******，*********** 与 ***********，server ip: ***********，next day.\n", 3)
			if string(out) != want {
				t.Errorf("%s became\n%s", name, out)
			}
		}
		counts := fmt.Sprint(report.Masked)
		if !strings.Contains(counts, "{order ") || !strings.Contains(counts, "{remark ") {
			t.Errorf("%s: masked %s", name, counts)
		}
	}
}

// TestOwnDataAcrossBatches: what a batch parts, and what only its heading
// tells, is masked to the end of a long file.
func TestOwnDataAcrossBatches(t *testing.T) {
	var b strings.Builder
	b.WriteString("订单号,备注\n")
	for i := range 80_000 {
		fmt.Fprintf(&b, "SO-2026-%06d,nothing to say here\n", i)
	}
	out, report := maskOwn(t, "list.csv", []byte(b.String()))
	if n := bytes.Count(out, []byte("SO-2026-******,nothing")); n != 80_000 || len(report.Masked) != 1 || report.Masked[0].Count < 80_000 {
		t.Errorf("%d of 80000 masked, told %v", n, report.Masked)
	}
}
