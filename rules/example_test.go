package rules_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/activity"
	"github.com/trustline/trustline/rules/detect"
)

// Content is looked at, and a policy decides what becomes of a copy of it.
func Example() {
	text := "客户资料\n身份证号：11010519491231002X\n"
	engine := rules.NewEngine(detect.DefaultPack(), rules.Limits{})
	content, err := engine.Scan(context.Background(), "客户.txt", strings.NewReader(text), int64(len(text)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range content.Summary.Findings {
		fmt.Printf("%s, line %d: %s (%.2f)\n", rules.ClassName(f.Class, "en"), f.Line, f.Masked, f.Confidence)
		fmt.Println(rules.WhyTexts(f.Reasons, "en"))
		fmt.Println(rules.WhyTexts(f.Reasons, "zh"))
	}

	policy, err := rules.ParsePolicy("policy.yaml", []byte(`
version: 1
classes: [{id: ids, any: [{count: {class: cn-resident-id, at-least: 1}}]}]
rules: [{id: ids-stay, title: Identity numbers stay, when: {class: ids, channel: removable-media}, action: block}]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	decision := rules.Decide(policy, activity.Activity{Channel: activity.RemovableMedia}, content, rules.Context{})
	fmt.Println(decision.Action, "by", decision.Rule)
	// Output:
	// resident ID, line 2: 110105********002X (0.99)
	// 18 digits; checksum right; region 北京市朝阳区 (110105); date of birth real (1949); label 身份证号 1 characters before
	// 18 位数字；校验码正确；区划 北京市朝阳区（110105）；出生日期有效（1949 年）；前 1 个字符处有“身份证号”字样
	// block by ids-stay
}
