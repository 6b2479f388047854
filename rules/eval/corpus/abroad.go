package corpus

import (
	"fmt"
	"strings"
)

// abroadFields are numbers of other countries, of devices and telephones.
func abroadFields() []field {
	return []field{
		{class: "us-ssn", labels: []string{"社会安全号", "社会安全号码", "社安号"}, english: []string{"SSN", "Social Security Number", "Social Security No"}, headings: []string{"SSN", "社会安全号"}, keys: []string{"ssn", "social_security_number"},
			value: func(w *writer) string { return w.ssn("-") }, odd: func(w *writer) string { return w.ssn(w.one("", " ")) }, decoy: func(w *writer) string { return "9" + w.digits(2) + "-" + w.digits(3) + "-" + w.digits(3) }, others: []string{"合同号", "料号", "Part"},
			says: []string{"Never send your SSN by e-mail. ", "The SSN has nine digits. ", "社会安全号由美国政府签发。", "Call 1-800-772-1213 about social security. "}},
		{class: "us-itin", labels: []string{"个人纳税识别号", "ITIN"}, english: []string{"ITIN", "Individual Taxpayer Identification Number (ITIN)", "Taxpayer ID"}, headings: []string{"ITIN", "Taxpayer ID"}, keys: []string{"itin", "tax id"},
			value: func(w *writer) string { return w.itin("-") }, odd: func(w *writer) string { return w.itin(w.one("", "-")) }, decoy: func(w *writer) string { return w.digits(2) + "-" + w.digits(3) + "-" + w.digits(3) }, others: []string{"合同号", "料号", "Part"},
			says: []string{"Apply for an ITIN with form W-7. ", "An ITIN expires after three years. ", "纳税识别号用于报税。"}},
		{class: "us-ein", labels: []string{"雇主识别号", "EIN"}, english: []string{"EIN", "Employer Identification Number", "Federal Tax ID"}, headings: []string{"EIN", "Federal Tax ID"}, keys: []string{"ein", "federal tax id"},
			value: func(w *writer) string { return w.one("12", "20", "36", "47", "81", "95") + "-" + w.digits(7) }, decoy: func(w *writer) string { return w.digits(3) + "-" + w.digits(6) }, others: []string{"合同号", "料号", "Part"},
			says: []string{"An EIN is issued free of charge. ", "雇主识别号可在线申请。", "Form SS-4 is for an EIN. "}},
		{class: "uk-nino", labels: []string{"国民保险号", "英国国民保险号"}, english: []string{"National Insurance number", "NI number", "NINO"}, headings: []string{"NI number", "NINO", "National Insurance Number"}, keys: []string{"nino", "ni_number"},
			value: (*writer).nino, odd: func(w *writer) string {
				n := w.nino()
				return n[:2] + " " + n[2:4] + " " + n[4:6] + " " + n[6:8] + " " + n[8:]
			}, decoy: func(w *writer) string { return w.one("QQ", "DZ", "GB", "BG") + w.digits(6) + "K" }, others: []string{"合同号", "航班", "Part"},
			says: []string{"You can work without a National Insurance number. ", "The NI number is on your payslip. ", "国民保险号在工资单上。"}},
		{class: "uk-nhs", labels: []string{"英国医保号", "NHS number"}, english: []string{"NHS number", "NHS No", "NHS Number"}, headings: []string{"NHS number", "NHS No"}, keys: []string{"nhs_number", "nhs_no"},
			value: func(w *writer) string { return w.nhs(" ") }, odd: func(w *writer) string { return w.nhs(w.one("", "-")) }, decoy: (*writer).badNHS, others: []string{"工单", "料号", "Part"},
			says: []string{"Your NHS number is on your prescription. ", "Call NHS 111 for advice. ", "The NHS was founded in 1948. "}},
		{class: "eu-vat", labels: []string{"增值税号", "欧盟税号", "VAT税号"}, english: []string{"VAT ID", "VAT number", "USt-IdNr", "Partita IVA"}, headings: []string{"VAT ID", "VAT number", "税号"}, keys: []string{"vat_id", "vat_number"},
			value: (*writer).vat, odd: func(w *writer) string { v := w.vat(); return v[:2] + " " + v[2:] }, decoy: (*writer).badVAT, others: []string{"合同号", "料号", "Part"},
			says: []string{"VAT is 19 % in Germany. ", "Prices include VAT. ", "增值税号在发票上。", "VAT ID must be printed on invoices since 2004. "}},
		{class: "ip-address", labels: []string{"登录IP", "客户端IP", "IP地址"}, english: []string{"Client IP", "IP address", "Login IP"}, headings: []string{"登录IP", "client_ip", "IP地址"}, keys: []string{"client_ip", "remote_addr", "login_ip"},
			value: (*writer).ipAddress, odd: func(w *writer) string {
				return fmt.Sprintf("2408:%s:%s:%s::%s", w.hex(4), w.hex(4), w.hex(4), w.hex(4))
			}, decoy: func(w *writer) string { return fmt.Sprintf("v%d.%d.%d", w.IntN(9), w.IntN(30), w.IntN(99)) }, others: []string{"版本", "固件", "章节"},
			says: []string{"IP地址由管理员分配。", "子网掩码为 255.255.255.0。", "See RFC 1918 for private addresses. ", "Listen on 127.0.0.1 only. "}},
		{class: "mac-address", labels: []string{"MAC地址", "物理地址", "MAC"}, english: []string{"MAC address", "Physical address", "MAC"}, headings: nil, keys: []string{"mac", "mac_address"},
			value: (*writer).macAddress, odd: func(w *writer) string { return strings.ReplaceAll(w.macAddress(), ":", "-") }, decoy: func(w *writer) string { return w.hex(2) + ":" + w.hex(2) + ":" + w.hex(2) }, others: []string{"指纹", "版本", "Part"},
			says: []string{"MAC地址共48位。", "A MAC address has six octets. ", "macOS 14.2 is out. "}},
		{class: "intl-phone", labels: []string{"联系电话", "手机", "电话", "境外电话"}, english: []string{"Phone", "Mobile", "Tel", "WhatsApp"}, headings: []string{"电话", "Phone", "Mobile"}, keys: []string{"phone", "mobile", "tel"},
			value: (*writer).foreignPhone, decoy: func(w *writer) string { return "+" + w.digits(4) + "-" + w.digits(2) }, others: []string{"时区", "偏移", "Part"},
			says: []string{"国际长途请先拨00。", "Call us any time. ", "电话会议时间为 UTC+0800。", "@@ -10,7 +10,9 @@ func main. "}},
	}
}

