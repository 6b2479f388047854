package corpus

import (
	"fmt"
	"strings"
)

// identityFields are numbers of people and their things on the mainland, and in
// Taiwan and Macau.
func identityFields() []field {
	return []field{
		{class: "cn-plate", labels: []string{"车牌号", "车牌号码", "号牌号码", "车牌"}, english: []string{"Plate number", "License plate", "Vehicle plate"}, headings: []string{"车牌号", "号牌号码", "车牌"}, keys: []string{"plate_no", "plateNumber", "plate"},
			value: (*writer).plate, odd: (*writer).oddPlate, decoy: func(w *writer) string { return w.one("A", "K", "TX", "M") + w.digits(5) }, others: []string{"设备编号", "货号", "资产编号"},
			says: []string{"车牌号由省份简称和字母数字组成。", "新能源号牌为六位序号。", "停车时请确认号牌清晰。", "京津冀一体化，沪苏浙皖协同。", "Number plates are issued by the traffic police. ", "赣南脐橙A级，苏B货架，新A级标准。"}},
		{class: "tw-id", labels: []string{"身分證字號", "國民身分證統一編號（身分證）", "台湾身份证", "統一證號", "居留證號碼"}, english: []string{"Taiwan ID", "National ID", "ROC ID number", "ARC number"}, headings: []string{"身分證字號", "統一證號", "Taiwan ID"}, keys: []string{"national id", "taiwan id"},
			value: (*writer).taiwanID, decoy: (*writer).badTaiwanID, others: []string{"料號", "訂單編號", "批號"},
			says: []string{"請攜帶身分證正本辦理。", "身分證字號共十碼，第一碼為英文字母。", "The national ID has one letter and nine digits. ", "居留證到期前請申請展延。"}},
		{class: "macau-id", labels: []string{"澳门身份证", "澳門居民身份證號碼", "澳门居民身份证号码"}, english: []string{"Macau ID", "Macao resident identity card"}, headings: []string{"澳门身份证号", "澳門身份證"}, keys: []string{"macau_id", "macao id"},
			value: func(w *writer) string { return w.one("1", "5", "7") + w.digits(6) + "(" + w.digits(1) + ")" }, odd: func(w *writer) string { return w.one("1", "5", "7") + w.digits(6) + "（" + w.digits(1) + "）" },
			decoy: func(w *writer) string { return w.one("2", "3", "8") + w.digits(6) + "(" + w.digits(1) + ")" }, others: []string{"条款", "型号", "文号"},
			says: []string{"澳门居民身份证由身份证明局签发。", "澳門與珠海口岸全天開放。", "Macau has about 680000 residents. "}},
		{class: "cn-driving-licence", labels: []string{"驾驶证档案编号", "驾驶证号", "档案编号", "驾照号"}, english: []string{"Driving licence", "Driver's license", "Driving licence number"}, headings: []string{"驾驶证号", "驾驶证档案编号", "档案编号"}, keys: []string{"driving_licence", "driver_license"},
			value: (*writer).licenceFile, odd: func(w *writer) string { return person{w.people.Person()}.ResidentID }, decoy: func(w *writer) string { return w.one("00", "09", "77", "88", "99") + w.digits(10) }, others: []string{"运单号", "流水号", "批次号"},
			says: []string{"驾驶证每六年换证一次。", "准驾车型为C1的可以驾驶小型汽车。", "A driving licence is required. ", "档案编号由车管所编制，共12位。"}},
		{class: "cn-business-licence", labels: []string{"注册号", "营业执照注册号", "工商注册号", "执照号"}, english: []string{"Business licence", "Registration number", "Business license no"}, headings: []string{"注册号", "工商注册号", "营业执照号"}, keys: []string{"business_license", "reg_no"},
			value: (*writer).businessLicence, decoy: func(w *writer) string { return "99" + w.digits(13) }, others: []string{"设备串号", "订单号", "卡号"},
			says: []string{"营业执照应悬挂在醒目位置。", "三证合一后使用统一社会信用代码。", "注册号已不再核发。", "A business licence is issued within 15 days. "}},
		{class: "cn-social-security", labels: []string{"社保卡号", "社保编号", "医保卡号", "社会保障号码", "个人社保号"}, english: []string{"Social insurance number", "Medical insurance number", "Social security no"}, headings: []string{"社保卡号", "社保编号", "医保编号"}, keys: []string{"social_security_no", "insurance_no"},
			value: func(w *writer) string { return w.one("A", "B", "C", "D") + w.digits(8) }, odd: func(w *writer) string {
				return []string{person{w.people.Person()}.ResidentID, w.digits(10), "1" + w.digits(9)}[w.IntN(3)]
			}, decoy: func(w *writer) string { return w.digits(9) }, others: []string{"资产编号", "工单号", "快递单号"},
			says: []string{"社保卡可以在银行网点补办。", "社保缴费基数每年7月调整为上年度12000元以上。", "医保卡在全国3000家药店可用。", "社会保障号码即公民身份号码。"}},
		{class: "birth-date", labels: []string{"出生日期", "出生年月日", "生日", "出生年月"}, english: []string{"Date of birth", "DOB", "Birth date", "Birthday"}, headings: []string{"出生日期", "生日", "出生年月日"}, keys: []string{"birth_date", "date_of_birth", "birthday"},
			value: func(w *writer) string { return w.born("%d-%02d-%02d") }, odd: (*writer).oddBirth, decoy: (*writer).date, others: []string{"入职日期", "生产日期", "合同到期日"},
			says: []string{"生日当月可领取优惠券。", "出生日期须与证件一致。", "生日快乐！2024年再见。", "Birthday offers end on 31 December. "}},
		{class: "wechat-id", labels: []string{"微信号", "微信", "微信ID", "加微信"}, english: []string{"WeChat ID", "WeChat", "Wechat"}, headings: []string{"微信号", "微信", "WeChat"}, keys: []string{"wechat", "wechat_id", "weixin"},
			value: (*writer).weChat, decoy: func(w *writer) string {
				return w.one("build_", "node-", "srv_", "svc-") + w.drawn("abcdefghkmnp", 3) + w.digits(4)
			}, others: []string{"主机名", "仓库", "标签"},
			says: []string{"请关注微信公众号获取最新消息。", "微信支付与支付宝均可使用。", "微信小程序已上线，wechat-devtools 请升级。", "WeChat Pay is accepted here. ", "微信：请扫码添加。"}},
		{class: "qq-number", labels: []string{"QQ", "QQ号", "QQ号码"}, english: []string{"QQ", "QQ number"}, headings: []string{"QQ", "QQ号"}, keys: []string{"qq", "qq_no"},
			value: func(w *writer) string { return w.one("1", "2", "3", "5", "8") + w.digits(5+w.IntN(5)) }, decoy: func(w *writer) string { return w.digits(9) }, others: []string{"工号", "订单号", "房间号"},
			says: []string{"QQ群号请咨询管理员。", "QQ 音乐会员 15 元每月。", "使用QQ邮箱登录，如 service@qq.com。", "QQ浏览器版本 11.9.0。"}},
	}
}

