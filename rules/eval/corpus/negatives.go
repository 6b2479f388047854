package corpus

import (
	"fmt"
	"strings"
)

// negatives hold no customer data: everything a detector says of them is false.
var negatives = []kindOf{
	{"order list", orderList},
	{"server log", serverLog},
	{"source code", sourceCode},
	{"statistics", statistics},
	{"tracking numbers", trackingNumbers},
	{"news zh", newsZH},
	{"wrong checksums", wrongChecksums},
	{"masked list", maskedList},
	{"git log", gitLog},
	{"product codes", productCodes},
	{"configuration", configuration},
	{"hex and identifiers", identifiers},
	{"catalogue zh", catalogueZH},
	{"prose en", proseEN},
	{"json telemetry", telemetry},
	{"price list", priceList},
}

func (w *writer) phoneLike() string { return "1" + w.one("3", "5", "7", "8", "9") + w.digits(9) }

func orderList(w *writer) {
	w.plain("%s\n", w.one("订单号,商品,数量,金额,下单时间", "订单编号,流水号,数量,单价,时间", "order_id,transaction_id,qty,total,created"))
	for range 20 + w.IntN(60) {
		w.plain("%s,%s,%d,%d.%02d,%s %s\n", w.phoneLike(), w.one("6222"+w.digits(15), "4"+w.digits(15), w.digits(18)), 1+w.IntN(9), w.IntN(9000), w.IntN(100), w.date(), w.clock())
	}
}

func serverLog(w *writer) {
	for range 20 + w.IntN(60) {
		w.plain("%d.%d.%d.%d - - [%s %s] \"GET /item/%s?ts=%d%s HTTP/1.1\" 200 %d rt=0.%s req=%s\n", w.IntN(256), w.IntN(256), w.IntN(256), w.IntN(256),
			w.date(), w.clock(), w.phoneLike(), 16+w.IntN(2), w.digits(11), w.IntN(99999), w.digits(11), w.hex(32))
	}
}

func sourceCode(w *writer) {
	w.plain("package generated\n\n// Code generated from schema %d; DO NOT EDIT.\n\nconst (\n", w.IntN(100))
	for i := range 20 + w.IntN(30) {
		switch w.IntN(6) {
		case 0:
			w.plain("\tlimit%d = %s // nanoseconds\n", i, w.phoneLike())
		case 1:
			w.plain("\tmask%d uint64 = 0x%s\n", i, w.hex(16))
		case 2:
			w.plain("\tratio%d = 0.%s\n", i, w.digits(16))
		case 3:
			w.plain("\tversion%d = \"%d.%d.%d-rc.%d+%s\"\n", i, w.IntN(9), w.IntN(99), w.IntN(999), w.IntN(9), w.digits(11))
		case 4:
			w.plain("\tassert_eq!(hash(\"key%d\"), %s_u64);\n", i, w.digits(19))
		default:
			w.plain("\tname%d = \"%s\" // name, address, phone: see schema\n", i, w.one("getUser", "setAddress", "phoneNumber", "std@v1.2.3", "icon@2x.png"))
		}
	}
	w.plain(")\n")
}

func statistics(w *writer) {
	w.plain("%s\n", w.one("地区,人口,面积,产值", "年份,总量,同比,环比", "region,population,area,gdp"))
	for range 20 + w.IntN(30) {
		w.plain("%s,%s,%s,%s\n", w.one("华东", "华南", "东北", "北京", "浙江", "East", "North"), w.phoneLike(), w.digits(6), w.digits(13))
	}
}

func trackingNumbers(w *writer) {
	w.plain("%s\n", w.one("快递单号", "运单号", "tracking number"))
	for range 20 + w.IntN(30) {
		w.plain("%s\n", w.one("SF"+w.digits(13), w.digits(12), "YT"+w.digits(13), "JDVA"+w.digits(11), "7"+w.digits(14), w.phoneLike()+w.digits(1+w.IntN(3))))
	}
}

func newsZH(w *writer) {
	for range 6 + w.IntN(8) {
		w.plain("%s\n", w.one(
			"记者从北京市有关部门获悉，全市今年将新建改建道路120公里，其中城市快速路35公里。",
			"浙江省杭州市西湖区近日出台新政，鼓励企业加大研发投入，最高补贴500万元。",
			"高温天气持续，江苏省南京市气象台发布橙色预警，市民外出请注意防暑。",
			"平安建设是一项系统工程，需要全社会共同参与。",
			"公司营业收入达到13812345678元，同比增长15.3%，创历史新高。",
			"该项目位于广东省深圳市南山区，总投资约18900000000元，预计2027年建成。",
			"马上就要到周末了，方便的话请大家提前安排好出行时间。",
			"本次会议由计划财务部主持，各单位负责人参加，会议强调安全生产。",
			"根据统计，1至9月累计完成货物吞吐量15012345678吨。",
			"黄金价格今日小幅上涨，白银价格基本持平。"))
	}
}

