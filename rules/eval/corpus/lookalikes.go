package corpus

import "strings"

// lookAlikes hold numbers that seem to be of companies, accounts and permits.
var lookAlikes = []kindOf{
	{"spoiled codes", spoiledCodes},
	{"serial numbers", serialNumbers},
	{"long orders", longOrders},
	{"masked codes", maskedCodes},
	{"bank codes", bankCodes},
	{"upper-case log", upperLog},
	{"part numbers", partNumbers},
	{"spoiled permits", spoiledPermits},
}

func (w *writer) capitals(n int) string {
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[w.IntN(len(letters))]
	}
	return string(b)
}

func spoiledCodes(w *writer) {
	w.plain("%s\n", w.one("以下代码校验未通过，请企业核对", "codes that failed validation"))
	w.lead()
	for range 20 + w.IntN(20) {
		w.plain("%s\t%s\n", spoiled(w.creditCode()), spoiled(w.account()))
	}
}

func spoiledPermits(w *writer) {
	w.plain("%s\n", w.one("证件号码,结果", "ID Number,result"))
	for range 20 + w.IntN(20) {
		w.plain("%s,%s\n", w.one(spoiled(w.residencePermit()), spoiled(w.permanentResidence(false))), w.one("不符", "mismatch"))
	}
}

func serialNumbers(w *writer) {
	w.plain("%s\n", w.one("车架号 | 序列号 | 授权密钥", "VIN | serial no | licence key"))
	for range 20 + w.IntN(30) {
		w.plain("L%s | %s | %s-%s-%s-%s\n", w.capitals(16), w.one("9", "5", "1", "S")+w.capitals(17), w.capitals(5), w.capitals(5), w.capitals(5), w.capitals(5))
	}
}

func longOrders(w *writer) {
	w.plain("%s\n", w.one("订单号,流水号,金额", "order no,transaction id,amount"))
	for range 40 + w.IntN(60) {
		w.plain("%s%s,%s,%d\n", strings.ReplaceAll(w.date(), "-", ""), w.digits(10), w.one("91", "92", "81", "83")+w.digits(16), w.IntN(9000))
	}
}

func maskedCodes(w *writer) {
	w.plain("%s\n", w.one("企业名称,统一社会信用代码,国际银行账号", "Company,USCC,IBAN"))
	for range 20 + w.IntN(30) {
		c, a := w.creditCode(), w.account()
		w.plain("%s,%s************%s,%s***********%s\n", w.company(), c[:4], c[16:], a[:4], a[len(a)-4:])
	}
}

func bankCodes(w *writer) {
	w.plain("%s\n", w.one("BIC;branch;routing", "银行代码;网点;联行号"))
	for range 20 + w.IntN(20) {
		w.plain("%s;%s;%s\n", w.one("COBADEFFXXX", "DEUTDEDB", "BKCHCNBJ300", "NWBKGB2L"), w.one("DE", "GB", "FR", "NL")+w.digits(8), w.digits(12))
	}
}

func upperLog(w *writer) {
	for range 20 + w.IntN(40) {
		w.plain("%s %s REQ=%s ETAG=\"%s\" KEY %s/%s\n", w.date(), w.clock(), strings.ToUpper(w.hex(32)), strings.ToUpper(w.hex(18)), w.one("DE", "FR", "GB", "NO")+w.digits(2)+w.capitals(18), strings.ToUpper(w.hex(15)))
	}
}

func partNumbers(w *writer) {
	w.plain("%s\n", w.one("货号,批次,库存", "part no,batch,stock"))
	for range 20 + w.IntN(30) {
		w.plain("%s,%s,%d\n", w.one("USA", "GBR", "ABC", "FRA")+w.one("1101", "3101", "4403")+w.birth()[2:]+w.digits(2), w.capitals(18), w.IntN(900))
	}
}
