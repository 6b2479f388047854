package custom

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// ipAddresses finds where somebody's device was: IPv4 (RFC 791) and IPv6 (RFC
// 4291, RFC 5952) addresses behind what names them. Those that name no device
// are none: loopback, unspecified, masks.
func ipAddresses() []Detector {
	near := []string{"登录IP", "登陆IP", "登录 IP", "IP地址", "IP 地址", "客户端IP", "客户端 IP", "客户端", "来源IP", "源IP", "源地址", "公网IP", "访问IP", "注册IP", "操作IP", "下单IP", "最后登录IP", "用户IP",
		"client ip", "client_ip", "clientip", "ip address", "ip addresses", "ip_address", "ipaddress", "ip-address", "ip addr", "ip_addr", "remote_addr", "remote addr", "remote address", "remote_ip", "remote ip", "source ip", "src_ip", "src ip", "source_ip",
		"x-forwarded-for", "x-real-ip", "login ip", "login_ip", "last_login_ip", "user_ip", "user ip", "register_ip", "host ip", "ip:"}
	return []Detector{
		{Class: IPAddress, Pattern: `\d{1,3}\.\d\d{0,2}\.\d\d{0,2}\.\d{1,3}`, Anchors: behind(".", "0123456789"), Near: near, Alone: -1, accept: deviceAddress, meant: namesAddress},
		{Class: IPAddress, find: matches(regexp.MustCompile(`[23][0-9A-Fa-f]{3}(?::[0-9A-Fa-f]{0,4}){2,7}|[Ff][CcDd][0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{0,4}){2,7}`)),
			Anchors: append(behind(":", "0123456789abcdef"), "::"), Near: near, Alone: -1, accept: deviceAddress, meant: namesAddress},
	}
}

// behind answers a text followed by each of some characters.
func behind(text, characters string) (all []string) {
	for _, c := range characters {
		all = append(all, text+string(c))
	}
	return all
}

// matches looks through the whole line.
func matches(re *regexp.Regexp) func(line []byte, anchors []span) []span {
	return func(line []byte, _ []span) (found []span) {
		for _, at := range re.FindAllIndex(line, -1) {
			found = append(found, span{at[0], at[1]})
		}
		return found
	}
}

// namesAddress tells whether a context word names an address: 客户端 alone does
// not, where a version follows.
func namesAddress(_, word, after []byte) bool {
	return string(word) != "客户端" || hasAnyPrefix(after, "IP", " IP", "地址", ":", ",", "\t")
}

var versionBefore = regexp.MustCompile(`(?i)(?:\bv|version|ver|版本|固件|release)[ :=号]{0,3}$`)

func deviceAddress(before, value, after []byte) bool {
	if hasAnySuffix(before, ".", ":") && len(before) > 1 && (alnum(before[len(before)-2]) || before[len(before)-2] == ':') && bytes.IndexByte(value, ':') >= 0 || hasAnySuffix(before, ".") {
		return false
	}
	if len(after) > 1 && (after[0] == '.' || after[0] == ':' && bytes.IndexByte(value, ':') >= 0) && alnum(after[1]) || versionBefore.Match(before) {
		return false // 1.2.3.4.5
	}
	a, err := netip.ParseAddr(string(value))
	return err == nil && !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && !(a.Is4() && (a.As4()[0] == 255 || a.As4()[0] == 0))
}

// macAddresses finds addresses of network cards (EUI-48, IEEE 802-2014, 8.2)
// behind what names them, as Linux, Windows, Cisco and Huawei write them.
func macAddresses() []Detector {
	return []Detector{{Class: MACAddress, accept: cardAddress,
		Pattern: `(?i)(?:mac|物理地址|physical address|hwaddr|ether|bssid)["']?(?:[ _-]?(?:address|addr|id|number|no|地址))?["']?(?:\([^)]{0,10}\))?[\t .:=为是-]{1,40}(?:is )?["']?` +
			`([0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}|[0-9a-f]{4}(?:[.-][0-9a-f]{4}){2}|[0-9a-f]{12})`,
		Anchors: []string{"mac", "物理地址", "physical address", "hwaddr", "ether", "bssid"}}}
}

func cardAddress(_, value, after []byte) bool {
	digits := strings.NewReplacer(":", "", "-", "", ".", "").Replace(string(lowered(value)))
	return strings.Trim(digits, "0") != "" && strings.Trim(digits, "f") != "" && digits != "001122334455" && digits != "aabbccddeeff" && digits != "123456789abc" &&
		!(len(after) > 1 && (after[0] == ':' || after[0] == '-') && alnum(after[1])) && (len(value) > 12 || strings.ContainsAny(digits, "0123456789"))
}

