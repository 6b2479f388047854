package detect

import (
	"bytes"
	"math/bits"
	"slices"
)

type labelGroup struct {
	roles roles
	words string // parted by commas
}

// A label is a word that says what stands behind it; the same words are the
// headings of columns. They are kept in lower case, without spaces and
// punctuation between Han characters; Latin words are parted by one space.
var labelWords = []labelGroup{
	{role(personName), "姓名,名字,客户姓名,客户名称,客户名,联系人,联系人姓名,收件人,收货人,收件人姓名,收货人姓名,寄件人,发件人姓名,持卡人,持卡人姓名,户名,账户名,开户名,开户人,申请人,投保人,被保险人,受益人,借款人,担保人,患者,患者姓名,病人,病人姓名,就诊人,学生姓名,家长姓名,会员姓名,员工姓名,真实姓名,本人姓名,中文姓名,英文姓名,法定代表人,法人代表,法人姓名,负责人,经办人,委托人,受托人,业主,业主姓名,车主,车主姓名,乘客,乘客姓名,旅客,旅客姓名,入住人,预订人,订购人,购买人,买家姓名,下单人,付款人,收款人,汇款人,承租人,出租人,承租方,出租方,监护人,紧急联系人,家属姓名,配偶姓名,报名人,参会人,参保人,纳税人姓名,当事人,登记人,购票人,机主,机主姓名,用户姓名,收件方,签收人,客户联系人"},
	{role(personName), "name,full name,fullname,customer name,client name,contact name,contact person,recipient,recipient name,consignee,cardholder,cardholder name,card holder,account holder,account name,patient,patient name,first name,last name,firstname,lastname,surname,given name,family name,customer full name,insured,insured name,policyholder,policy holder,beneficiary,applicant,applicant name,passenger,passenger name,guest,guest name,guest full name,guest names,billing name,shipping name,buyer name,member name,student name,employee name,legal name,legal representative,holder name,attention,attn,ship to,bill to,subscriber name,display name,real name,fn"},
	{role(personName), "客戶姓名,客戶名稱,聯絡人,聯繫人,聯絡人姓名,收件人姓名,寄件人姓名,會員姓名,員工姓名,學生姓名,真實姓名,中文姓名,英文姓名,戶名,帳戶名稱,投保人姓名,受益人姓名"},
	{role(mobile, landline), "電話,電話號碼,聯絡電話,聯繫電話,客戶電話,收件人電話,緊急聯絡電話,公司電話,住宅電話,聯絡方式"},
	{role(mobile), "手機,手機號,手機號碼,行動電話,流動電話,移動電話,手提電話,聯絡手機"},
	{role(landline), "市話,室內電話,固定電話號碼,座機號碼,傳真,傳真號碼"},
	{role(residentID, permanentResidence, residencePermit, hkID, cnPassport, hkMacauPass, taiwanPass), "身份證,身份證號,身份證號碼,身分證,身分證號,身分證號碼,證件號碼,證件號,證件編號"},
	{role(hkID), "香港身份证,香港身份证号,香港身份证号码,香港居民身份证,香港身份證,香港身份證號碼,香港永久性居民身份证,香港永久性居民身份證,hkid,hkid no,hkid number,hong kong id,hong kong identity card,hk id"},
	{role(bankCard, iban), "銀行卡號,銀行帳號,銀行賬號,帳號,賬號,卡號,信用卡號,信用卡號碼,收款帳號"},
	{role(email), "電子郵件,電子郵箱,電郵,電郵地址,郵箱,電子信箱"},
	{role(address), "通訊地址,聯絡地址,收貨地址,戶籍地址,居住地址,住家地址,送貨地址,公司地址,寄送地址,帳單地址"},
	{against, "訂單號,訂單編號,單號,運單號,流水號,交易編號,發票號碼,統一編號,序號,數量,金額,編號,貨號"},
	{role(personName) | weak, "客户,用户,乘车人,会员,顾客,学员,学生,业务联系,对接人,姓 名,收件,收货,寄件,甲方,乙方,买方,卖方,委托方,贵客,借款方,to whom,customer,client,contact,caller,buyer,dear,employee,member,tenant,borrower,nome,nom,user name,买家,卖家,委派人,嘉宾"},
	{role(personName) | weak, "请联系,联系,致电,我叫,我是,本人,名叫,叫做,转告,通知,您好我是,这里是,经与,系统派单给"},
	{role(mobile, landline), "电话,电话号码,联系电话,联系方式,联系号码,客户电话,电话/手机,手机/电话,收件人电话,收货人电话,收货电话,收件电话,家庭电话,办公电话,单位电话,紧急联系电话,紧急电话,联络电话,本人电话,预留电话,家长电话,家长联系方式,来电号码,主叫号码,被叫号码,号码,tel,phone,telephone,phone number,phone no,telephone number,telephone no,tel no,contact number,contact no,contact phone,customer phone,phone num,phonenumber,phone_number,work phone,home phone,callback,callback number,caller id"},
	{role(mobile), "手机,手机号,手机号码,移动电话,手机电话,本人手机,联系手机,客户手机,客户手机号,预留手机,预留手机号,预留手机号码,绑定手机,绑定手机号,注册手机号,收货手机,收件手机,收货人手机,收货人手机号,收件人手机,微信,微信同号,微信号,机主号码,移动号码,充值号码,会员手机,mobile,mobile number,mobile no,mobile phone,cell,cell phone,cellphone,mobilephone,mobile num,msisdn,wechat,whatsapp,手机/微信,sms"},
	{role(landline), "固话,固定电话,座机,座机号,座机号码,固定电话号码,宅电,单位座机,办公座机,传真,传真号码,landline,land line,fixed line,fax,fax number,fax no,office phone,office tel"},
	{role(creditCode), "统一社会信用代码,社会信用代码,统一信用代码,信用代码,统一社会信用代码证号,纳税人识别号,税号,unified social credit code,social credit code,uscc,uscc no"},
	{role(iban), "iban,iban no,iban number,iban code,国际银行账号,国际银行帐号,国际银行账户号码"},
	{role(permanentResidence), "永久居留证,永久居留证号,永久居留身份证,永久居留身份证号,外国人永久居留证,外国人永久居留身份证,外国人永久居留身份证号,permanent residence no,permanent residence card,permanent residence id"},
	{role(residencePermit), "港澳居民居住证,台湾居民居住证,港澳台居民居住证,居住证,居住证号,居住证号码,residence permit,residence permit no,residence permit number"},
	{role(residentID, permanentResidence, residencePermit, hkID, cnPassport, hkMacauPass, taiwanPass), "身份证,身份证号,身份证号码,身份证件号码,身份证件号,证件号,证件号码,居民身份证,居民身份证号,居民身份证号码,公民身份号码,公民身份证号码,公民身份证号,客户身份证,客户身份证号,证件编号,有效证件号,有效证件号码,身份号码,证件信息,二代身份证,借款人身份证,实名证件号,本人身份证,idcard,id card,id card no,id card number,id number,id no,identity card,identity card number,identity number,identity no,resident id,resident id number,national id,national id number,citizen id,idnumber,id_card,identity,prc id,cert no,certno,certificate number,identification number,personal id,chinese id"},
	{role(bankCard, iban), "银行卡,银行卡号,卡号,银行卡号码,银行账号,银行账户,账号,帐号,银行帐号,收款账号,收款账户,开户账号,储蓄卡,储蓄卡号,借记卡,借记卡号,信用卡,信用卡号,信用卡卡号,还款卡号,还款账号,扣款账号,扣款卡号,工资卡,工资卡号,工资账号,付款账号,付款卡号,收款卡号,打款账号,退款账号,退款卡号,绑定卡号,结算账号,结算卡,提现卡号,理赔账号,bank card,bank card number,bank card no,bankcard,card number,card no,cardnumber,card_number,account number,account no,bank account,bank account number,credit card,credit card number,credit card no,debit card,debit card number,payment card,card on file,iban/account,payee account,salary card,acct no,acct,acct number"},
	{role(email), "邮箱,电子邮箱,电子邮件,邮件,邮箱地址,电子邮件地址,电邮,邮件地址,联系邮箱,客户邮箱,邮箱号,email,e-mail,mail,email address,e-mail address,mail address,contact email,customer email,email id,mailto,work email,personal email"},
	{role(address), "地址,住址,家庭住址,家庭地址,收货地址,收件地址,收件人地址,收货人地址,寄件地址,通讯地址,通信地址,联系地址,详细地址,居住地址,现住址,现居住地,现居地址,户籍地址,户籍所在地,户口所在地,办公地址,单位地址,公司地址,邮寄地址,配送地址,送货地址,注册地址,账单地址,居住地,安装地址,上门地址,经常居住地,房屋地址,房产地址,物业地址,客户地址,寄送地址,身份证地址,住所,住所地,家住,address,home address,shipping address,billing address,delivery address,mailing address,postal address,street address,street,residential address,customer address,residence,correspondence address,ship address,addr,address line 1,address1,registered address,work address,adr"},
	{against, "订单号,订单编号,单号,运单号,快递单号,物流单号,流水号,交易流水号,交易号,交易单号,编号,序列号,设备号,设备编号,产品编号,商品编号,货号,货品编号,货品编码,商品编码,商品条码,款号,批号,批次号,合同号,合同编号,发票号,发票号码,发票代码,凭证号,凭证编号,工单号,工单编号,受理号,案件号,保单号,任务号,任务编号,条码,条形码,追溯码,验证码,校验码,时间戳,版本号,版本,型号,规格,料号,物料编码,物料号,资产编号,库存,数量,金额,价格,总价,单价,余额,积分,时间,日期,长度,大小,字节,耗时,请求号,追踪号,哈希,摘要,校验和,端口,网址,链接,邮政编码,许可证号,注册号,备案号,仓库编码,商户号,终端号,参考号,检索号,授权码,回单号,提单号,箱号,柜号,车架号,发动机号,机器码,设备码,识别码,图号,文号,卷号,档案号,国际移动设备识别码,人口,面积,产值,产量,销量,流量,总计,合计,总额,营收,成交额,成交量,成交金额,成交数量,交易额,交易金额,市值,总市值,流通市值,营业额,销售额,销售量,里程,净值,股数,持股数,份额,股票代码,证券代码,基金代码,总量,总数,同比,环比,营业收入,净利润,利润,成本,预算,投资额,总资产,净资产,负债,出口额,进口额,进出口额,产出,吞吐量,运量,客流量,访问量,浏览量,点击量,播放量,下载量,电量,能耗,容量,重量,体积,距离,读数,测量值,gdp,revenue,profit,budget,turnover,volume,market cap,capacity,distance,clicks,views,单据号,印刷号,图书编号,imei,imsi,iccid,meid,sn,s/n,serial,serial no,serial number,order,order no,order id,order number,orderno,orderid,order_id,order_no,invoice,invoice no,invoice number,tracking,tracking no,tracking number,waybill,waybill no,sku,upc,ean,gtin,isbn,issn,part no,part number,article,article no,article number,art no,stock no,stock code,item code,goods no,batch,batch no,lot,lot no,ticket,ticket no,ticket id,case no,case id,transaction id,transaction no,txn id,trace id,traceid,trace_id,span id,spanid,request id,requestid,request_id,req id,session id,session,sessionid,build,build id,build number,version,revision,rev,commit,hash,checksum,sha1,sha256,md5,crc,uuid,guid,timestamp,time,ts,date,epoch,size,length,bytes,count,offset,total,amount,price,sum,qty,quantity,id,uid,gid,pid,tid,user id,userid,user_id,message-id,in-reply-to,references,content-id,msgid,message id,nonce,seq,sequence,sequence no,key,token,index,row,line,port,ref,ref no,reference,reference no,reference number,product code,product id,item no,item id,model,asset,asset no,barcode,policy no,policy number,contract no,contract number,voucher,voucher no,ratio,rate,weight,population,duration,elapsed,latency,memory,address offset,zip,postcode,tax id,merchant id,terminal id,approval code,container no,vin,doi,pmid,bug,issue,job id,task id,device id,mac,iso,rfc,gb,container id,account id,客户编号,客户号,用户编号,用户id,会员号,会员编号,会员卡号,员工编号,工号,学号,记录号,序号,行号,页码,请求id,追踪id,会话id,设备id,商品id,订单id"},
	// What databases made in China call their columns: pinyin, whole or its first letters.
	{role(personName), "xm,xingming,khxm,yhxm,zsxm,hyxm,ygxm,hzxm,xsxm,lxr,lxrxm,sjr,sjrxm,shr,shrxm,jsrxm,ckr,ckrxm,cyrxm,jkr,jkrxm,tbrxm,bbrxm,sqr,sqrxm,khjlxm"},
	{role(personName) | weak, "khmc,yhmc,hymc,kehu,yonghu"},
	{role(mobile), "sj,sjh,sjhm,shouji,shoujihao,shoujihaoma,yddh,lxsj,khsj,khsjh,sjrsj,shrsj,bdsj,ylsj,ylsjh,zcsjh"},
	{role(mobile, landline), "dh,dhhm,lxdh,lxfs,dianhua,lianxidianhua,khdh,khlxdh,jtdh,bgdh,dwdh,gddh,sjrdh,shrdh,zjdh,jjlxdh"},
	{role(residentID, permanentResidence, residencePermit, hkID, cnPassport, hkMacauPass, taiwanPass), "sfz,sfzh,sfzhm,sfzjh,sfzjhm,gmsfhm,zjh,zjhm,khsfz,khsfzh,shenfenzheng,shenfenzhenghao,shenfenzhenghaoma"},
	{role(bankCard, iban), "yhk,yhkh,yhkhm,yhzh,yinhangka,yinhangkahao,khzh,xykh,cxkh,jjkh"},
	{role(email), "dzyx,dzyj,youxiang,lxyx"},
	{role(address), "dz,dizhi,lxdz,jtdz,jtzz,txdz,shdz,sjdz,hjdz,xxdz,jzdz,zzdz,zhuzhi,bgdz,dwdz"},
	{maker, "作者,译者,维护者,提交者,审阅者,翻译,翻译者,编者,贡献者,author,authors,maintainer,maintainers,translator,last-translator,copyright,committer,reviewer,reviewed-by,signed-off-by,contributor,upstream-contact,upstream-author,developer,editor,packager,uploaders,changed-by,contributors,developers,maintainers,committers,translators,reviewers,from,sender,reply-to,cc,发件人"},
}

