package corpus

import (
	"strings"

	"github.com/trustline/trustline/rules/detect"
)

const health detect.Class = "health"

// healthPapers are somebody's: records, prescriptions, reports, claims.
var healthPapers = []kindOf{
	{"medical record zh", medicalRecordZH},
	{"medical record en", medicalRecordEN},
	{"prescription zh", prescriptionZH},
	{"prescription en", prescriptionEN},
	{"outpatient list", outpatientList},
	{"lab report zh", labReportZH},
	{"claim zh", claimZH},
	{"claim en", claimEN},
	{"consultation zh", consultationZH},
	{"referral en", referralEN},
}

// healthTexts are nobody's: news, encyclopaedias, manuals.
var healthTexts = []kindOf{
	{"health news zh", healthNewsZH},
	{"health news en", healthNewsEN},
	{"encyclopaedia zh", encyclopaediaZH},
	{"encyclopaedia en", encyclopaediaEN},
	{"hospital notice", hospitalNotice},
	{"diagnosis of a system", systemDiagnosis},
	{"drug leaflet", drugLeaflet},
	{"training mail", trainingMail},
	{"canteen list", canteenList},
	{"trial summary en", trialSummaryEN},
}

func names(text string) []string { return strings.Split(text, "、") }

var (
	illsZH = names("急性化脓性扁桃体炎、食管裂孔疝、肠系膜淋巴结炎、胆源性胰腺炎、颈椎间盘突出症、腔隙性脑梗塞、脑动脉供血不足、高血压3级、慢性荨麻疹、结节性甲状腺肿、亚急性甲状腺炎、腰肌劳损、足底筋膜炎、拇外翻、肱骨外科颈骨折、右侧腹股沟斜疝、左肾盂积水、子宫腺肌病、细菌性阴道病、卵巢巧克力囊肿、胎儿宫内生长受限、小儿支气管肺炎、川崎病、疱疹性咽峡炎、腺样体肥大、老年性白内障、原发性闭角型青光眼、特发性面神经麻痹、后循环缺血、路易体痴呆、混合性焦虑抑郁障碍、急性酒精中毒、肺部感染、胃间质瘤、结肠腺瘤性息肉、食管鳞状细胞癌、肝内胆管细胞癌、套细胞淋巴瘤、真性红细胞增多症、免疫性血小板减少症、下肢动脉硬化闭塞症、主动脉瓣关闭不全、阵发性室上性心动过速、频发室性期前收缩、急性下壁心肌梗死、急性肠胃炎、习惯性便秘、混合痔、肛周脓肿、足癣、睑板腺功能障碍、突聋、慢性鼻窦炎、声带息肉、慢性肾脏病3期、肾错构瘤、良性前列腺增生症、泌尿系结石、复杂性尿路感染、乳腺导管原位癌、低蛋白血症、电解质紊乱、维生素B1缺乏症、高血压病、2型糖尿病、冠心病、高脂血症、支气管哮喘、胃溃疡、抑郁症、肺结核、乙型肝炎、痛风、心房颤动、脂肪肝、白癜风、银屑病、偏头痛、癫痫、类风湿关节炎")
	// what is given, and how
	drugsZH = names("苯磺酸左氨氯地平片、马来酸依那普利片、琥珀酸美托洛尔缓释片、阿司匹林肠溶片、硫酸氢氯吡格雷片、阿托伐他汀钙片、盐酸二甲双胍缓释片、格列美脲片、磷酸西格列汀片、门冬胰岛素30注射液、头孢克洛干混悬剂、阿莫西林克拉维酸钾片、盐酸左氧氟沙星片、罗红霉素分散片、复方甘草口服溶液、蒲公英颗粒、双黄连口服液、小儿氨酚黄那敏颗粒、布洛芬缓释胶囊、盐酸氨溴索口服溶液、铝碳酸镁咀嚼片、枯草杆菌二联活菌颗粒、碳酸钙D3片、迈之灵片、甲钴胺片、盐酸乙哌立松片、氟比洛芬凝胶贴膏、玻璃酸钠滴眼液、盐酸文拉法辛缓释胶囊、草酸艾司西酞普兰片、酒石酸唑吡坦片、百令胶囊、尿毒清颗粒、非那雄胺片、盐酸坦索罗辛缓释胶囊、地屈孕酮片、富马酸伏诺拉生片、仑伐替尼胶囊、瑞戈非尼片、缬沙坦氢氯噻嗪片、吲达帕胺片、单硝酸异山梨酯缓释片、奥美拉唑肠溶胶囊、甲硝唑片")
	wardsZH = names("心内科、呼吸与危重症医学科、消化内科、神经内科、内分泌科、骨科、泌尿外科、妇科、儿科、皮肤科、肿瘤科、肾内科、普外科、眼科")
	testsZH = names("白细胞计数、血红蛋白、血小板计数、丙氨酸氨基转移酶、肌酐、尿酸、空腹血糖、总胆固醇、甘油三酯、糖化血红蛋白、C反应蛋白、促甲状腺激素")

	illsEN  = names("acute pharyngitis、lateral epicondylitis、plantar fasciitis、community-acquired pneumonia、essential hypertension、type 2 diabetes mellitus、gastroesophageal reflux disease、paroxysmal atrial fibrillation、lumbar radiculopathy、major depressive disorder、generalized anxiety disorder、acute cholecystitis、small bowel obstruction、nephrolithiasis、chronic kidney disease、iron deficiency anemia、invasive ductal carcinoma、ulcerative colitis、psoriatic arthritis、migraine、hypothyroidism、obstructive sleep apnea、deep vein thrombosis、allergic rhinitis、acute otitis media、bacterial vaginosis、preeclampsia、meniscal tear、distal radius fracture、benign prostatic hyperplasia、hyperlipidemia、congestive heart failure、cellulitis、diverticulitis、bipolar disorder、osteoporosis、carpal tunnel syndrome、tension headache、viral gastroenteritis、mitral valve prolapse、polymyalgia rheumatica、Barrett esophagus、hidradenitis suppurativa、restless legs syndrome、seborrheic dermatitis")
	drugsEN = names("lisinopril、metformin、atorvastatin、amlodipine、omeprazole、levothyroxine、albuterol、gabapentin、hydrochlorothiazide、sertraline、losartan、furosemide、prednisone、azithromycin、amoxicillin、tamsulosin、trazodone、cyclobenzaprine、meloxicam、rosuvastatin、pantoprazole、escitalopram、warfarin、apixaban、insulin detemir、ranolazine、benzonatate、nortriptyline、mupirocin、terbinafine、finasteride、methimazole、oxybutynin、hydroxyzine、cefdinir、ropinirole、buspirone、latanoprost、sumatriptan、liraglutide")
	wardsEN = names("Cardiology、Gastroenterology、Neurology、Dermatology、Orthopedics、Endocrinology、Urology、Oncology")

	diagnosisCodes = names("I10.x00、E11.900、I25.103、K21.001、J18.900、M51.202、N20.000、C34.101、F32.900、G43.900、H25.900、D50.900、I48.x01、K80.100、L40.900、M10.900、N40.x00、J45.903、E78.500、B18.101")
	codesEN        = names("I10.0、E11.9、J18.9、K21.9、M54.5、F32.9、N20.0、C50.9、I48.91、G43.909、L40.0、D50.9、J45.909、E78.5、M17.11、H66.90")
)

