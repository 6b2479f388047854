package corpus

import (
	"github.com/trustline/trustline/rules/detect"
)

// papers hold numbers of companies, accounts and permits.
var papers = []kindOf{
	{"company list", companyList},
	{"agreement zh", agreementZH},
	{"payment en", paymentEN},
	{"foreigners list", foreignersList},
	{"invoice zh", invoiceZH},
	{"payment list", paymentList},
	{"register of guests", guestRegister},
	{"onboarding mail", onboardingMail},
}

// lead writes lines that stand before the data, so that it does not stand
// where every line is looked at.
func (w *writer) lead() {
	if w.grade == Plain {
		return
	}
	for range 8 + w.IntN(8) {
		w.plain("%s\n", w.one("本周会议照常进行，请各部门准时参加。", "The schedule for next week stays the same.", "请各位同事按流程办理，有问题及时沟通。", "All figures are preliminary and subject to change."))
	}
}

func (w *writer) company() string {
	return w.one("华远", "中瑞", "金禾", "蓝图", "恒信", "新程") + w.one("科技", "贸易", "物流", "建筑工程") + "有限公司"
}

func companyList(w *writer) {
	rows := 22 + w.IntN(40)
	if w.chance(35) {
		w.plain("Company,USCC,Contact Name,Mobile\n")
	} else {
		w.plain("企业名称,统一社会信用代码,联系人,手机号\n")
	}
	for range rows {
		p := person{w.people.Person()}
		w.plain("%s,", w.company())
		w.put(detect.USCC, w.creditCode())
		w.say(p, ",%n,%m\n")
	}
	w.count = rows
}

func agreementZH(w *writer) {
	w.plain("采购合同\n合同编号：HT%s\n\n", w.digits(11))
	w.lead()
	switch w.grade {
	case Plain:
		w.plain("甲方：%s\n统一社会信用代码：", w.company())
		w.put(detect.USCC, w.creditCode())
		w.plain("\n乙方：%s\n信用代码: ", w.company())
		w.put(detect.USCC, w.creditCode())
	case Mixed:
		w.plain("甲方%s（统一社会信用代码：", w.company())
		w.put(detect.USCC, w.creditCode())
		w.plain("）与乙方%s（统一社会信用代码：", w.company())
		w.put(detect.USCC, w.creditCode())
		w.plain("）订立本合同。")
	default:
		w.plain("经核对，%s的代码是 ", w.company())
		w.put(detect.USCC, w.creditCode())
		w.plain(" ，请在系统里更新。")
	}
	w.plain("\n\n合同金额 %d 元，签订日期 %s。\n", 1000+w.IntN(900000), w.date())
}

func paymentEN(w *writer) {
	w.plain("Subject: payment details\n\nHi team,\n")
	w.lead()
	code := w.account()
	switch w.grade {
	case Plain:
		w.plain("IBAN: ")
		w.put(detect.IBAN, code)
		w.plain("\nBIC: COBADEFFXXX\n")
	case Mixed:
		w.plain("Please transfer the deposit of EUR %d to IBAN ", 100+w.IntN(9000))
		w.put(detect.IBAN, inFours(code))
		w.plain(" before %s.\n", w.date())
	default:
		w.plain("The refund should go to ")
		if w.chance(50) {
			code = inFours(code)
		}
		w.put(detect.IBAN, code)
		w.plain(", not the account we used in ref %s.\n", w.digits(12))
	}
	w.plain("\nRegards\nFinance\n")
}

func invoiceZH(w *writer) {
	w.plain("增值税专用发票\n发票号码：%s\n开票日期：%s\n", w.digits(20), w.date())
	w.lead()
	for _, side := range []string{"购买方", "销售方"} {
		w.plain("%s名称：%s\n%s", side, w.company(), w.one("纳税人识别号：", "税号：", "统一社会信用代码/纳税人识别号："))
		w.put(detect.USCC, w.creditCode())
		w.plain("\n")
	}
	w.plain("价税合计：%d.%02d\n", w.IntN(90000), w.IntN(100))
}

func paymentList(w *writer) {
	w.plain("%s\n", w.one("Beneficiary;IBAN;Amount;Currency", "受益方;国际银行账号;金额;币种"))
	for range 10 + w.IntN(40) {
		w.plain("%s;", w.one("Meyer Logistik GmbH", "Northwind Trading Ltd", "Alpina Textil AG", "Contoso Inc.", "Vela Shipping BV"))
		code := w.account()
		if w.grade > Plain && w.chance(50) {
			code = inFours(code)
		}
		w.put(detect.IBAN, code)
		w.plain(";%d.%02d;EUR\n", w.IntN(90000), w.IntN(100))
	}
}

func foreignersList(w *writer) {
	rows := 5 + w.IntN(50)
	w.plain("%s\n", w.one("永久居留证号,手机号,邮箱", "外国人永久居留身份证号,手机号,邮箱", "Permanent Residence No,Mobile,Email"))
	for range rows {
		w.put(detect.CNPermanentResidence, w.permanentResidence(w.chance(25*int(w.grade-1))))
		w.plain(",")
		w.say(person{w.people.Person()}, "%m,%e\n")
	}
	w.count = rows
}

func guestRegister(w *writer) {
	rows := 22 + w.IntN(30)
	w.plain("%s\n", w.one("姓名\t证件号码\t手机号", "Name\tID Number\tMobile"))
	for range rows {
		p := person{w.people.Person()}
		w.say(p, "%n\t")
		switch w.IntN(4) {
		case 0:
			w.put(detect.CNResidencePermit, w.residencePermit())
		case 1:
			w.put(detect.CNPermanentResidence, w.permanentResidence(false))
		default:
			w.say(p, "%i")
		}
		w.say(p, "\t%m\n")
	}
	w.count = rows
}

func onboardingMail(w *writer) {
	w.plain("入职材料\n")
	w.lead()
	switch w.grade {
	case Plain:
		w.plain("港澳居民居住证：")
		w.put(detect.CNResidencePermit, w.residencePermit())
		w.plain("\n永久居留证号：")
		w.put(detect.CNPermanentResidence, w.permanentResidence(false))
	case Mixed:
		w.plain("新同事持居住证 ")
		w.put(detect.CNResidencePermit, w.residencePermit())
		w.plain("；另一位持永久居留证 ")
		w.put(detect.CNPermanentResidence, w.permanentResidence(w.chance(40)))
	default:
		w.plain("Please book for ")
		w.put(detect.CNResidencePermit, w.residencePermit())
		w.plain(" and ")
		w.put(detect.CNPermanentResidence, w.permanentResidence(false))
	}
	w.plain("\n请于 %s 前完成。\n", w.date())
}
