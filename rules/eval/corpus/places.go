package corpus

import (
	"fmt"

	"github.com/trustline/trustline/rules/detect"
)

// placePapers name organisations and, beside them, people.
var placePapers = []kindOf{
	{"contacts of suppliers", supplierContacts},
	{"customers who are companies' people", clientContacts},
}

// placeLookAlikes list branches, shops, suppliers, hotels and hospitals, with
// addresses, landlines and mailboxes of offices, and nobody.
var placeLookAlikes = []kindOf{
	{"branch list", branchList},
	{"supplier list", supplierList},
	{"list of places without headings", placesHeadless},
	{"contact page", contactPage},
	{"places in blocks", placeBlocks},
	{"store list en", storeList},
}

func (w *writer) organisation() string {
	city := w.one("北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "西安")
	return city + w.one("宏达贸易有限公司", "金鑫商贸有限公司", "第一人民医院", "中心医院", "国际大酒店", "滨江饭店", "解放路支行", "人民路营业部", "中山路店", "旗舰店", "第二中学", "实验小学", "建材超市")
}

func (w *writer) landlineAndAddress(order bool, between string) {
	p := w.person()
	if order {
		w.put(detect.Address, p.Address)
		w.plain("%s", between)
		w.put(detect.CNLandline, p.Landline)
		return
	}
	w.put(detect.CNLandline, p.Landline)
	w.plain("%s", between)
	w.put(detect.Address, p.Address)
}

func branchList(w *writer) {
	first := w.chance(50)
	rest := w.one("地址,联系电话", "网点地址,电话", "详细地址,座机")
	if !first {
		rest = w.one("电话,地址", "前台电话,地址", "联系电话,门店地址")
	}
	w.plain("%s,%s\n", w.one("网点名称", "门店名称", "医院名称", "酒店", "分店", "营业部", "支行名称", "学校名称"), rest)
	for range 22 + w.IntN(60) {
		w.plain("%s,", w.organisation())
		w.landlineAndAddress(first, ",")
		w.plain("\n")
	}
}

func supplierList(w *writer) {
	w.plain("%s\t地址\t%s\t邮箱\n", w.one("公司名称", "供应商", "供应商名称", "厂家", "企业名称"), w.one("总机", "固定电话", "座机"))
	for i := range 22 + w.IntN(60) {
		w.plain("%s\t", w.organisation())
		w.landlineAndAddress(true, "\t")
		w.plain("\t")
		w.put(detect.Email, fmt.Sprintf("bd%d%s@jinxin-%d.com.cn", i, w.one("sales", "office", "hr"), w.IntN(999)))
		w.plain("\n")
	}
}

func placesHeadless(w *writer) {
	for range 22 + w.IntN(40) {
		w.plain("%s,", w.organisation())
		w.landlineAndAddress(w.chance(50), ",")
		w.plain("\n")
	}
}

func contactPage(w *writer) {
	w.plain("# 联系我们\n\n")
	for i := range 22 + w.IntN(10) {
		p := w.person()
		w.plain("- %s分公司：", w.one("北京", "上海", "华南", "西北"))
		w.put(detect.Address, p.Address)
		w.plain("，电话 ")
		w.put(detect.CNLandline, p.Landline)
		w.plain("，邮箱 ")
		w.put(detect.Email, fmt.Sprintf("branch%d@trustcorp.cn", i))
		w.plain("\n")
	}
}

func placeBlocks(w *writer) {
	for i := range 22 + w.IntN(20) {
		p := w.person()
		w.plain("%s\n地址：", w.organisation())
		w.put(detect.Address, p.Address)
		w.plain("\n电话：")
		w.put(detect.CNLandline, p.Landline)
		w.plain("\n邮箱：")
		w.put(detect.Email, fmt.Sprintf("service%d@trustcorp.cn", i))
		w.plain("\n\n")
	}
}

func storeList(w *writer) {
	w.plain("%s,Address,%s\n", w.one("Store", "Branch", "Supplier", "Hotel", "Company"), w.one("Phone", "Landline", "Tel"))
	for i := range 22 + w.IntN(60) {
		w.plain("%s %d,", w.one("North", "Riverside", "Main Street"), i)
		w.landlineAndAddress(true, ",")
		w.plain("\n")
	}
}

func supplierContacts(w *writer) {
	rows := 22 + w.IntN(40)
	w.plain("%s,联系人,地址,座机\n", w.one("公司名称", "供应商", "网点", "厂家"))
	for range rows {
		p := w.person()
		w.plain("%s,", w.organisation())
		w.say(p, "%n,%a,%l\n")
	}
	w.count = rows
}

func clientContacts(w *writer) {
	rows := 22 + w.IntN(40)
	w.plain("%s,手机,地址\n", w.one("公司", "门店名称", "医院", "学校"))
	for range rows {
		p := w.person()
		w.plain("%s,", w.organisation())
		w.say(p, "%m,%a\n")
	}
	w.count = rows
}
