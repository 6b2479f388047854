package detect

import (
	"strings"
	"testing"
)

// Under a heading and behind a label digits count however they are parted.
func TestSpacedNumbers(t *testing.T) {
	for _, c := range []struct {
		class          Class
		heading, value string
		hit            bool
	}{
		{CNMobile, "手机号", "1 3 9 1 2 3 4 5 6 7 8", true},
		{CNMobile, "手机号", "1.3.9.1.2.3.4.5.6.7.8", true},
		{CNMobile, "手机号", "139_1234_5678", true},
		{CNMobile, "手机号", "139*1234*5678", true},
		{CNMobile, "手机号", "139·1234·5678", true},
		{CNMobile, "手机号", "13;912;345;678", true},
		{CNMobile, "手机号", "13912345678.0", true},
		{CNMobile, "手机号", "13912345678.00", true},
		{BankCard, "卡号", "6222.0212.3456.7890.128", true},
		{BankCard, "卡号", "6_2_2_2_0_2_1_2_3_4_5_6_7_8_9_0_1_2_8", true},
		{CNResidentID, "身份证号", "1-1-0-1-0-5-1-9-4-9-1-2-3-1-0-0-2-X", true},
		{CNResidentID, "身份证号", "110105/19491231/002x", true},

		{CNMobile, "手机号", "13912345678.5", false},
		{CNMobile, "手机号", "1  3  9  1  2  3  4  5  6  7  8", false},
		{CNMobile, "手机号", "1390.1234", false},
		{CNMobile, "手机号", "139a1234b5678", false},
		{CNMobile, "手机号", "139****5678", false},
		{CNMobile, "手机号", "1-3-9-1-2-3-4-5-6-7-8-9", false},
		{CNMobile, "数量", "13_912_345_678", false},
		{CNMobile, "内容", "1.3.9.1.2.3.4.5.6.7.8", false},
		{BankCard, "卡号", "6222.0212.3456.7890.127", false},
		{BankCard, "订单号", "6222.0212.3456.7890.128", false},
		{CNResidentID, "身份证号", "1-1-0-1-0-5-1-9-4-9-1-2-3-1-0-0-2-1", false},
	} {
		for form, text := range map[string]string{
			"heading": "姓名," + c.heading + "\n张伟,\"" + c.value + "\"\n",
			"label":   "姓名：张伟\n" + c.heading + "：" + c.value + "\n",
		} {
			found := false
			for _, f := range scan([]byte(text)).Findings {
				if f.Class == c.class {
					found = true
					if at := strings.Index(text, c.value); int(f.Offset) != at || f.Length > len(c.value) {
						t.Errorf("%s, %s: found at %d, %d long", form, c.value, f.Offset, f.Length)
					}
				}
			}
			if found != c.hit {
				t.Errorf("%s %s, %s: found %t", form, c.heading, c.value, found)
			}
		}
	}
}
