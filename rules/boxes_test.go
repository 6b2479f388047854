package rules

import (
	"context"
	"testing"

	"github.com/trustline/trustline/rules/custom"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
)

// TestBoxesOfFormsAreReadByAll: a number in the boxes of a form is one for the
// company's lists and detectors as well.
func TestBoxesOfFormsAreReadByAll(t *testing.T) {
	dir, _, crm, _ := listDir(t)
	lists, err := OpenLists(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	set, err := custom.Compile([]custom.Detector{{Class: "contract", Pattern: `88\d{14}`, Anchors: []string{"88"}}})
	if err != nil {
		t.Fatal(err)
	}
	form := func(label, number string) (cells []extract.Cell) {
		cells = append(cells, extract.Cell{Column: 0, Text: []byte(label)})
		for i := range number {
			cells = append(cells, extract.Cell{Column: 1 + i, Text: []byte(number[i : i+1])})
		}
		return cells
	}
	look := look{Scanner: detect.NewScanner(detect.DefaultPack(), detect.Limits{}), known: lists.matcher(), custom: set.NewMatcher()}
	look.begin("form")
	look.row(1, []extract.Cell{{Column: 0, Text: []byte("姓名")}, {Column: 1, Text: []byte(crm[20].Name)}})
	look.row(2, form("手机", crm[20].Mobile))
	look.row(3, form("卡号", "8812345678901234"))
	look.row(4, form("第几题", "8812345678901234"))
	summary, known := look.close()
	q := &question{Content: Content{Known: known}}
	if n := (exactCondition{list: "crm", fields: 2}).people(q); n != 1 {
		t.Errorf("%d people of the list", n)
	}
	found := 0
	for _, c := range summary.Classes {
		if c.Class == "contract" {
			found = c.Count
		}
	}
	if found != 1 {
		t.Errorf("%d contracts, want the one that is asked for", found)
	}
}
