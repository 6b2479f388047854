package corpus

import (
	"fmt"

	"github.com/trustline/trustline/rules/detect"
)

const transaction detect.Class = "transaction"

// dealingPapers hold payments and orders.
var dealingPapers = []kindOf{
	{"bank statement zh", bankStatementZH},
	{"bank statement en", bankStatementEN},
	{"order export", orderExport},
	{"payment messages", paymentMessages},
	{"receipt zh", receiptZH},
	{"refunds en", refundsEN},
}

// dealingLookAlikes hold dates, amounts or long numbers, never all of one payment.
var dealingLookAlikes = []kindOf{
	{"service log", serviceLog},
	{"stock table", stockTable},
	{"price list", goodsList},
	{"shipping list", shippingList},
	{"release table", releaseTable},
	{"meter readings", meterReadings},
}

func (w *writer) price() string {
	if w.chance(30) {
		return fmt.Sprintf("%d,%03d.%02d", 1+w.IntN(90), w.IntN(1000), w.IntN(100))
	}
	return fmt.Sprintf("%d.%02d", 1+w.IntN(9000), w.IntN(100))
}

// longNumber is of an account or an order; some digits are hidden at times.
func (w *writer) longNumber() string {
	switch {
	case w.grade > Plain && w.chance(35):
		return w.one("6222", "6217", "6228") + "********" + w.digits(4)
	case w.grade == Hard && w.chance(30):
		return w.one("SO", "PO", "E") + w.digits(14)
	}
	return w.one("62", "31", "10") + w.digits(10+w.IntN(9))
}

func (w *writer) day() string {
	switch w.IntN(3) {
	case 0:
		return fmt.Sprintf("%d/%02d/%02d", 2018+w.IntN(8), 1+w.IntN(12), 1+w.IntN(28))
	case 1:
		return fmt.Sprintf("%d年%d月%d日", 2018+w.IntN(8), 1+w.IntN(12), 1+w.IntN(28))
	}
	return w.date()
}

func bankStatementZH(w *writer) {
	w.plain("%s\n", w.one("账户交易明细", "个人活期账户流水", "对账单"))
	tab := w.one(",", "\t", " | ")
	w.plain("交易日期%s摘要%s金额%s余额%s对方账号\n", tab, tab, tab, tab)
	for range 6 + w.IntN(10) {
		w.put(transaction, w.date()+" "+w.clock()+tab+w.one("网上支付", "代发工资", "ATM取款", "转入")+tab+w.one("", "-", "+")+w.price()+tab+w.price()+tab+w.longNumber())
		w.plain("\n")
	}
}

func bankStatementEN(w *writer) {
	w.plain("Account statement\nDate,Description,Debit,Balance,Reference\n")
	for range 6 + w.IntN(10) {
		day := fmt.Sprintf("%02d/%02d/%d", 1+w.IntN(12), 1+w.IntN(28), 2018+w.IntN(8))
		if w.grade > Plain && w.chance(40) {
			day = fmt.Sprintf("%02d %s %d", 1+w.IntN(28), w.one("Jan", "May", "September", "Nov"), 2018+w.IntN(8))
		}
		w.put(transaction, day+","+w.one("Card purchase", "Direct deposit", "Wire out")+","+w.one("", "$")+fmt.Sprintf("%d.%02d", w.IntN(9000), w.IntN(100))+","+fmt.Sprintf("%d.%02d", w.IntN(90000), w.IntN(100))+","+w.digits(12))
		w.plain("\n")
	}
}

func orderExport(w *writer) {
	w.plain("订单号,下单时间,商品,实付金额,收货城市\n")
	for range 6 + w.IntN(10) {
		w.put(transaction, w.digits(1)+w.digits(17)+","+w.day()+" "+w.clock()+","+w.one("茶具套装", "无线耳机", "儿童雨衣")+","+w.one("", "¥", "￥")+w.price())
		w.plain(",%s\n", w.one("杭州", "成都", "沈阳"))
	}
}

