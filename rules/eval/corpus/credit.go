package corpus

import "github.com/trustline/trustline/rules/detect"

const creditRecord detect.Class = "credit-record"

// creditPapers hold what credit reports say of somebody.
var creditPapers = []kindOf{
	{"credit report", creditReport},
	{"loan review", loanReview},
	{"english credit file", creditFile},
	{"export of credit records", creditExport},
}

// creditLookAlikes speak of credit, and of nobody's.
var creditLookAlikes = []kindOf{
	{"guide to credit reports", creditGuide},
	{"product page of loans", loanProducts},
	{"budget", budget},
}

func (w *writer) term(said, behind string, from ...string) {
	w.put(creditRecord, w.one(from...))
	w.plain("%s%s", said, behind)
}

func creditReport(w *writer) {
	w.plain("个人信用报告\n被查询者姓名：%s 报告时间：%s\n\n信贷交易信息明细\n", w.somebody(), w.date())
	colon := w.one(map[Grade][]string{Plain: {"："}, Mixed: {"：", ":"}, Hard: {" ", "为"}}[w.grade]...)
	for range 3 + w.IntN(6) {
		switch w.IntN(3) {
		case 0:
			w.term(colon+w.digits(1), "\n", "逾期次数", "逾期月数", "未结清账户数", "贷款笔数", "贷款审批查询")
		case 1:
			w.term(colon+w.one("12", "50", "8")+","+w.digits(3)+"元", "\n", "授信总额", "贷款余额", "逾期金额", "已用额度", "透支余额")
		default:
			w.term(colon+w.one("正常", "关注", "次级", "结清"), "\n", "五级分类", "账户状态", "还款状态")
		}
	}
}

func loanReview(w *writer) {
	w.plain("关于借款人%s的贷前调查意见：经查询征信报告，", w.somebody())
	w.term(w.one("共", "为", "")+"2次，", "", "逾期次数", "累计逾期次数")
	w.term(w.one("合计", "约", "为")+"36,000元，", "", "贷款余额", "授信总额", "担保余额")
	w.term("为"+w.one("正常", "关注")+"。", "建议审慎授信。\n", "五级分类")
}

func creditFile(w *writer) {
	w.plain("Consumer report for %s\nCredit bureau: Experian, %s\n", w.somebodyEnglish(), w.date())
	for range 3 + w.IntN(4) {
		w.term(w.one(": ", ": ", " = ")+"6"+w.digits(2), "\n", "Credit score", "FICO score", "Days past due", "Past due amount", "Credit limit", "Revolving balance")
	}
}

func creditExport(w *writer) {
	w.plain("征信数据导出\n")
	for range 3 + w.IntN(10) {
		w.plain(`{"borrower": "%s", "`, w.somebody())
		w.term(`": `+w.digits(2), "", "credit score", "days past due", "credit limit")
		w.plain(", \"date\": \"%s\"}\n", w.date())
	}
}

func creditGuide(w *writer) {
	w.sentences(5+w.IntN(4), "征信报告每年可免费查询两次。", "逾期次数会影响信用记录，请按时还款。", "什么是五级分类？贷款分为正常、关注、次级、可疑、损失五类。", "Your credit score depends on many things. ", "授信额度由银行核定，与还款记录等因素有关。", "A credit report lists accounts and inquiries. ", "征信中心提供查询服务。")
}

func loanProducts(w *writer) {
	w.sentences(4+w.IntN(4), "本产品最高可贷30万元，年利率3.6%起。", "按时还款有助于积累良好信用。", "信用卡分期，免首期手续费。", "Apply in five minutes, no hidden fees. ", "贷款期限最长36期。")
}

func budget(w *writer) {
	w.plain("项目,本月,累计\n")
	for range 6 + w.IntN(12) {
		w.plain("%s,%s,%s\n", w.one("办公费", "差旅费", "培训费", "利息支出", "担保费"), w.price(), w.price())
	}
}
