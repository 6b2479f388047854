package custom

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
)

// Of a transaction: a date (GB/T 7408 and usual forms), an amount with two
// decimals or a currency (GB/T 12406, ISO 4217), and the number of an account
// or an order, of which a part may be hidden.
const (
	monthDay  = `(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])`
	dayPart   = `\b(?:20[0-3]\d(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日|` + monthDay + `\b|` + monthDay + `[0-2]\d[0-5]\d[0-5]\d\b)|\d{1,2}[/.-]\d{1,2}[/.-]20[0-3]\d\b|\d{1,2}[ -](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}[ -]20[0-3]\d\b)`
	currency  = `(?:[¥￥$€£]|HK\$|US\$|RMB|CNY|USD|EUR|GBP|HKD)`
	moneyPart = `[-+]?(?:` + currency + ` ?-?\d[\d,]*(?:\.\d{1,2})?|\d{1,3}(?:,\d{3})*\.\d\d|\d{4,12}\.\d\d|\d[\d,]*(?:\.\d{1,2})? ?(?:元|万元|yuan|RMB|CNY|USD|EUR|GBP|HKD))`
	codePart  = `(?:\b[A-Z]{0,6}-?\d{10,32}\b|\b\d{2,8}\*{2,16}\d{2,6}\b|\*{2,16}\d{4}\b|\b\d{4}(?:[ -]\d{4}){2,4}(?:[ -]\d{1,3})?\b)`
)

func transactions() []Detector {
	var years []string
	for y := 2000; y < 2040; y++ {
		years = append(years, strconv.Itoa(y))
	}
	return []Detector{{Class: Transaction, Anchors: years, Alone: -1, find: dealings, accept: transaction,
		Near: []string{"交易", "金额", "收款", "付款", "转账", "流水", "流水号", "订单", "订单号", "余额", "支付", "汇款", "入账", "出账", "收入", "支出", "借方", "贷方", "退款", "消费", "扣款", "账单", "回单", "明细", "statement", "receipt", "invoice",
			"amount", "amt", "transaction", "transactions", "txn", "payment", "payments", "order", "orders", "order no", "order_id", "order_no", "balance", "debit", "credit", "transfer", "paid", "refund", "total_amount", "pay_amount", "deposit", "withdrawal"}}}
}

var (
	day, amount, code = regexp.MustCompile(dayPart), regexp.MustCompile(moneyPart), regexp.MustCompile(codePart)

	// what programs write down, and where amounts are none
	logLine  = regexp.MustCompile(`\b(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE|FATAL|SEVERE|HTTP/\d|GET|PUT|HEAD|PATCH|DELETE|[Tt]hread|pid|trace_?id|span_?id|latency|elapsed|took|duration|uptime|goroutine)\b|\[(?:info|warn|error|debug)\]|(?i:level)=`)
	measured = regexp.MustCompile(`^ ?(?:ms|μs|us|ns|s|sec|min|h|[KMGT]i?B|[kc]?m|mm|kg|g|ml|L|Hz|fps|rpm|°|℃|度|倍|点|版|号机)(?:[^A-Za-z]|$)`)
	decimals = regexp.MustCompile(`\d\.\d\d`)
	money    = regexp.MustCompile(currency + `|元|yuan`)
	version  = regexp.MustCompile(`(?i)\b(?:version|release|build|v)[ :]?\d|版本|\bsha(?:1|256)?\b|commit`)
)

// dealings answers the shortest stretches of a line that hold a date, an amount
// and a number of an account or an order.
func dealings(line []byte, _ []span) (found []span) {
	const kinds = 3
	var at [kinds][][]int
	if at[0] = day.FindAllIndex(line, -1); at[0] == nil {
		return nil
	}
	at[1] = slices.DeleteFunc(outside(code.FindAllIndex(line, -1), at[0]), func(c []int) bool { return inAddress(line, c[0]) })
	if len(at[1]) == 0 {
		return nil
	}
	for _, m := range amount.FindAllIndex(line, -1) {
		if isAmount(line, m) {
			at[2] = append(at[2], m)
		}
	}
	at[2] = outside(at[2], at[0])
	for at[0] != nil && at[1] != nil && at[2] != nil {
		s := span{len(line), 0}
		for k := range kinds {
			s.start, s.end = min(s.start, at[k][0][0]), max(s.end, at[k][0][1])
		}
		if s.end-s.start <= overlap {
			found = append(found, s)
		} else {
			s.end = s.start + 1 // they belong to several: leave the first behind
		}
		for k := range kinds {
			for at[k] != nil && at[k][0][0] < s.end {
				if at[k] = at[k][1:]; len(at[k]) == 0 {
					at[k] = nil
				}
			}
		}
	}
	return found
}

