package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/trustline/trustline/rules/detect"
)

// TestEveryReasonHasItsText finds codes in the source that nobody could read.
func TestEveryReasonHasItsText(t *testing.T) {
	codes := map[string]bool{}
	collect := func(path, pattern string) {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(source), -1) {
			codes[m[1]] = true
		}
	}
	for _, folder := range []string{"detect", "custom"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(folder, err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				collect(f, `\bWhy\("([a-z-]+)"`)
			}
		}
	}
	collect("detect/why.go", `[:,] "([a-z-]+)"[,}]`) // its tables
	if len(codes) < 40 {
		t.Fatalf("only %d codes found: %v", len(codes), codes)
	}
	for code := range codes {
		en, knownEN := WhyText(detect.Why(code, "one", "two"), "en")
		zh, knownZH := WhyText(detect.Why(code, "one", "two"), "zh")
		if !knownEN || !knownZH || en == zh {
			t.Errorf("%s: %q %q", code, en, zh)
		}
	}
}

func TestReasonsAreReadInTheReadersLanguage(t *testing.T) {
	e := NewEngine(detect.NewPack(detect.Key{}), Limits{})
	text := "客户资料\n身份证号：11010519491231002X\n"
	c, err := e.Scan(t.Context(), "", strings.NewReader(text), int64(len(text)))
	if err != nil || len(c.Summary.Findings) != 1 {
		t.Fatalf("%+v %v", c, err)
	}
	for lang, want := range map[string]string{
		"zh": "18 位数字；校验码正确；区划 北京市朝阳区（110105）；出生日期有效（1949 年）；前 1 个字符处有“身份证号”字样",
		"en": "18 digits; checksum right; region 北京市朝阳区 (110105); date of birth real (1949); label 身份证号 1 characters before",
	} {
		got := WhyTexts(c.Summary.Findings[0].Reasons, lang)
		if got != want {
			t.Errorf("%s: %s", lang, got)
		}
		if strings.Contains(got, "1231") || strings.Contains(got, "002X") {
			t.Error("more is said than the masked excerpt shows")
		}
	}
	if got, known := WhyText("label 手机 3 characters before", "zh"); known || got != "label 手机 3 characters before" {
		t.Errorf("a sentence is no code: %q", got)
	}
}

// A reviewer reads whose card it is. The numbers are made up to fit Luhn.
func TestReasonsNameTheNetworkOfACard(t *testing.T) {
	e := NewEngine(detect.NewPack(detect.Key{}), Limits{})
	for card, want := range map[string]string{
		"6225880137546812": "UnionPay", "4929123412341238": "Visa", "5412751234123451": "Mastercard", "371234567890128": "American Express", "3541123412341237": "JCB", "6512341234123410": "Discover",
	} {
		card = withLuhn(card)
		text := "卡号：" + card + "\n"
		c, err := e.Scan(t.Context(), "", strings.NewReader(text), int64(len(text)))
		if err != nil || len(c.Summary.Findings) != 1 {
			t.Fatalf("%s: %+v %v", want, c.Summary, err)
		}
		if got := WhyTexts(c.Summary.Findings[0].Reasons, "en"); !strings.Contains(got, "card number of "+want) {
			t.Errorf("%s: %s", want, got)
		}
	}
}

// withLuhn puts the right last digit.
func withLuhn(card string) string {
	sum := 0
	for i := len(card) - 2; i >= 0; i-- {
		d := int(card[i] - '0')
		if (len(card)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return card[:len(card)-1] + string(rune('0'+(10-sum%10)%10))
}