func (w *writer) of(from []string) string { return from[w.IntN(len(from))] }

func (w *writer) sex() string { return w.one("男", "女") }

func medicalRecordZH(w *writer) {
	p := w.people.Person()
	switch w.grade {
	case Plain:
		w.plain("%s\n姓名：%s  性别：%s  年龄：%d岁  住院号：%s\n", w.one("入院记录", "出院小结", "病程记录"), p.Name, w.sex(), 18+w.IntN(70), w.digits(8))
		w.plain("主诉：%s%d天。\n", w.one("反复胸闷", "上腹部不适", "头晕伴恶心", "咳嗽、咳痰"), 2+w.IntN(20))
		w.plain("既往史：")
		w.put(health, w.of(illsZH))
		w.plain("%d年，否认手术外伤史。\n入院诊断：1. ", 1+w.IntN(15))
		w.put(health, w.of(illsZH))
		w.plain("；2. ")
		w.put(health, w.of(illsZH))
		w.plain("。\n出院带药：")
		w.put(health, w.of(drugsZH))
		w.plain(" 每日一次，口服。\n")
	case Mixed:
		w.plain("患者%s，%s，%d岁，因“%s%d天”于%s入院。", p.Name, w.sex(), 18+w.IntN(70), w.one("腹痛", "发热", "胸痛", "乏力"), 1+w.IntN(9), w.date())
		w.plain("查体：神清，精神可，心肺听诊未及异常。结合影像，诊断为")
		w.put(health, w.of(illsZH))
		w.plain("，予")
		w.put(health, w.of(drugsZH))
		w.plain(" %d片 bid 口服，", 1+w.IntN(2))
		w.plain("现症状好转，请%s会诊后出院。\n", "相关科室")
	default:
		w.plain("%d床 %s，%s %d，入院第%d天，一般情况尚可。", 1+w.IntN(60), p.Name, w.sex(), 18+w.IntN(70), 2+w.IntN(9))
		w.plain("查体无殊。考虑")
		w.put(health, w.of(illsZH))
		w.plain("可能，既往有")
		w.put(health, w.of(illsZH))
		w.plain("，自服")
		w.put(health, w.of(drugsZH))
		w.plain("，明日复查后再定。\n")
	}
}

