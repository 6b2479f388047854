package detect

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

// pretty prints JSON a value in each line.
func pretty(t *testing.T, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

type object = map[string]any

// A row of JSON over many lines is one under the words of the first array,
// however the text is cut.
func TestRowsOfJSON(t *testing.T) {
	people := synthetic.New(83).People(40)
	var rows, nameless, index []any
	for i, p := range people {
		rows = append(rows, []any{p.Name, json.Number(p.Mobile), p.ResidentID, nil})
		nameless = append(nameless, object{"f1": p.Mobile, "f2": p.ResidentID, "f3": i})
		index = append(index, i)
	}
	for range 60 {
		index = append(index, 7)
	}
	words := []string{"姓名", "手机号", "身份证号", "备注"}
	split := fmt.Sprintf("{\n  \"columns\": %s,\n  \"index\": %s,\n  \"data\": %s}\n", pretty(t, words), pretty(t, index), pretty(t, rows))
	for name, text := range map[string]string{
		"columns and rows": pretty(t, object{"columns": words, "rows": rows}),
		"in English":       pretty(t, object{"columns": []string{"name", "mobile", "id_card", "note"}, "rows": rows}),
		"headings first":   pretty(t, append([]any{words}, rows...)),
		"split":            split,
		"returns":          strings.ReplaceAll(split, "\n", "\r\n"),
		"without headings": pretty(t, object{"data": rows}),
		"nameless keys":    pretty(t, nameless),
	} {
		for _, cut := range []int{1, 7, 100, len(text)} {
			got := scanInPieces(text, cut)
			if got.People < 39 || got.People > 40 {
				t.Errorf("%s, cut every %d: %d people of 40", name, cut, got.People)
			}
			for _, f := range got.Findings {
				if value := text[f.Offset : f.Offset+int64(f.Length)]; f.Class == CNMobile && (len(value) != 11 || value[0] != '1') {
					t.Fatalf("%s: a number is said to stand at %d: %q", name, f.Offset, value)
				}
				if line := strings.Count(text[:f.Offset], "\n") + 1; f.Line > line || f.Line < line-5 {
					t.Fatalf("%s: line %d is said to be %d", name, line, f.Line)
				}
			}
		}
	}
}

// What a column or a key says of numbers is not overheard, and long or odd
// arrays end in time.
func TestNoRowsOfJSON(t *testing.T) {
	people := synthetic.New(84).People(40)
	var orders, lists []any
	for _, p := range people {
		orders = append(orders, object{"订单号": p.Mobile, "sku": "A-1", "f": 3})
		lists = append(lists, []any{3, 5, "A-1", 2024})
	}
	for name, text := range map[string]string{
		"orders":      pretty(t, orders),
		"coordinates": pretty(t, object{"columns": []string{"x", "y", "z", "t"}, "rows": lists}),
		"open":        "[\n" + strings.Repeat("  [\n", 100_000),
		"long":        "[\n  [\n" + strings.Repeat("    1,\n", 100_000) + "  ]\n]\n",
		"no end":      "{\n  \"columns\": [\n    \"姓名\",\n    \"手机号\"",
	} {
		if got := peopleIn(text); got != 0 {
			t.Errorf("%s: %d people", name, got)
		}
	}
}