// foreignPhones finds telephone numbers outside the mainland, with their country
// code (ITU-T E.164, list of assigned codes).
func foreignPhones() []Detector {
	near := []string{"tel", "tel.", "telephone", "phone", "phone number", "phone no", "mobile", "mobile no", "cell", "fax", "whatsapp", "call", "contact", "hotline", "sms",
		"电话", "联系电话", "手机", "手机号", "移动电话", "联系方式", "传真", "热线", "境外电话", "海外电话"}
	const number = `[1-9][\d ().-]{6,20}\d`
	return []Detector{
		{Class: IntlPhone, Pattern: `\+` + number, Anchors: behind("+", "123456789"), Near: near, Alone: 0.6, accept: foreignPhone},
		{Class: IntlPhone, Pattern: `00` + number, Anchors: behind("00", "123456789"), Near: near, Alone: -1, accept: foreignPhone},
		{Class: IntlPhone, Anchors: slices.Concat(behind(")", digitsAll), behind("-", digitsAll), behind(".", digitsAll)), Alone: -1, labelled: true, accept: nationalPhone,
			Near: calls, find: matches(regexp.MustCompile(`\([2-9]\d\d\) ?[2-9]\d\d[-. ]\d{4}|[2-9]\d\d[-.][2-9]\d\d[-.]\d{4}`))},
		{Class: IntlPhone, Anchors: behind("09", digitsAll), Alone: -1, labelled: true, accept: nationalPhone, Near: calls, find: matches(regexp.MustCompile(`09\d\d(?:-\d{3}-\d{3}|-\d{6}| \d{3} \d{3}|\d{6})`))},
	}
}

// calls are labels and headings behind which numbers stand as they are dialled
// within their country: those of North America (area code and office code begin
// with 2 to 9; North American Numbering Plan) and mobiles of Taiwan (09 and eight
// digits; National Communications Commission).
var calls = []string{"tel", "tel.", "tel no", "telephone", "telephone no", "telephone number", "phone", "phone #", "phone no", "phone no.", "phone number", "phone_number", "phonenumber", "mobile", "mobile no", "mobile number", "mobile phone", "mobile_phone", "cell", "cell phone", "cellphone",
	"home phone", "work phone", "contact number", "contact no", "daytime phone", "fax", "fax number", "customer phone", "customer_phone",
	"电话", "联系电话", "手机", "手机号", "手机号码", "移动电话", "联系方式", "電話", "聯絡電話", "電話號碼", "手機", "手機號碼", "行動電話", "聯絡手機"}

// nationalPhone tells a number parted evenly from a part of a longer one, and
// from those kept for films (555-0100 to 0199).
func nationalPhone(before, value, after []byte) bool {
	d := onlyDigits(value)
	if !apart(before, after) || len(value) == 12 && value[0] != '0' && value[3] != value[7] {
		return false
	}
	return !(string(d[3:6]) == "555" && string(d[6:8]) == "01") && bytes.Count(d, d[len(d)-1:]) < len(d)-2
}

// countryCodes are those assigned, of one, two and three digits, without 86.
var countryCodes = wordSet(strings.Fields(`1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 90 91 92 93 94 95 98
	211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299
	350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 379 380 381 382 383 385 386 387 389 420 421 423
	500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692
	800 808 850 852 853 855 856 870 878 880 881 882 883 886 888 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 993 994 995 996 998`)...)

// lengths are those of numbers with their code, where a country's are all alike.
var lengths = map[string][2]int{"1": {11, 11}, "7": {11, 11}, "33": {11, 11}, "34": {11, 11}, "44": {11, 12}, "61": {11, 11}, "65": {10, 10}, "81": {11, 12}, "82": {11, 12},
	"91": {12, 12}, "852": {11, 11}, "853": {11, 11}, "886": {11, 12}, "971": {11, 12}}

var decimalNumber = regexp.MustCompile(`^\+?\d+\.\d+$`)

// thousands is what follows where a number is an amount: +1,000
var thousands = regexp.MustCompile(`^,\d{3}(?:[,. ]|$)`)

func foreignPhone(before, value, after []byte) bool {
	if n := len(before); n > 0 && (alnum(before[n-1]) || before[n-1] == '+' || before[n-1] == '.' || before[n-1] == '_') ||
		len(after) > 1 && hasAnyPrefix(after, ".", "-", "*", "/") && after[1] >= '0' && after[1] <= '9' || thousands.Match(after) {
		return false
	}
	if decimalNumber.Match(value) {
		return false
	}
	digits, gaps := "", 0
	for _, c := range bytes.TrimPrefix(value, []byte("00")) {
		if c >= '0' && c <= '9' {
			digits += string(c)
		} else if c != '+' {
			gaps++
		}
	}
	if len(digits) < 8 || len(digits) > 15 || gaps > 8 || bytes.Contains(value, []byte("  ")) || strings.Count(digits, digits[len(digits)-1:]) > len(digits)-3 {
		return false
	}
	for n := 1; n <= 3; n++ {
		if code := digits[:n]; countryCodes[code] {
			of, known := lengths[code]
			if known && (len(digits) < of[0] || len(digits) > of[1]) && !bytes.Contains(value, []byte("(0)")) {
				return false
			}
			return code != "1" || digits[1] >= '2' && digits[4] >= '2' && digits[4:7] != "555"
		}
	}
	return false
}