// labels looks labels up. It is immutable.
type labels struct {
	words  words
	latin  [32][32]latinStart // by its first two letters
	starts [labelSlots]labelStart
	filter [startBits / 64]uint64 // a bit for each of starts, to save looking them up
	han    *han
}

// labelSlots is a power of two well above the number of beginnings.
const (
	labelSlots = 2048
	startBits  = 8192
)

// labelStart holds the lengths in bytes of the Han labels that begin with two
// characters, a bit each.
type labelStart struct {
	key     uint64
	lengths uint64
}

// latinStart holds the lengths of the first words of Latin labels that begin
// with two letters, and what these words end in, a bit each.
type latinStart struct{ lengths, ends uint32 }

func newLabels(h *han) *labels {
	l := &labels{han: h}
	for _, group := range slices.Concat(documentLabels, labelWords) {
		for _, w := range bytes.Split([]byte(group.words), []byte(",")) {
			l.words.add(w, group.roles)
			if w[0] < 0x80 {
				if k := latinRun(w); k >= 2 {
					start := &l.latin[w[0]&31][w[1]&31]
					start.lengths |= 1 << min(k, 31)
					start.ends |= 1 << (w[k-1] & 31)
				}
				continue
			}
			h.mark(string(w)[:3], labelFlag)
			if group.roles&anchoring != 0 {
				h.mark(string(w)[len(w)-3:], anchorFlag)
			}
			l.start(w)
		}
	}
	return l
}