const mainlandPlates = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

func (w *writer) place() string {
	all := []rune(mainlandPlates)
	return string(all[w.IntN(len(all))]) + w.one("A", "B", "C", "D", "E", "F", "H", "J", "K", "L")
}

func (w *writer) plate() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	switch w.IntN(6) {
	case 0: // new energy
		return w.place() + w.one("D", "F", "A") + w.drawn(letters+"0123456789", 1) + w.digits(4)
	case 1:
		return w.place() + w.digits(5) + w.one("D", "F")
	case 2:
		return w.place() + w.drawn(letters, 1) + w.digits(4)
	case 3:
		return w.place() + w.digits(2) + w.drawn(letters, 1) + w.digits(2)
	case 4:
		return w.place() + w.drawn(letters, 1) + w.digits(3) + w.drawn(letters, 1)
	}
	return w.place() + w.digits(5)
}

func (w *writer) oddPlate() string {
	switch w.IntN(6) {
	case 0:
		p := []rune(w.plate())
		return string(p[:2]) + "·" + string(p[2:])
	case 4:
		return w.place()[:3] + w.one("X", "S") + w.digits(4) + "应急"
	case 5:
		return "WJ" + w.place()[:3] + w.digits(4) + w.one("1", "7", "X", "J")
	case 1:
		return w.place() + w.digits(4) + w.one("学", "警", "挂")
	case 2:
		return "粤Z" + w.drawn("ABCDEFGHJK", 1) + w.digits(3) + w.one("港", "澳")
	}
	p := []rune(w.plate())
	return string(p[:2]) + w.one(" ", "-") + string(p[2:])
}

// taiwanID is a letter, a digit, seven digits and the check.
func (w *writer) taiwanID() string {
	const values = "ABCDEFGHJKLMNPQRSTUVXYWZIO" // 10 to 35
	n := w.IntN(26)
	second := w.one("1", "2", "8", "9", "A", "C") // letters: certificates of before 2021
	id := values[n:n+1] + second + w.digits(7)
	sum := (n+10)/10 + (n+10)%10*9
	for i := 1; i < 9; i++ {
		if c := id[i]; c >= 'A' { // A counts 10, C 12
			sum += int(c-'A') * (9 - i)
		} else {
			sum += int(c-'0') * (9 - i)
		}
	}
	return id + fmt.Sprint((10-sum%10)%10)
}

func (w *writer) badTaiwanID() string {
	id := w.taiwanID()
	return id[:9] + fmt.Sprint((int(id[9]-'0')+1+w.IntN(9))%10)
}

func (w *writer) licenceFile() string { return w.one("31", "44", "51", "11", "33") + w.digits(10) }

// businessLicence has a check by ISO 7064 MOD 11,10.
func (w *writer) businessLicence() string {
	n := w.one("310115", "440301", "110108", "330106", "510104") + w.digits(8)
	p := 10
	for _, c := range n {
		if p = (p + int(c-'0')) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return n + fmt.Sprint((11-p)%10)
}

func (w *writer) born(form string) string {
	return fmt.Sprintf(form, 1940+w.IntN(70), 1+w.IntN(12), 1+w.IntN(28))
}

func (w *writer) oddBirth() string {
	y, m, d := 1940+w.IntN(70), 1+w.IntN(12), 1+w.IntN(28)
	month := []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}[m-1]
	return []string{fmt.Sprintf("%d年%d月%d日", y, m, d), fmt.Sprintf("%d%02d%02d", y, m, d), fmt.Sprintf("%d/%d/%d", y, m, d), fmt.Sprintf("%02d/%02d/%d", d, m, y), fmt.Sprintf("%d %s %d", d, month, y), fmt.Sprintf("%s %d %d", month[:3], d, y), fmt.Sprintf("%d.%02d.%02d", y, m, d)}[w.IntN(7)]
}

func (w *writer) weChat() string {
	name := w.one("wang", "li", "chen", "sunny", "happy", "tom", "lucky", "yue")
	switch w.IntN(4) {
	case 0:
		return "wxid_" + w.drawn("abcdefghijklmnopqrstuvwxyz0123456789", 14)
	case 1:
		return name + "_" + w.drawn("abcdefghkmnpq", 4)
	case 2:
		return strings.ToUpper(name[:1]) + name[1:] + w.digits(4+w.IntN(5))
	}
	return name + w.digits(4+w.IntN(6))
}