// outside answers the stretches that touch none of others; both are sorted.
func outside(stretches, others [][]int) (kept [][]int) {
	for _, s := range stretches {
		for len(others) > 0 && others[0][1] <= s[0] {
			others = others[1:]
		}
		if len(others) == 0 || s[1] <= others[0][0] {
			kept = append(kept, s)
		}
	}
	return kept
}

// inAddress tells whether a number is a part of the address of a page.
func inAddress(line []byte, at int) bool {
	word := line[bytes.LastIndexAny(line[:at], " \t,;|\"'")+1 : at]
	return bytes.Contains(word, []byte("://")) || bytes.ContainsAny(word, "?&") && bytes.HasSuffix(word, []byte("="))
}

// isAmount tells an amount from a part of an address, a version or a time.
func isAmount(line []byte, at []int) bool {
	if i := at[0] - 1; i >= 0 && line[at[0]] < 0x80 {
		c := line[i]
		if alnum(c) || c == '.' || c == '_' || c == ':' && i > 0 && line[i-1] >= '0' && line[i-1] <= '9' {
			return false
		}
	}
	rest := line[at[1]:]
	return len(rest) == 0 || !(alnum(rest[0]) || rest[0] == '%' || rest[0] == '_' || rest[0] == '.' && len(rest) > 1 && rest[1] != ' ')
}

// transaction tells one from a line of a log, of measurements or of versions.
func transaction(before, value, after []byte) bool {
	before = before[max(0, len(before)-64):]
	if logLine.Match(before) || logLine.Match(value) || version.Match(before) || version.Match(value) {
		return false
	}
	if money.Match(value) {
		return true
	}
	for _, at := range decimals.FindAllIndex(value, -1) {
		rest := value[at[1]:]
		if len(rest) == 0 {
			rest = after
		}
		if !measured.Match(rest) && !bytes.HasPrefix(rest, []byte("%")) {
			return true
		}
	}
	return false
}

// creditRecords finds what credit reports say: the People's Bank of China's
// personal credit report (second generation, 2020), and Metro 2 of the United
// States' Consumer Data Industry Association.
func creditRecords() []Detector {
	return []Detector{repayments(), {Class: CreditRecord, Alone: -1, accept: reported, byRow: true,
		Words: []string{"逾期次数", "逾期笔数", "逾期金额", "逾期月数", "逾期天数", "逾期总额", "逾期账户数", "当前逾期", "当前逾期期数", "当前逾期总额", "累计逾期", "累计逾期次数", "连续逾期", "最长逾期月数", "最高逾期期数", "单月最高逾期总额",
			"授信额度", "授信总额", "授信金额", "授信余额", "已用额度", "可用授信", "最大使用额度", "信用额度", "共享额度", "五级分类", "贷款余额", "贷款笔数", "贷款账户数", "未结清贷款", "未结清账户数", "已结清账户数", "未结清余额", "本月应还款", "本月实还款", "应还款日", "剩余还款期数",
			"贷记卡账户数", "准贷记卡", "贷记卡透支", "透支余额", "未销户贷记卡", "发卡法人机构数", "担保信息", "对外担保", "担保余额", "担保金额", "相关还款责任", "查询记录", "查询次数", "近六个月查询", "最近1个月内的查询次数", "贷款审批查询", "机构查询", "呆账", "呆账余额", "代偿余额", "保证人代偿", "资产处置余额", "强制执行记录", "欠税记录", "民事判决记录", "行政处罚记录", "还款记录", "还款状态", "最近24个月还款状态", "账户状态", "信用评分", "征信评分", "信用得分", "五年还款记录", "特殊交易", "未还分期余额",
			"charge-off", "charge-offs", "charged-off", "days past due", "past due amount", "amount past due", "30 days late", "60 days late", "90 days late", "FICO score", "FICO", "credit score", "VantageScore", "credit utilization", "credit limit", "high credit", "tradeline", "tradelines", "delinquency", "delinquencies", "derogatory marks", "collection account", "collections accounts", "hard inquiry", "hard inquiries", "revolving balance", "revolving utilization", "payment rating", "account status", "debt-to-income ratio", "DTI", "open accounts", "public records", "bankruptcies", "date of first delinquency", "payment history profile", "loan balance", "credit history length"},
		Near: []string{"征信", "征信报告", "个人征信", "信用报告", "个人信用报告", "企业信用报告", "借款人", "被查询者", "被查询人", "信贷交易信息", "贷款申请人", "征信中心", "borrower", "credit bureau", "credit report", "consumer report", "credit file", "Equifax", "Experian", "TransUnion", "loan applicant"}}}
}

