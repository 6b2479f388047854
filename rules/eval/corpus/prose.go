package corpus

import "strings"

var positives = []kindOf{
	{"csv with headings", list(",", true)},
	{"mail zh", mailZH},
	{"tsv with headings", list("\t", true)},
	{"contract", contract},
	{"csv without headings", list(",", false)},
	{"chat", chat},
	{"semicolon list", list(";", true)},
	{"ticket zh", ticketZH},
	{"pipe list", list("|", true)},
	{"mail en", mailEN},
	{"fixed width", fixedWidth},
	{"ticket en", ticketEN},
	{"pasted pairs", pairs},
	{"application log", applicationLog},
	{"json lines", jsonLines},
	{"waybill", waybill},
	{"sql dump", sqlDump},
	{"form", form},
	{"vcards", vCards},
	{"minutes", minutes},
}

func mailZH(w *writer) {
	p, q := w.person(), w.person()
	w.plain("主题：关于%s的跟进\n\n%s，您好！\n\n", w.one("续保", "理赔", "贷款审批", "退款"), w.one("各位同事", "王经理", "团队"))
	switch w.grade {
	case Plain:
		w.say(p, "客户姓名：%n\n联系电话：%m\n身份证号：%i\n通讯地址：%a\n")
		w.count = 1
	case Mixed:
		w.say(p, "今天上午客户%n来电，手机%m，证件号%i，请把合同寄到%a，收件人%n。\n")
		w.say(q, "另外麻烦联系%n（电话：%m，邮箱 %e），对方要求更改扣款账号为%c。\n")
		w.count = 2
	default:
		w.say(p, "刚才那位%n先生又打过来了，用的%m这个号，说身份证 %i 录错了一位。\n")
		w.say(q, "%n女士的件还是寄%a，她的卡 %c 已经核对过，邮件发 %e 就行。订单 "+"1"+w.one("3", "5", "8")+w.digits(9)+"0 已关闭。\n")
		w.count = 2
	}
	w.plain("\n以上，谢谢。\n%s\n", w.one("客服中心", "信贷部", "运营组"))
}

func mailEN(w *writer) {
	p, q := w.english(w.person()), w.english(w.person())
	w.plain("Subject: follow-up %s\n\nHi team,\n\n", w.one("on renewal", "refund request", "KYC review"))
	switch w.grade {
	case Plain:
		w.say(p, "Customer name: %n\nMobile: %m\nEmail: %e\nAddress: %a\n")
		w.count = 1
	case Mixed:
		w.say(p, "Please call the customer back.\nName: %n\nPhone: %m\nShipping address: %a\n")
		w.say(q, "The refund goes to card number %c; confirmation to %e.\n")
		w.count = 1
	default:
		w.say(p, "He can be reached at %m or %e after 6pm, ref 2024"+w.digits(9)+".\n")
		w.say(q, "Ship to: %n, phone %m\nBilling address: %a\n")
		w.count = 2
	}
	w.plain("\nBest regards,\nSupport\n")
}

func contract(w *writer) {
	p, q := w.person(), w.person()
	w.plain("%s合同\n合同编号：HT%s\n\n", w.one("房屋租赁", "借款", "服务"), w.digits(11))
	w.say(p, "甲方（出租方）：%n\n身份证号码：%i\n联系电话：%m\n住址：%a\n\n")
	if w.grade == Plain {
		w.say(q, "乙方（承租方）：%n\n身份证号码：%i\n联系电话：%m\n开户行账号：%c\n\n")
	} else {
		w.say(q, "乙方：%n，身份证%i，现住%a，联系电话%m。租金汇入账户%c（户名%n）。\n\n")
	}
	w.plain("第一条 租赁期限自%s起至%s止，共 12 个月，租金每月人民币 %d 元整。\n第二条 本合同一式两份，自双方签字之日起生效。\n", w.date(), w.date(), 1000+w.IntN(9000))
	w.count = 2
}

