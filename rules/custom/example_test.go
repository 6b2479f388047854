package custom_test

import (
	"fmt"

	"github.com/trustline/trustline/rules/custom"
)

// A company's own words, and the numbers of its own forms.
func Example() {
	set, err := custom.Compile([]custom.Detector{
		{Class: "project", Words: []string{"凤凰", "Blue Falcon"}},
		{Class: "contract", Pattern: `HT-\d{8}`, Anchors: []string{"HT-"}, Near: []string{"合同"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := set.NewMatcher()
	m.Begin("")
	m.Write([]byte("凤凰项目的合同编号：ＨＴ-20261129"))
	for _, c := range m.Close().Classes {
		fmt.Printf("%s %d (%.2f)\n", c.Class, c.Count, c.Confidence)
	}
	// Output:
	// contract 1 (0.95)
	// project 1 (0.90)
}