func (w *writer) ssn(sep string) string {
	return fmt.Sprintf("%03d%s%02d%s%04d", 100+w.IntN(550), sep, 1+w.IntN(99), sep, 1+w.IntN(9999))
}

func (w *writer) itin(sep string) string {
	return "9" + w.digits(2) + sep + fmt.Sprint(70+w.IntN(19)) + sep + w.digits(4)
}

func (w *writer) nino() string {
	return w.one("AB", "CE", "JK", "MN", "PR", "WX", "SG", "YZ") + w.digits(6) + w.one("A", "B", "C", "D")
}

// nhs is nine digits and a check, modulus 11.
func (w *writer) nhs(sep string) string {
	for {
		d, sum := w.one("4", "6", "9")+w.digits(8), 0
		d = strings.Replace(d, "999", "499", 1) // those are for tests
		for i, c := range d {
			sum += int(c-'0') * (10 - i)
		}
		if check := 11 - sum%11; check != 10 {
			d += fmt.Sprint(check % 11)
			return d[:3] + sep + d[3:6] + sep + d[6:]
		}
	}
}

func (w *writer) badNHS() string {
	n := w.nhs(" ")
	return n[:11] + fmt.Sprint((int(n[11]-'0')+1+w.IntN(9))%10)
}

func (w *writer) ipAddress() string {
	return fmt.Sprintf("%s.%d.%d.%d", w.one("10", "36", "101", "114", "172", "192", "203", "218"), w.IntN(256), w.IntN(256), 1+w.IntN(254))
}

func (w *writer) macAddress() string {
	return fmt.Sprintf("%s:%s:%s:%s:%s:%s", "5"+w.hex(1), w.hex(2), w.hex(2), w.hex(2), w.hex(2), w.hex(2))
}

func (w *writer) foreignPhone() string {
	switch w.IntN(5) {
	case 0:
		return "+1 (" + w.one("212", "415", "617") + ") " + w.one("736", "682", "239") + "-" + w.digits(4)
	case 1:
		return "+44 20 7" + w.digits(3) + " " + w.digits(4)
	case 2:
		return "+852 9" + w.digits(3) + " " + w.digits(4)
	case 3:
		return "+65 6" + w.digits(3) + " " + w.digits(4)
	}
	return "+81 3-" + w.digits(4) + "-" + w.digits(4)
}
