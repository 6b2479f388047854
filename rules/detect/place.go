package detect

import "bytes"

// Branches, shops, suppliers and hospitals have an address, a landline and a
// mailbox as people do, and lists of them are no lists of people. Where an
// organisation is named, a record of one needs more to be a person's: a name,
// a mobile number, a number of identity, a mailbox of one's own.

// ofPlaces lists the kinds that organisations have as well as people.
const ofPlaces = roles(1<<address | 1<<landline | 1<<email)

// placeHeadings are headings of columns that name organisations. 客户名称 is
// none: it calls for names, and a list of customers stays one.
var placeHeadings = func() (set words) {
	const list = "公司,公司名称,公司名,公司全称,分公司,分公司名称,企业,企业名称,单位名称,机构,机构名称,网点,网点名称,营业网点,营业部,营业厅,营业厅名称,支行,支行名称,分行,门店,门店名称,门店名,店名,店铺,店铺名称,分店,分店名称,商家,商家名称,商户,商户名称,医院,医院名称,诊所,药店,药房,酒店,酒店名称,宾馆,饭店,餐厅,学校,学校名称,供应商,供应商名称,供货商,厂家,厂商,生产厂家,制造商,经销商,经销商名称,代理商,品牌,服务站,服务网点,维修点,站点,站点名称,仓库,场馆,办事处," +
		"供應商,供應商名稱,公司名稱,門市,門市名稱,分店名稱,醫院,醫院名稱,飯店,飯店名稱," +
		"branch,branch name,branch office,store,store name,shop,shop name,outlet,outlet name,company,company name,supplier,supplier name,vendor,vendor name,manufacturer,dealer,dealer name,distributor,reseller,hotel,hotel name,hospital,hospital name,clinic,clinic name,pharmacy,school,school name,restaurant,merchant,merchant name,organisation,organization,institution,agency,office,warehouse,brand"
	for _, w := range bytes.Split([]byte(list), []byte(",")) {
		set.add(w, 0)
	}
	return set
}()

// placeHeading tells whether a heading names a column of organisations.
func placeHeading(cell []byte) bool {
	var folded [24]byte
	cell = trimHeading(cell)
	if len(cell) < 4 || len(cell) > len(folded) || !placeHeadings.mayEnd(cell) {
		return false
	}
	name := lower(folded[:0], cell)
	for i, c := range name {
		if c == '_' || c == '-' {
			name[i] = ' '
		}
	}
	_, ok := placeHeadings.roles[string(name)]
	return ok
}

// athome are parts of labels and headings of where somebody lives.
var athome = [][]byte{
	[]byte("家"), []byte("住"), []byte("收货"), []byte("收件"), []byte("户籍"), []byte("户口"), []byte("送货"), []byte("配送"), []byte("宅"),
	[]byte("ome"), []byte("esiden"), []byte("hipping"), []byte("elivery"), []byte("illing"),
}

func isHome(label []byte) bool {
	for _, w := range athome {
		if bytes.Contains(label, w) {
			return true
		}
	}
	return false
}

// placeForms are what names of organisations end in.
var placeForms = [][]byte{
	[]byte("公司"), []byte("集团"), []byte("酒店"), []byte("宾馆"), []byte("饭店"), []byte("店"), []byte("支行"), []byte("分行"), []byte("银行"), []byte("医院"), []byte("卫生院"), []byte("诊所"), []byte("药房"), []byte("门诊部"),
	[]byte("大学"), []byte("中学"), []byte("小学"), []byte("学校"), []byte("学院"), []byte("幼儿园"), []byte("超市"), []byte("商场"), []byte("餐厅"), []byte("门市部"), []byte("营业部"), []byte("营业厅"), []byte("服务中心"), []byte("工厂"), []byte("事务所"),
	[]byte("合作社"), []byte("办事处"), []byte("服务站"), []byte("加油站"), []byte("派出所"), []byte("图书馆"), []byte("博物馆"), []byte("体育馆"), []byte("公安局"),
}

// shortForms name a place in three characters.
var shortForms = [][]byte{[]byte("分公司"), []byte("总公司"), []byte("营业部"), []byte("办事处"), []byte("营业厅")}

// placeName tells whether a run of Han characters names an organisation: by
// its end, and long enough not to be 本公司.
func placeName(run []byte) bool {
	forms := placeForms
	if len(run) < 12 {
		forms = shortForms
	}
	for _, form := range forms {
		if bytes.HasSuffix(run, form) {
			return true
		}
	}
	return false
}

// namesPlace tells whether an organisation is named in a line, outside of what
// was found in it.
func (s *Scanner) namesPlace(l *line) bool {
	if len(l.text) > 1024 || !l.traits.has(beyondTrait) && !l.sheet {
		return false
	}
	for i := 0; i < len(l.text); {
		n := hanRun(l.text[i:])
		if n == 0 {
			i++
			continue
		}
		if n >= 9 && placeName(l.text[i:i+n]) && !s.taken(i, i+n) {
			return true
		}
		i += n
	}
	return false
}

// ofPlace tells whether what was found in a line is an organisation's rather
// than a person's: of the kinds both have, with a mailbox of an office, or
// where an organisation is named.
func (s *Scanner) ofPlace(l *line, present roles) bool {
	if present&^ofPlaces != 0 {
		return false
	}
	office := false
	for i := range s.found {
		m := &s.found[i]
		switch {
		case m.score < reportFrom:
		case m.kind == address && (isHome([]byte(m.why.heading)) || m.why.label.end <= len(l.text) && isHome(l.text[m.why.label.start:m.why.label.end])):
			return false
		case m.kind != email:
		case m.why.flags&roleAccount != 0:
			office = true
		case ownMailbox(l.text[m.start:m.end]):
			return false
		}
	}
	if office || l.record && s.table.places {
		return true
	}
	if l.record && s.table.named {
		return false
	}
	return s.placed > 0 && l.number-s.placed <= recordReach || s.namesPlace(l)
}

// mailProviders are whose mailboxes people have for themselves.
var mailProviders = func() map[string]bool {
	return wordSet("qq.com 163.com 126.com yeah.net sina.com sina.cn sohu.com foxmail.com 139.com 189.cn 188.com aliyun.com tom.com 21cn.com vip.qq.com vip.163.com gmail.com hotmail.com outlook.com live.com live.cn msn.com yahoo.com yahoo.cn icloud.com me.com mail.com gmx.de gmx.net web.de t-online.de aol.com proton.me protonmail.com")
}()

func ownMailbox(mail []byte) bool {
	var folded [24]byte
	domain := mail[bytes.IndexByte(mail, '@')+1:]
	return len(domain) <= len(folded) && mailProviders[string(lower(folded[:0], domain))]
}

// placeReach is how many lines may stand between that line and a table.
const placeReach = 64

// places lets a line speak for the rows of the table at hand that is no row of
// headings and yet names columns of organisations, some lines before.
func (s *Scanner) places() {
	if s.placeColumns == 0 || s.table.width != s.placeWidth && !s.current.sheet || s.current.number-s.placed > placeReach {
		return
	}
	s.table.places = true
	for i := range maxColumns {
		if s.placeColumns>>i&1 == 1 {
			s.table.column(i).place = true
		}
	}
}