func medicalRecordEN(w *writer) {
	switch w.grade {
	case Plain:
		w.plain("MRN: %s\nDate of admission: %s\nChief complaint: %s\nDischarge diagnosis: ", w.digits(7), w.date(), w.one("chest tightness", "shortness of breath", "back pain"))
		w.put(health, w.of(illsEN))
		w.plain("\nMedications: ")
		w.put(health, w.of(drugsEN))
		w.plain(" %d mg daily, ", 5*(1+w.IntN(9)))
		w.put(health, w.of(drugsEN))
		w.plain(" %d mg at bedtime\n", 5*(1+w.IntN(9)))
	case Mixed:
		w.plain("The patient is a %d-year-old %s with a history of ", 20+w.IntN(60), w.one("male", "female"))
		w.put(health, w.of(illsEN))
		w.plain(" who presented with %s. Imaging was consistent with ", w.one("fever", "pain", "fatigue"))
		w.put(health, w.of(illsEN))
		w.plain(". She was started on ")
		w.put(health, w.of(drugsEN))
		w.plain(" and will follow up in clinic.\n")
	default:
		w.plain("Seen today, %d y/o, doing better after day %d. HPI reviewed. Likely ", 20+w.IntN(60), 2+w.IntN(5))
		w.put(health, w.of(illsEN))
		w.plain("; remote ")
		w.put(health, w.of(illsEN))
		w.plain(". Stopped ")
		w.put(health, w.of(drugsEN))
		w.plain(" because of a rash, recheck next week.\n")
	}
}

func prescriptionZH(w *writer) {
	p := w.people.Person()
	w.plain("%s\n姓名：%s 性别：%s 年龄：%d\n", w.one("门诊处方笺", "普通处方", "处方编号："+w.digits(10)), p.Name, w.sex(), 3+w.IntN(80))
	if w.grade < Hard {
		w.plain("科室：")
		w.put(health, w.of(wardsZH))
		w.plain("  临床诊断：")
		w.put(health, w.of(illsZH))
		w.plain("\n")
	}
	w.plain("%s", w.one("Rp:\n", "R.\n", "处方：\n"))
	for range 2 + w.IntN(4) {
		w.put(health, w.of(drugsZH))
		switch w.grade {
		case Plain:
			w.plain("  %dmg×%d片  用法：口服 每日%d次\n", 5*(1+w.IntN(30)), 7*(1+w.IntN(4)), 1+w.IntN(3))
		case Mixed:
			w.plain(" %d盒 Sig. 1片 tid po\n", 1+w.IntN(4))
		default:
			w.plain("，早晚各一\n")
		}
	}
}

func prescriptionEN(w *writer) {
	w.plain("%s\n", w.one("Prescription\nPatient name: J. D.", "Rx: #"+w.digits(7), "Prescriber: Dr. K. Lane"))
	for range 1 + w.IntN(4) {
		w.put(health, w.of(drugsEN))
		switch w.grade {
		case Plain:
			w.plain(" %d mg tablet, take one by mouth daily. Refills: %d\n", 5*(1+w.IntN(20)), w.IntN(4))
		case Mixed:
			w.plain(" %d mg PO BID #%d\n", 5*(1+w.IntN(20)), 30+w.IntN(60))
		default:
			w.plain(", one at night as before\n")
		}
	}
}

func outpatientList(w *writer) {
	zh := w.chance(60)
	if zh {
		w.plain("%s\n", w.one("门诊号,就诊日期,科室,诊断,诊断编码", "病历号,就诊日期,就诊科室,诊断名称,ICD-10"))
	} else {
		w.plain("MRN,Date of visit,Department,Diagnosis,ICD-10\n")
	}
	for range 5 + w.IntN(10) {
		w.plain("%s,%s,", w.digits(8), w.date())
		if zh {
			w.put(health, w.of(wardsZH))
			w.plain(",")
			w.put(health, w.of(illsZH))
			w.plain(",")
			if w.grade == Hard {
				w.plain("\n")
				break
			}
			w.put(health, w.of(diagnosisCodes))
		} else {
			w.put(health, w.of(wardsEN))
			w.plain(",")
			w.put(health, w.of(illsEN))
			w.plain(",")
			if w.grade == Hard {
				w.plain("\n")
				break
			}
			w.put(health, w.of(codesEN))
		}
		w.plain("\n")
		if w.truthful(17) {
			break
		}
	}
}

// truthful tells whether a document holds so many values already.
func (w *writer) truthful(n int) bool { return len(w.truth) >= n }