// start enters the length of a Han label of two characters or more.
func (l *labels) start(w []byte) {
	key := startKey(w)
	i := key * 0x9E3779B97F4A7C15 >> 53
	for l.starts[i].key != 0 && l.starts[i].key != key {
		i = (i + 1) % labelSlots
	}
	bit := key * 0x9E3779B97F4A7C15 >> 51
	l.filter[bit/64] |= 1 << (bit % 64)
	l.starts[i].key = key
	l.starts[i].lengths |= 1 << len(w)
}

// lengths answers the lengths of the Han labels that begin as p does.
func (l *labels) lengths(p []byte) uint64 {
	if len(p) < 6 {
		return 0
	}
	key := startKey(p)
	if bit := key * 0x9E3779B97F4A7C15 >> 51; l.filter[bit/64]>>(bit%64)&1 == 0 {
		return 0
	}
	for i := key * 0x9E3779B97F4A7C15 >> 53; l.starts[i].key != 0; i = (i + 1) % labelSlots {
		if l.starts[i].key == key {
			return l.starts[i].lengths
		}
	}
	return 0
}

// label is a label in a line.
type label struct {
	start, end int
	roles      roles
	colon      bool // a colon, an equals sign or the end of a cell stands behind it
	value      int  // where what it labels begins
}

