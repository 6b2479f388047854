package custom

import (
	"regexp"
	"strconv"
	"time"
)

// pairs answers all texts of a character of each.
func pairs(first, second string) (all []string) {
	for _, a := range first {
		all = append(all, behind(string(a), second)...)
	}
	return all
}

const (
	digitsAll  = "0123456789"
	lettersAll = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// taiwanIDs finds identity cards of Taiwan and, since 2021 with the same check,
// resident certificates of foreigners there (Ministry of the Interior, rules
// for the unified number: weights 1 9 8 7 6 5 4 3 2 1 1, sum divisible by 10).
// Certificates of before have a second letter, A to D, of which the last digit
// of its value counts; they hold until 2031.
func taiwanIDs() []Detector {
	return []Detector{{Class: TaiwanID, Anchors: pairs(lettersAll, "1289ABCD"), Alone: -1, find: matches(regexp.MustCompile(`[A-Z][1289A-D]\d{8}`)),
		accept: func(_, value, _ []byte) bool { return taiwanID(value) },
		Near: []string{"身分證", "身分證字號", "身份證", "身份證字號", "身分证", "台湾身份证", "台灣身分證", "台胞身份证", "统一证号", "統一證號", "居留證", "居留证", "身份证号", "身份证", "证件号", "证件号码", "證件號碼", "證號",
			"taiwan id", "roc id", "national id", "identity card", "id card", "id number", "id no", "arc no", "arc number", "resident certificate"}}}
}

// letterValues are what the letters of those numbers count, from A on.
var letterValues = [26]int{10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33}

func taiwanID(value []byte) bool {
	letter := letterValues[value[0]-'A']
	sum := letter/10 + letter%10*9
	for i, c := range value[1:9] {
		if c >= 'A' {
			c = '0' + byte(letterValues[c-'A']%10)
		}
		sum += int(c-'0') * (8 - i)
	}
	return (sum+int(value[9]-'0'))%10 == 0
}

// macauIDs finds identity cards of Macau: seven digits, the first 1, 5 or 7,
// and one more in brackets; on cards of before 2002 1/234567/8 (Identification
// Services Bureau). Its check is not published: a word that names the card has
// to be near, and right before where the brackets are left out.
func macauIDs() []Detector {
	cards := []string{"澳门身份证", "澳門身份證", "澳门居民身份证", "澳門居民身份證", "macau id", "macao id", "macau_id", "macao_id", "bilhete de identidade", "bir"}
	return []Detector{
		{Class: MacauID, Anchors: append(behind("(", digitsAll), behind("/", digitsAll)...), Alone: -1, find: matches(regexp.MustCompile(`[157]\d{6} ?\(\d\)|[157]/\d{6}/\d`)),
			accept: func(before, _, _ []byte) bool { return !hasAnySuffix(before, "-", "/", ".") },
			Near:   append([]string{"澳门", "澳門", "macau", "macao"}, cards...)},
		{Class: MacauID, Anchors: pairs(digitsAll, digitsAll), Alone: -1, labelled: true, find: matches(regexp.MustCompile(`[157]\d{7}`)), Near: cards,
			accept: func(before, _, after []byte) bool { return apart(before, after) }},
	}
}

// drivingLicences finds driving licences of the mainland: the number is the
// holder's resident ID, the file number has twelve digits (GA 801, the first two
// of the province), behind what names them.
func drivingLicences() []Detector {
	return []Detector{{Class: DrivingLicence, Anchors: pairs(digitsAll, digitsAll), Alone: -1, labelled: true, find: matches(regexp.MustCompile(`\d{17}[\dXx]|\d{12}`)),
		accept: func(_, value, _ []byte) bool { return ofProvince(value) && (len(value) == 12 || mod11(value)) },
		Near: []string{"驾驶证", "驾驶证号", "驾驶证编号", "驾驶证号码", "驾驶证档案编号", "驾照", "驾照号", "驾照档案编号", "档案编号", "driving licence", "driving license", "driver's license", "driver's licence", "driver license", "driver licence",
			"driving_licence", "driver_license", "licence file no", "license file no"}}}
}

// ofProvince tells whether a number begins as those that GB/T 2260 gives.
func ofProvince(value []byte) bool {
	n := int(value[0]-'0')*10 + int(value[1]-'0')
	return n >= 11 && n <= 15 || n >= 21 && n <= 23 || n >= 31 && n <= 37 || n >= 41 && n <= 46 || n >= 50 && n <= 54 || n >= 61 && n <= 65
}

// businessLicences finds registration numbers of businesses from before the
// unified code: fifteen digits, the first six of the place, the last a check by
// ISO 7064 MOD 11,10 (GS 15-2006).
func businessLicences() []Detector {
	return []Detector{{Class: BusinessLicence, Anchors: pairs(digitsAll, digitsAll), Alone: -1, labelled: true, find: matches(regexp.MustCompile(`\d{15}`)),
		accept: func(_, value, _ []byte) bool {
			return (ofProvince(value) || value[0] == '1' && value[1] == '0') && mod1110(value)
		},
		Near: []string{"注册号", "工商注册号", "营业执照", "营业执照号", "营业执照编号", "营业执照注册号", "执照注册号", "执照号", "注册登记号", "企业注册号", "business licence", "business license", "licence no", "license no", "registration no", "registration number", "business_license", "reg_no"}}}
}

// mod1110 checks the last digit by ISO 7064 MOD 11,10.
func mod1110(digits []byte) bool {
	p := 10
	for _, c := range digits[:len(digits)-1] {
		if p = (p + int(c-'0')) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (p+int(digits[len(digits)-1]-'0'))%10 == 1
}

// socialSecurity finds numbers of social security and medical insurance behind
// what names them. The social security number is the resident ID (Social
// Insurance Law, article 58); cards carry nine characters (LD/T 32-2015), local
// numbers eight to fifteen digits.
func socialSecurity() []Detector {
	return []Detector{{Class: SocialSecurity, Anchors: pairs(digitsAll, digitsAll), Alone: -1, labelled: true, find: matches(regexp.MustCompile(`[A-Z]?\d{7,17}[\dXx]`)),
		accept: func(_, value, _ []byte) bool { return len(value) != 18 || ofProvince(value) && mod11(value) },
		Near: []string{"社保卡", "社保卡号", "社保号", "社保编号", "社保账号", "社保电脑号", "社会保障号", "社会保障号码", "社会保障卡号", "社会保障卡", "社会保险号", "个人社保号", "个人编号", "医保卡号", "医保编号", "医保卡", "医保号", "公积金账号", "公积金帐号",
			"social security no", "social security number", "social insurance no", "social insurance number", "medical insurance no", "medical insurance number", "social_security_no", "insurance_no"}}}
}

// birthDates finds dates of birth behind what says that they are.
func birthDates() []Detector {
	const month = `(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?`
	return []Detector{{Class: BirthDate, Anchors: append(behind("19", digitsAll), behind("20", "012")...), Alone: -1, labelled: true, accept: bornThen,
		find: matches(regexp.MustCompile(`(?:19|20)\d\d(?:[-/.] ?\d{1,2}[-/.] ?\d{1,2}| ?年 ?\d{1,2} ?月(?: ?\d{1,2} ?日)?|\d{4})|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)?[ -]` + month + `,?[ -](?:19|20)\d\d|` + month + ` \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d`)),
		Near: []string{"出生日期", "出生年月", "出生年月日", "出生", "出生于", "生于", "生日", "出生时间", "date of birth", "birth date", "birthdate", "birthday", "dob", "d.o.b", "d.o.b.", "born", "born on", "birth_date", "birth_day", "date_of_birth"}}}
}

var numbersOf = regexp.MustCompile(`\d+`)

// bornThen tells a date on which somebody now alive may have been born.
func bornThen(_, value, _ []byte) bool {
	parts := numbersOf.FindAll(value, -1)
	number := func(p []byte) int { n, _ := strconv.Atoi(string(p)); return n }
	year, month, day := 0, 1, 1
	switch {
	case len(parts) == 1 && len(parts[0]) == 8:
		year, month, day = number(parts[0][:4]), number(parts[0][4:6]), number(parts[0][6:])
	case len(parts) == 3 && len(parts[0]) == 4:
		year, month, day = number(parts[0]), number(parts[1]), number(parts[2])
	case len(parts) == 3 && len(parts[2]) == 4: // the day first, or in America the month
		if year, month, day = number(parts[2]), number(parts[1]), number(parts[0]); month > 12 {
			month, day = day, month
		}
	case len(parts) == 2 && len(parts[0]) == 4:
		year, month = number(parts[0]), number(parts[1])
	case len(parts) == 2:
		year, day = number(parts[1]), number(parts[0])
	}
	born := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return month >= 1 && month <= 12 && day >= 1 && born.Day() == day && year >= 1900 && born.Before(time.Now())
}

// accounts of messengers, behind what names them: numbers of QQ, and names of
// WeChat (six to twenty characters, a letter first, after Tencent's help).
func messengerAccounts() []Detector {
	names := append(pairs(lettersAll, digitsAll), "a_", "e_", "i_", "n_", "g_", "o_", "a-", "e-", "i-", "n-", "g-", "o-")
	labels := []string{"微信", "微信号", "微信ID", "微信帐号", "微信账号", "加微信", "加我微信", "wechat", "wechat id", "wechat_id", "wechatid", "weixin", "wxid", "wx:", "vx:", "wx号", "vx号"}
	return []Detector{
		{Class: WeChat, Anchors: names, Near: labels, Alone: -1, labelled: true, accept: weChat, find: matches(regexp.MustCompile(`[A-Za-z][A-Za-z0-9_-]{5,19}`))},
		{Class: WeChat, Anchors: []string{"微信", "wechat", "weixin"}, Near: labels, Alone: -1, labelled: true, accept: weChat, find: matches(regexp.MustCompile(`[A-Za-z][A-Za-z0-9_-]{5,19}`))},
		{Class: QQ, Anchors: pairs(digitsAll, digitsAll), Alone: -1, labelled: true, find: matches(regexp.MustCompile(`[1-9]\d{4,10}`)),
			accept: func(_, value, after []byte) bool {
				return !(len(after) > 1 && (after[0] == '.' || after[0] == '-' || after[0] == '@') && alnum(after[1])) && string(value) != "10000" && string(value) != "10001"
			},
			Near: []string{"QQ", "QQ号", "QQ号码", "QQ账号", "QQ帐号", "扣扣", "qq_no", "qq_number", "qq number", "oicq"}},
	}
}

var (
	named      = regexp.MustCompile(`(?i)(?:号|id|[:=,\t|>"'])[ "'：]{0,4}$`)
	notAccount = regexp.MustCompile(`(?i)^(?:wechat(?:[_-]?(?:id|no|name))?|wxid|weixin(?:[_-]?(?:id|no|name))?|official|account|payment|miniprogram|mini-?program|group|openid|unionid|appid|public|service|number|string|varchar|https?|login|please|contact|unknown|customer|support|platform|enterprise)$`)
)

// weChat tells a name from a word about WeChat.
func weChat(before, value, after []byte) bool {
	if notAccount.Match(value) || len(after) > 1 && (after[0] == '.' || after[0] == '@' || after[0] == '(' || after[0] == ':' && after[1] == '/') && (alnum(after[1]) || after[1] == '/' || after[0] == '(') {
		return false
	}
	for _, c := range value {
		if c >= '0' && c <= '9' || c == '_' {
			return true
		}
	}
	return named.Match(before)
}