func labReportZH(w *writer) {
	p := w.people.Person()
	w.plain("检验报告单\n患者姓名：%s  标本号：%s  送检科室：", p.Name, w.digits(9))
	w.put(health, w.of(wardsZH))
	w.plain("\n%s：", w.one("临床诊断", "诊断", "送检诊断"))
	w.put(health, w.of(illsZH))
	if w.grade == Hard {
		w.plain("待排")
	}
	w.plain("\n项目\t结果\t单位\t参考范围\n")
	for range 4 + w.IntN(6) {
		w.put(health, w.of(testsZH))
		w.plain("\t%d.%d\t%s\t%d-%d\n", w.IntN(200), w.IntN(10), w.one("g/L", "mmol/L", "U/L", "μmol/L", "10^9/L"), w.IntN(20), 20+w.IntN(200))
	}
}

func claimZH(w *writer) {
	p := w.people.Person()
	switch w.grade {
	case Plain:
		w.plain("理赔申请书\n被保险人：%s\n保单号：%s\n就诊医院：市第%d人民医院\n疾病名称：", p.Name, w.digits(15), 1+w.IntN(9))
		w.put(health, w.of(illsZH))
		w.plain("\n住院日期：%s\n", w.date())
	case Mixed:
		w.plain("被保险人%s于%s因", p.Name, w.date())
		w.put(health, w.of(illsZH))
		w.plain("在市人民医院住院%d天，出院后继续服用", 2+w.IntN(20))
		w.put(health, w.of(drugsZH))
		w.plain("，现申请理赔%d元。\n", 1000+w.IntN(90000))
	default:
		w.plain("理赔部同事好，%s的材料已收齐：出险人投保前两年查出", p.Name)
		w.put(health, w.of(illsZH))
		w.plain("，未如实告知，此次出院小结写的是")
		w.put(health, w.of(illsZH))
		w.plain("，请核。\n")
	}
}

func claimEN(w *writer) {
	w.plain("Claim no. %s\nClaimant: ", w.digits(9))
	w.plain("%s\n", w.one("M. Ruiz", "S. Patel", "A. Novak"))
	switch w.grade {
	case Plain:
		w.plain("Diagnosis: ")
		w.put(health, w.of(illsEN))
		w.plain(" (ICD-10 ")
		w.put(health, w.of(codesEN))
		w.plain(")\nDate of injury: %s\n", w.date())
	case Mixed:
		w.plain("The claimant was treated for ")
		w.put(health, w.of(illsEN))
		w.plain(" and takes ")
		w.put(health, w.of(drugsEN))
		w.plain(" since %s.\n", w.date())
	default:
		w.plain("We ask you to decline: ")
		w.put(health, w.of(illsEN))
		w.plain(" was there before the policy began.\n")
	}
}

func consultationZH(w *writer) {
	p := w.people.Person()
	switch w.grade {
	case Plain:
		w.plain("会诊记录\n患者姓名：%s\n会诊科室：", p.Name)
		w.put(health, w.of(wardsZH))
		w.plain("\n会诊诊断：")
		w.put(health, w.of(illsZH))
		w.plain("\n会诊意见：加用")
		w.put(health, w.of(drugsZH))
		w.plain("。\n")
	case Mixed:
		w.plain("王主任您好：有一位患者%s，%d岁，体检发现", p.Name, 30+w.IntN(50))
		w.put(health, w.of(illsZH))
		w.plain("，目前口服")
		w.put(health, w.of(drugsZH))
		w.plain("，想请您看看下一步方案。\n")
	default:
		w.plain("这位患者的片子发您邮箱了，我们讨论下来倾向")
		w.put(health, w.of(illsZH))
		w.plain("，家属要求保守，先用")
		w.put(health, w.of(drugsZH))
		w.plain("观察。\n")
	}
}

func referralEN(w *writer) {
	switch w.grade {
	case Plain:
		w.plain("Referral to ")
		w.put(health, w.of(wardsEN))
		w.plain("\nPatient name: R. K.\nReason: ")
		w.put(health, w.of(illsEN))
		w.plain("\nCurrent medications: ")
		w.put(health, w.of(drugsEN))
		w.plain("\n")
	case Mixed:
		w.plain("Dear colleague, thank you for seeing this %d-year-old patient, who was diagnosed with ", 20+w.IntN(60))
		w.put(health, w.of(illsEN))
		w.plain(" in %d and takes ", 2010+w.IntN(15))
		w.put(health, w.of(drugsEN))
		w.plain(".\n")
	default:
		w.plain("Quick one about my 3pm patient, a %d year old: worsening ", 20+w.IntN(60))
		w.put(health, w.of(illsEN))
		w.plain(", no response to ")
		w.put(health, w.of(drugsEN))
		w.plain(". Any slot this week?\n")
	}
}
