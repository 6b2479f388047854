package mask_test

import (
	"fmt"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/mask"
)

// What is found in a text is masked where it stands.
func ExampleText() {
	fmt.Println(mask.Text(detect.DefaultPack(), "联系电话：13826471905，身份证号：11010519491231002X"))
	// Output: 联系电话：138****1905，身份证号：110105********002X
}
