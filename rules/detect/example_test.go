package detect_test

import (
	"fmt"
	"io"
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

// Text arrives cut anywhere; people are rows with two or more kinds of data.
func ExampleScanner() {
	text := strings.NewReader("姓名,手机\n王小明,13826471905\n李丽,13900139000\n")
	s := detect.NewScanner(detect.DefaultPack(), detect.Limits{})
	s.Begin("customers.csv")
	if _, err := io.Copy(s, text); err != nil {
		fmt.Println(err)
		return
	}
	found := s.Close()
	fmt.Println(found.People, "people")
	for _, c := range found.Classes {
		fmt.Println(c.Class, c.Distinct)
	}
	// Output:
	// 2 people
	// cn-mobile 2
	// person-name 2
}