// find lists the labels of a line in order, into list.
func (l *labels) find(text []byte, list []label) []label {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c >= 0xE4 && c <= 0xE9:
			if n := l.hanAt(text[i:]); n > 0 {
				list = append(list, l.finish(text, i, i+n, l.words.roles[string(text[i:i+n])]))
				i += n
				continue
			}
			i += 3
		case isLetter(c):
			word, capital := latinPart(text[i:])
			if !l.begins(text[i:], word, capital) {
				i += max(1, word)
				continue
			}
			n, r := l.latinAt(text[i:])
			if n > 0 {
				list = append(list, l.finish(text, i, i+n, r))
			}
			i += max(1, n, word)
		default:
			i++
		}
	}
	return list
}

// hanAt answers the length of the longest Han label at the start of p.
func (l *labels) hanAt(p []byte) int {
	flags, ok := l.han.at(p)
	if !ok || flags&labelFlag == 0 {
		return 0
	}
	for lengths := l.lengths(p); lengths != 0; {
		n := 63 - bits.LeadingZeros64(lengths)
		if n <= len(p) {
			if _, ok := l.words.roles[string(p[:n])]; ok {
				return n
			}
		}
		lengths &^= 1 << n
	}
	return 0
}

// latinAt answers the longest Latin label at the start of p, of up to four
// words.
func (l *labels) latinAt(p []byte) (length int, r roles) {
	var folded [40]byte
	n, words := 0, 0
	for i := 0; i < len(p) && n < len(folded); {
		k := latinRun(p[i:])
		if k == 0 || n+k > len(folded) {
			break
		}
		n = foldWord(folded[:], n, p[i:i+k])
		i += k
		words++
		if l.words.mayEnd(folded[:n]) {
			if found, ok := l.words.roles[string(folded[:n])]; ok {
				length, r = i, found
			} else if found, ok := l.words.roles[string(lastWord(folded[:n], k))]; ok && length == 0 {
				length, r = i, found // buyerMobile
			}
		}
		if words == 4 || i+1 >= len(p) || n+1 >= len(folded) || !(p[i] == ' ' || p[i] == '_' || p[i] == '.') || !isLetter(p[i+1]) {
			break
		}
		folded[n] = ' '
		n++
		i++
	}
	return length, r
}