func paymentMessages(w *writer) {
	for range 3 + w.IntN(5) {
		switch w.grade {
		case Plain:
			w.plain("收款通知：")
			w.put(transaction, w.day()+" 您的账户"+w.longNumber()+"收到转账 "+w.price()+"元")
			w.plain("。\n")
		case Mixed:
			w.plain("客服反馈，")
			w.put(transaction, w.day()+"客户支付了"+w.price()+"元，流水号"+w.digits(20))
			w.plain("，系统未入账。\n")
		default:
			w.put(transaction, w.longNumber()+" 这笔 "+w.price()+" 元 "+w.day())
			w.plain(" 已退款，请核对。\n")
		}
	}
}

func receiptZH(w *writer) {
	w.plain("电子回单\n")
	for range 2 + w.IntN(4) {
		w.plain("付款信息：")
		w.put(transaction, w.longNumber()+" 于 "+w.day()+" "+w.clock()+" 支出人民币 "+w.price())
		w.plain(" （用途：货款）\n")
	}
}

func refundsEN(w *writer) {
	for range 3 + w.IntN(5) {
		switch w.grade {
		case Plain:
			w.plain("Payment received: ")
			w.put(transaction, w.date()+", order "+w.digits(13)+", $"+w.price())
		case Mixed:
			w.plain("We refunded ")
			w.put(transaction, "$"+w.price()+" on "+w.date()+" for order "+w.digits(13))
		default:
			w.plain("still open: ")
			w.put(transaction, w.digits(13)+" / "+w.date()+" / EUR "+w.price())
			w.plain(", the payment bounced")
		}
		w.plain(".\n")
	}
}

func serviceLog(w *writer) {
	w.plain("payment-service\n")
	for range 8 + w.IntN(20) {
		w.plain("%s %s.%s %s\n", w.date(), w.clock(), w.digits(3), w.one("INFO order "+w.digits(12)+" handled in "+w.price()+" ms", "WARN [worker-3] balance check slow: 12.50 s trace "+w.hex(32), "DEBUG transaction "+w.digits(16)+" committed, took 3.25ms", "INFO GET /payment/"+w.digits(12)+" HTTP/1.1 200 0.42"))
	}
}

func stockTable(w *writer) {
	w.plain("交易日期,代码,开盘,最高,最低,收盘,成交量\n")
	for range 8 + w.IntN(20) {
		w.plain("%s,%s,%d.%02d,%d.%02d,%d.%02d,%d.%02d,%s\n", w.date(), w.digits(6), 10+w.IntN(90), w.IntN(100), 10+w.IntN(90), w.IntN(100), 10+w.IntN(90), w.IntN(100), 10+w.IntN(90), w.IntN(100), w.digits(8))
	}
}

func goodsList(w *writer) {
	w.plain("商品编码,名称,金额,币种\n")
	for range 8 + w.IntN(20) {
		w.plain("69%s,%s,%s,CNY\n", w.digits(11), w.one("纯牛奶250ml", "抽纸3层", "马克杯"), w.price())
	}
}

func shippingList(w *writer) {
	w.plain("订单号,运单号,发货日期,重量\n")
	for range 8 + w.IntN(20) {
		w.plain("%s,SF%s,%s,%d.%d kg\n", w.digits(14), w.digits(13), w.date(), w.IntN(9), w.IntN(10))
	}
}

func releaseTable(w *writer) {
	w.plain("order,version,date,build\n")
	for range 8 + w.IntN(20) {
		w.plain("%d,v%d.%d.%d,%s,%s\n", w.IntN(100), w.IntN(9), w.IntN(20), w.IntN(90), w.date(), w.digits(12))
	}
}

func meterReadings(w *writer) {
	w.plain("表号,抄表日期,读数,支付方式\n")
	for range 8 + w.IntN(20) {
		w.plain("%s,%s,%d 度,%s\n", w.digits(12), w.date(), w.IntN(9000), w.one("月结", "预付"))
	}
}