var (
	reportedBehind = regexp.MustCompile(`^["'\])]{0,2}(?:\([^)]{0,10}\))? {0,3}(?:[:=,\t|;]|为|共|计|达|合计|is|was|of|at)? {0,3}["']?(?:约|共|人民币)?[¥￥$]?(?:\d|正常|关注|次级|可疑|损失|无\b|结清|未结清|逾期|良好|[NC*/]{6,}|(?i:yes|no|none|good|fair|poor|current|open|closed)\b)`)
	countedBefore  = regexp.MustCompile(`(?:^|[^\w.])(?:\d{1,3}|one|two|three|four|five|six) (?:\w+ )?$`)
	inCell         = regexp.MustCompile(`^["']?(?:[,\t|;]|$|\r)`)
	cellFrom       = regexp.MustCompile(`(?:^|[,\t|;])["']?$`)
)

// reported tells what a report says of somebody, or a heading of a table of
// such, from texts about credit: a figure or a state stands behind the term.
func reported(before, _, after []byte) bool {
	return reportedBehind.Match(after) || countedBefore.Match(before) ||
		cellFrom.Match(before) && inCell.Match(after) && bytes.Count(before, []byte{','})+bytes.Count(after, []byte{','})+2*bytes.Count(before, []byte{'\t'})+2*bytes.Count(after, []byte{'\t'}) > 2 &&
			!bytes.Contains(before, []byte("。")) && !bytes.Contains(after, []byte("。")) && !bytes.Contains(after, []byte("等"))
}

// repayments finds what a table of loans says of each borrower: how it is paid
// back, or its class of five (Guidelines on Risk-based Loan Classification, 2007;
// Measures of 2023), under a heading of that, beside another of loans.
func repayments() Detector {
	return Detector{Class: CreditRecord, Alone: -1, accept: wholeCell, byRow: true, labelled: true, meant: headsLoans,
		Pattern: `正常|关注|次级|可疑|损失|(?:当前|已|未|严重|轻微|连续)?逾期(?:\d{1,3}(?:天|期|个月))?|(?:已|未)?(?:结清|核销|代偿)|呆账|止付|冻结|M[0-7]|(?i:current|delinquent|(?:\d{2,3} days )?past due|charged-off|default|(?:\d{2,3} days )?late)`,
		Anchors: []string{"正常", "关注", "次级", "可疑", "损失", "逾期", "结清", "核销", "代偿", "呆账", "止付", "冻结", "M0", "M1", "M2", "M3", "M4", "M5", "M6", "M7", "current", "delinquent", "past due", "charged-off", "default", "late"},
		Near:    loanStates()}
}

func loanStates() []string {
	return []string{"还款状态", "还款情况", "五级分类", "贷款五级分类", "资产分类", "贷款状态", "逾期状态", "逾期情况", "是否逾期", "账户状态", "当前状态", "repayment status", "payment status", "loan status"}
}

var loanHeading = regexp.MustCompile(`(?i)授信|贷款|借款|逾期|还款|应还|未还|欠款|欠息|\bloan|borrower|outstanding|past.due|credit.limit|overdue`)

// headsLoans tells whether a heading stands in a cell, with others of loans
// beside it.
func headsLoans(before, _, after []byte) bool {
	return cellFrom.Match(before) && inCell.Match(after) && (loanHeading.Match(before) || loanHeading.Match(after)) &&
		!bytes.Contains(before, []byte("。")) && !bytes.Contains(after, []byte("。"))
}

// wholeCell tells whether a value fills its cell.
func wholeCell(before, _, after []byte) bool {
	return cellFrom.Match(before) && inCell.Match(after)
}