// begins tells whether a word of k bytes may begin a label, or end in one as
// buyerMobile does: a capital stands within that one.
func (l *labels) begins(p []byte, k int, capital bool) bool {
	if k < 2 {
		return false
	}
	start := &l.latin[p[0]&31][p[1]&31]
	return start.lengths>>min(k, 31)&1 == 1 && start.ends>>(p[k-1]&31)&1 == 1 || capital || k < len(p) && p[k] == '_'
}

// foldWord writes a word in lower case behind folded[:n], with a space between
// the parts of phoneNumber, and answers the new length.
func foldWord(folded []byte, n int, word []byte) int {
	for j, c := range word {
		if n == len(folded) {
			break
		}
		if c >= 'A' && c <= 'Z' {
			if j > 0 && word[j-1] >= 'a' && word[j-1] <= 'z' {
				folded[n] = ' '
				if n++; n == len(folded) {
					break
				}
			}
			c |= 0x20
		}
		folded[n] = c
		n++
	}
	return n
}

// lastWord answers what stands behind the last space in an identifier such as
// "buyer mobile"; nothing when there is none, or when people put the space.
func lastWord(folded []byte, written int) []byte {
	i := bytes.LastIndexByte(folded, ' ')
	if i < 0 || len(folded)-1 != written && len(folded) != written {
		return nil
	}
	return folded[i+1:]
}

func latinRun(p []byte) int {
	n, _ := latinPart(p)
	return n
}

// latinPart answers the length of the word at the start of p, as labels are
// made of, and whether a capital stands within it behind a small letter.
func latinPart(p []byte) (n int, capital bool) {
	if n = min(1, len(p)); n == 1 && !isLetter(p[0]) {
		return 0, false
	}
	at := 0 // that capital
	for ; n < len(p); n++ {
		c := p[n]
		if c-'a' < 26 {
			continue
		}
		switch {
		case c-'A' < 26:
			if at == 0 && p[n-1] >= 'a' {
				at = n
			}
		case c == '1', (c == '-' || c == '/') && n+1 < len(p) && isLetter(p[n+1]):
		default:
			return n, at > 0 && at+1 < n
		}
	}
	return n, at > 0 && at+1 < n
}