func chat(w *writer) {
	day := w.date()
	lines := []string{"你好，我想查一下我的单子", "好的，请稍等", "%n，%m", "收到了吗？", "地址改成%a", "我叫%n，电话是%m", "身份证：%i", "邮箱%e，麻烦发一份电子版", "退到这张卡 %c", "座机打不通的话打 %l", "好的，已登记", "明天方便吗", "价格 199 元，满 300 减 50"}
	p := w.person()
	for range 8 + w.IntN(12) {
		if w.chance(25) {
			p = w.person()
		}
		line := lines[w.IntN(len(lines))]
		w.plain("[%s %s] %s: ", day, w.clock(), w.one("客服小助手", "用户", "user_"+w.digits(4)))
		w.say(p, line+"\n")
		if strings.Count(line, "%") > 1 {
			w.count++
		}
	}
}

func ticketZH(w *writer) {
	p := w.person()
	w.plain("工单编号：%s\n受理时间：%s %s\n", w.digits(14), w.date(), w.clock())
	w.say(p, "客户：%n\n来电号码：%m\n")
	if w.grade == Plain {
		w.say(p, "邮箱：%e\n地址：%a\n")
	} else {
		w.say(p, "诉求：客户反映%a附近信号差，要求回电%l，备用邮箱%e。\n")
	}
	w.plain("处理结果：已派单，流水号 1%s。\n", w.digits(10))
	w.count = 1
}

func ticketEN(w *writer) {
	p := w.english(w.person())
	w.plain("Ticket ID: %s\nCreated: %sT%sZ\n", w.digits(11), w.date(), w.clock())
	w.say(p, "Customer: %n\nContact number: %m\nEmail: %e\n")
	if w.grade > Plain {
		w.say(p, "Notes: caller asked to update mailing address: %a\nCard on file: %c\n")
	}
	w.plain("Status: open, priority %d, build 2.14.%d\n", 1+w.IntN(4), w.IntN(900))
	w.count = 1
}

func applicationLog(w *writer) {
	for range 20 + w.IntN(20) {
		w.plain("%s %s.%03d INFO [worker-%d] ", w.date(), w.clock(), w.IntN(1000), w.IntN(16))
		p := w.person()
		switch w.IntN(6) {
		case 0:
			w.say(p, "sms sent mobile=%m template=1042 cost=")
			w.plain("%dms\n", w.IntN(900))
		case 1:
			w.say(p, `register ok user={"name":"%n","mobile":"%m"} trace=`+w.hex(32)+"\n")
			w.count++
		case 2:
			w.say(p, "bind card cardNo=%c orderId=1"+w.one("3", "7", "8")+w.digits(9)+"\n")
		case 3:
			w.say(p, "mail queued to=<%e> id="+w.hex(16)+"\n")
		default:
			w.plain("GET /api/v1/orders/1%s 200 %d trace=%s ts=1%s\n", w.one("3", "5", "7")+w.digits(9), w.IntN(90000), w.hex(16), w.digits(12))
		}
	}
}

func waybill(w *writer) {
	rows := 1 + w.IntN(40)
	for range rows {
		w.plain("运单号：%s%s\n", w.one("SF", "YT", "JD", ""), w.digits(13))
		p := w.person()
		if w.grade == Plain {
			w.say(p, "收件人：%n\n电话：%m\n收货地址：%a\n\n")
		} else {
			w.say(p, "%n %m %a\n\n")
		}
	}
	w.count = rows
}

func minutes(w *writer) {
	w.plain("会议纪要\n时间：%s\n地点：三楼会议室\n\n", w.date())
	w.plain("一、%s\n", w.one("本季度回访完成率 92%，其中投诉 17 件。", "系统将于周六凌晨升级，预计 2 小时。"))
	p := w.person()
	if w.grade == Hard {
		w.say(p, "二、重点客户%n先生（%m）反映的问题由李工跟进，资料寄%a。\n")
	} else {
		w.say(p, "二、客户%n投诉，联系电话：%m，邮寄地址：%a。\n")
	}
	w.plain("三、下次会议另行通知。\n")
	w.count = 1
}