func wrongChecksums(w *writer) {
	w.plain("测试用例：以下号码应全部被拒绝\n")
	for range 20 + w.IntN(20) {
		p := w.people.Person()
		id, card := []byte(p.ResidentID), []byte(p.BankCard)
		id[16] = '0' + (id[16]-'0'+1)%10
		card[len(card)-1] = '0' + (card[len(card)-1]-'0'+3)%10
		w.plain("%s\t%s\t%s\n", id, card, w.one("12"+w.digits(9), "10"+w.digits(9), "1"+w.digits(9)))
	}
}

func maskedList(w *writer) {
	w.plain("姓名,手机号,身份证号,银行卡号\n")
	for range 20 + w.IntN(30) {
		p := w.people.Person()
		w.plain("%s**,%s****%s,%s********%s,%s*********%s\n", string([]rune(p.Name)[:1]), p.Mobile[:3], p.Mobile[7:], p.ResidentID[:6], p.ResidentID[14:], p.BankCard[:6], p.BankCard[len(p.BankCard)-4:])
	}
}

func gitLog(w *writer) {
	for range 10 + w.IntN(20) {
		w.plain("commit %s\nDate:   %s %s +0800\n\n    %s (#%d)\n\n", w.hex(40), w.date(), w.clock(), w.one("fix: flaky test", "修复登录问题", "bump deps to v1.13812345678.0", "docs: update"), w.IntN(9999))
	}
}

func productCodes(w *writer) {
	w.plain("%s\n", w.one("SKU | Barcode | Batch", "货号 | 条码 | 批次号"))
	for range 20 + w.IntN(30) {
		w.plain("%s | 69%s | %s\n", w.phoneLike(), w.digits(11), w.one("B"+w.phoneLike(), w.phoneLike()))
	}
}

func configuration(w *writer) {
	for i := range 15 + w.IntN(15) {
		w.plain("%s\n", w.one(
			fmt.Sprintf("timeout_ns: %s", w.phoneLike()), fmt.Sprintf("max_size = %s", w.phoneLike()), fmt.Sprintf("node%d.id = %s", i, w.digits(18)),
			fmt.Sprintf("image: registry.local/app@sha256:%s", w.hex(64)), fmt.Sprintf("server.address = 0.0.0.0:%d", w.IntN(65536)), "user.name = service-account",
			fmt.Sprintf("build: %s%s", strings.ReplaceAll(w.date(), "-", ""), w.digits(6)), "contact: https://status.internal/contact", fmt.Sprintf("session_id=%s", w.digits(19))))
	}
}

func identifiers(w *writer) {
	for range 20 + w.IntN(30) {
		w.plain("%s-%s-4%s-a%s-%s %s %s %d.%d.%d.%d\n", w.hex(8), w.hex(4), w.hex(3), w.hex(3), w.digits(12), w.hex(40), w.digits(11)+w.hex(5), w.IntN(256), w.IntN(256), w.IntN(256), w.IntN(256))
	}
}

func catalogueZH(w *writer) {
	w.plain("%s\n", w.one("名称,规格,产地,库存", "品名,类别,产地,编号"))
	for range 20 + w.IntN(30) {
		w.plain("%s,%s,%s,%s\n", w.one("高山茶", "温水杯", "金龙鱼", "白开水", "方便面", "牛肉干", "石榴汁", "马蹄糕", "花生油", "黄豆酱"), w.one("500克", "12件", "大号"), w.one("福建省泉州市安溪县", "山东省青岛市", "云南", "四川成都"), w.phoneLike())
	}
}

func proseEN(w *writer) {
	for range 6 + w.IntN(10) {
		w.plain("%s\n", w.one(
			"The name of the function should say what it does; its address is resolved at link time.",
			"See RFC 5322 for the address format, and write to the mailing list for questions.",
			"In 2023, the company shipped 13812345678 units across 42 regions (+12.5%).",
			"Phone support is available on weekdays. Email us through the contact form.",
			"Name: the identifier of the resource. Address: where it lives in memory.",
			"Release 2.15.0 (2024-01-15 10:20:30) closes issues 13512, 15890 and 18777.",
			"Customer satisfaction rose to 92 percent, while average handling time fell to 138 seconds.",
			"The 16-digit token 4539 is rejected unless the checksum matches."))
	}
}

func telemetry(w *writer) {
	for range 20 + w.IntN(30) {
		w.plain(`{"event":"%s","device_id":"%s","ts":1%s,"session":%s,"value":%d.%s,"seq":%s}`+"\n", w.one("click", "view"), w.hex(16), w.digits(12), w.phoneLike(), w.IntN(10), w.digits(15), w.digits(16))
	}
}

func priceList(w *writer) {
	w.plain("编号    名称    数量    总价\n")
	for range 20 + w.IntN(20) {
		w.plain("%s    %s    %d    %s\n", w.phoneLike(), w.one("元件", "白板笔", "文件夹", "路由器", "计算机"), w.IntN(100), w.digits(8))
	}
}
