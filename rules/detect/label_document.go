package detect

// documentLabels are the labels and headings of travel documents, of accounts
// in messengers and of numbers of other countries. They go before labelWords:
// where a word stands in both, this one counts.
var documentLabels = []labelGroup{
	{role(cnPassport), "护照,护照号,护照号码,护照编号,护照证号,中国护照,中国护照号,因私护照,因私护照号,旧护照号,新护照号,護照,護照號,護照號碼,passport,passport no,passport number,passport num,passport id,passport nr,passport card number,chinese passport,chinese passport no,china passport no,passportno,passportnumber"},
	{role(hkMacauPass), "港澳通行证,港澳通行证号,港澳通行证号码,往来港澳通行证,往来港澳通行证号,往来港澳通行证号码,往来港澳证件号,港澳证号,港澳居民来往内地通行证,港澳居民来往内地通行证号,港澳居民来往内地通行证号码,港澳居民通行证,港澳居民通行证号,回乡证,回乡证号,回乡证号码,回鄉證,回鄉證號碼,港澳通行證,港澳通行證號碼,港澳居民來往內地通行證,港澳居民來往內地通行證號碼,exit-entry permit,home return permit,home return permit no,home return permit number,mainland travel permit,mainland travel permit no,hk macau pass,hk macau pass no"},
	{role(taiwanPass), "往来台湾通行证,往来台湾通行证号,往来台湾通行证号码,大陆居民往来台湾通行证,大陆居民往来台湾通行证号,大陆居民往来台湾通行证号码,台湾通行证,台湾通行证号,台湾通行证号码,台胞证,台胞证号,台胞证号码,台湾居民来往大陆通行证,台湾居民来往大陆通行证号,台湾居民来往大陆通行证号码,台灣通行證,台灣通行證號碼,台胞證,台胞證號碼,臺胞證,臺胞證號碼,taiwan pass,taiwan pass no,taiwan compatriot permit,taiwan travel permit,taiwan travel permit no,mtp no"},
	{role(hkMacauPass, taiwanPass), "通行证,通行证号,通行证号码,通行證,通行證號碼,travel permit,travel permit no,travel permit number"},
	{role(cnPassport, hkMacauPass, taiwanPass), "旅行证件号,旅行证件号码,出入境证件号,出入境证件号码,旅行證件號碼,travel document,travel document no,travel document number"},
	{role(residentID), "驾驶证,驾驶证号,驾驶证号码,驾驶证编号,驾照,驾照号,驾照号码,机动车驾驶证,机动车驾驶证号,机动车驾驶证号码,駕駛證,駕駛證號,駕駛證號碼,駕照號碼,driving licence,driving licence no,driving licence number,driving license,driving license no,driving license number,driver license,driver license no,driver license number,drivers license,drivers license number"},
}
