package redact_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/redact"
)

// The copy is a table as before, and nothing is found in it any more.
func Example() {
	list := "姓名,手机,备注\n王小明,13826471905,老客户\n李丽,13900139000,\n"
	pack := detect.DefaultPack()
	r := redact.New(rules.NewEngine(pack, rules.Limits{}), pack, redact.Limits{})
	if _, err := r.File(context.Background(), strings.NewReader(list), int64(len(list)), "customers.csv", os.Stdout); err != nil {
		fmt.Println(err) // a *redact.Refusal says why, in both languages
	}
	// Output:
	// 姓名,手机,备注
	// 王**,138****1905,老客户
	// 李*,139****9000,
}
