package rules_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
)

// rowTricks carry numbers past a scanner without a label, in lists and among
// other numbers.
func rowTricks(t *testing.T, records [][]string) map[string]trick {
	mobiles, cards := column(records, detect.CNMobile), column(records, detect.BankCard)
	mobile := func(name string, content string) trick {
		return trick{name: name, content: []byte(content), values: detect.CNMobile}
	}
	card := func(name string, content string) trick {
		return trick{name: name, content: []byte(content), values: detect.BankCard}
	}
	signs := func(sign string) trick { return trick{name: "a.csv", content: rewritten(t, records, grouped(sign))} }
	return map[string]trick{
		"low lines in numbers":             signs("_"),
		"stars in numbers":                 signs("*"),
		"points in numbers":                signs("."),
		"thousands in numbers":             signs("'"),
		"numbers in one line":              mobile("a.txt", strings.Join(mobiles, ";")),
		"numbers in one line, labelled":    mobile("a.txt", "手机号："+strings.Join(mobiles, ",")),
		"an array of numbers":              mobile("a.json", "["+strings.Join(mobiles, ",")+"]"),
		"cards in one line":                card("a.txt", strings.Join(cards, "；")),
		"numbers two a line":               mobile("a.txt", inPairs(mobiles)),
		"numbers among others":             mobile("a.csv", amongOthers("", mobiles)),
		"cards among others":               card("a.csv", amongOthers("", cards)),
		"numbers under a harmless heading": mobile("a.csv", amongOthers("序号,内容,合计\n", mobiles)),
		"cards called something else":      card("a.csv", amongOthers("序号,编号,合计\n", cards)),
	}
}

// column answers the mobile numbers or cards of a list.
func column(records [][]string, c detect.Class) (values []string) {
	for i, heading := range records[0] {
		first := records[1][i]
		if c == detect.CNMobile && len(first) == 11 && first[0] == '1' || c == detect.BankCard && strings.Contains(heading, "卡") {
			for _, r := range records[1:] {
				values = append(values, r[i])
			}
		}
	}
	return values
}

func inPairs(values []string) string {
	var b strings.Builder
	for i, v := range values {
		b.WriteString(v + ",\n"[i%2:i%2+1])
	}
	return b.String()
}

// amongOthers writes values between other numbers.
func amongOthers(headings string, values []string) string {
	b := bytes.NewBufferString(headings)
	for i, v := range values {
		fmt.Fprintf(b, "%d,%s,%d\n", i, v, 300+17*i)
	}
	return b.String()
}