// finish looks at what stands behind a label.
func (l *labels) finish(text []byte, start, end int, r roles) label {
	b := label{start: start, end: end, roles: r}
	i := end
	for i < len(text) {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '*' || c == '>' || c == '_':
			i++
		case c == ':' || c == '=':
			b.colon = true
			i++
		case c == '(' && !b.colon: // 手机号(必填)：
			k := bytes.IndexByte(text[i:], ')')
			if k < 0 || k > 24 {
				b.value = i
				return b
			}
			i += k + 1
		case bytes.HasPrefix(text[i:], []byte("是")) && !b.colon, bytes.HasPrefix(text[i:], []byte("为")) && !b.colon:
			b.colon = true
			i += 3
		default:
			b.value = i
			return b
		}
	}
	b.value = i
	return b
}

// trimHeading takes off what people put around headings.
func trimHeading(p []byte) []byte {
	around := func(c byte) bool {
		return c <= ' ' || c == '"' || c == '\'' || c == '*' || c == ':' || c == '#'
	}
	for len(p) > 0 && around(p[0]) {
		p = p[1:]
	}
	for len(p) > 0 && around(p[len(p)-1]) {
		p = p[:len(p)-1]
	}
	return p
}

// mayHead tells whether a cell may be a heading, at little cost.
func (l *labels) mayHead(cell []byte) bool {
	if cell[0] >= 0x80 || l.latin[cell[0]&31][cell[1]&31].lengths != 0 {
		return true
	}
	if !isLetter(cell[0]) {
		return false
	}
	k, capital := latinPart(cell)
	return l.begins(cell, k, capital) || bytes.IndexByte(cell, '_') > 0 || bytes.IndexByte(cell, ' ') > 0
}

// heading answers what a cell that is nothing but a heading calls for.
func (l *labels) heading(cell []byte) (roles, bool) {
	var folded [64]byte
	cell = trimHeading(cell)
	if n := len(cell); n > 0 && (cell[n-1] == ')' || cell[n-1] == ']' || cell[n-1] == '>') {
		if i := bytes.IndexAny(cell, "([<"); i > 0 {
			cell = bytes.TrimRight(cell[:i], " ")
		}
	}
	if len(cell) < 2 || len(cell) > len(folded) || !l.words.mayEnd(cell) || !l.mayHead(cell) {
		return 0, false
	}
	n := 0
	for i, c := range cell {
		switch {
		case c == '_' || c == '-' && !bytes.EqualFold(cell, []byte("e-mail")) || c == '.':
			c = ' '
		case c >= 'A' && c <= 'Z':
			if i > 0 && cell[i-1] >= 'a' && cell[i-1] <= 'z' && n < len(folded) {
				folded[n] = ' '
				n++
			}
			c |= 0x20
		}
		if n == len(folded) {
			return 0, false
		}
		if c == ' ' && n > 0 && (folded[n-1] >= 0x80 || folded[n-1] == ' ') {
			continue // 姓 名
		}
		folded[n] = c
		n++
	}
	for n > 0 && (folded[n-1] == ' ' || isDigit(folded[n-1])) {
		n--
	}
	text := folded[:n]
	if r, ok := l.words.roles[string(text)]; ok {
		return r &^ weak, true
	}
	if r, ok := l.columnName(text); ok {
		return r, true
	}
	// 紧急联系人手机号: what a heading ends in says what it is.
	for i := 3; i+6 <= len(text); i++ {
		if text[i]&0xC0 == 0x80 || text[i] < 0x80 && (text[i-1] != ' ' || digitsIn(text) > 0) {
			continue
		}
		if text[i] >= 0x80 && l.lengths(text[i:])>>(len(text)-i)&1 == 0 {
			continue
		}
		if r, ok := l.words.find(text[i:]); ok && r&weak == 0 {
			return r, true
		}
	}
	return 0, false
}

// columnName answers what a column of a database is for whose name is written
// as programs do: yhXm, t_xm.
func (l *labels) columnName(text []byte) (roles, bool) {
	i := bytes.IndexByte(text, ' ')
	if i < 0 || text[0] >= 0x80 {
		return 0, false
	}
	if i == 1 { // of a table, or of columns
		r, ok := l.words.roles[string(text[2:])]
		return r, ok && r&weak == 0
	}
	var joined [64]byte
	n := 0
	for _, c := range text {
		if c != ' ' {
			joined[n] = c
			n++
		}
	}
	r, ok := l.words.roles[string(joined[:n])]
	return r, ok && r&weak == 0
}
