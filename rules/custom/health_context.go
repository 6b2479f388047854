package custom

import (
	"bytes"
	"regexp"
)

// recordWords are words of somebody's medical record; texts about medicine in
// general hardly use them. China's Basic Norms for the Writing of Medical Records
// (病历书写基本规范, 2010), Measures for the Management of Prescriptions.
func recordWords() []string {
	return []string{"病案号", "病历号", "住院号", "门诊号", "就诊卡号", "就诊卡", "登记号", "床号", "主诉", "现病史", "既往史", "既往病史", "个人史", "家族史", "过敏史", "婚育史", "月经史", "查体", "体格检查", "辅助检查", "入院记录", "出院记录", "出院小结", "病程记录", "手术记录", "护理记录", "会诊记录",
		"入院诊断", "出院诊断", "初步诊断", "门诊诊断", "主要诊断", "其他诊断", "诊断证明", "疾病证明", "处方笺", "处方号", "处方编号", "医嘱单", "长期医嘱", "临时医嘱", "出院医嘱", "出院带药", "检验报告单", "检查报告单", "检查所见", "化验单", "体检报告", "体检编号", "体检结论", "送检科室", "送检医生", "标本号", "样本号", "患者姓名", "病人姓名",
		"就诊日期", "就诊科室", "就诊时间", "就诊医院", "入院日期", "入院时间", "出院日期", "住院天数", "主治医师", "主治医生", "责任护士", "开单医生", "开方医师", "审核药师", "医保卡号", "被保险人", "出险人", "理赔申请", "索赔", "病假", "住院费用清单",
		"chief complaint", "history of present illness", "past medical history", "medical history", "medical record no", "medical record number", "MRN", "discharge summary", "discharge diagnosis", "admission diagnosis", "admitting diagnosis", "date of admission", "admission date", "discharge date", "date of discharge", "admitted on", "was admitted", "patient name", "patient id", "was diagnosed with", "attending physician", "specimen id", "insured person", "date of injury", "progress note", "referral to", "reason for referral", "reason for visit", "clinic note", "referring physician", "date of visit", "prescriber", "refills", "review of systems", "HPI", "PMH", "dx:", "rx:"}
}

// weakRecordWords are in every article on health too: they count only as labels,
// or where one patient is told of.
func weakRecordWords() []string {
	return []string{"患者", "病人", "病者", "诊断", "临床诊断", "疾病诊断", "门诊", "住院", "就诊", "处方", "医嘱", "体检", "检验", "检验项目", "病历", "电子病历", "用药", "病史", "印象", "科室", "药品名称", "药名", "疾病名称", "病种", "收治", "确诊", "入院", "检验报告",
		"patient", "claimant", "diagnosis", "diagnoses", "prescription", "medical record", "admitted", "discharge", "medications", "medication", "current medications", "assessment", "impression", "allergies", "department", "drug", "drug name", "icd-10", "condition", "test name"}
}

// nameZH is a name with one of the more frequent family names: 98 of a hundred people have one.
const nameZH = `(?:[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦马苗凤方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余元顾孟平黄和穆萧尹姚邵汪祁毛禹狄贝明臧计伏成戴宋庞熊纪舒屈项祝董梁杜阮蓝闵季贾江童颜郭梅盛林钟徐邱骆高夏蔡田樊胡凌霍虞万柯莫房丁邓洪包左石崔龚程邢裴陆翁曲段侯武刘龙叶司黎乔温庄晏柴瞿阎习艾向古易廖甘关聂曾游鄢涂岳解庹肖尚申蒙谭丛敖冉欧牛丘耿]|欧阳|上官|司马|诸葛|司徒|皇甫|慕容|令狐|夏侯|尉迟|长孙|东方)[一-龥·]{1,3}?`

var (
	ofOne = regexp.MustCompile(`^(?:因|于|男|女|自|诉|主诉|既往|现|否认|系|姓|名|编号|ID|今|昨|曾|入院|转入|\d|[一-龥]某|由家属|神志|一般情况|缘于|无明显诱因|,(?:男|女|\d|[一-龥]{2,3},))`)
	// 患者张伟，男，… 患者张伟因… 病人张伟，45岁
	ofNamed = regexp.MustCompile(`^:? ?` + nameZH + `(?:[ ,;(]{1,2}(?:(?:性别|年龄):? ?)?(?:[男女]|\d{1,3} ?(?:岁|周岁|个月)|因|于\d|主诉|既往|诊断为|确诊)|因|于\d|主诉|自诉|既往|(?:经\S{1,24})?(?:确诊|诊断为)|的(?:检验|检查|化验|诊断|病历|病情|病理))`)
	// 张伟，男，45岁，因… and then 入院, 诊断为
	personBefore = regexp.MustCompile(`(?:^|[\s,;。、:"(])(?:患者|病人)?` + nameZH + `[ ,(]{1,2}(?:[男女]性?[ ,)]{1,2})?(?:\d{1,3} ?(?:岁|周岁|个月)|[男女])[^。]{0,120}$`)
	// The patient presented, is a 54-year-old, Patient: …
	ofOneEN     = regexp.MustCompile(`(?i)^(?: (?:presented|presents|reports|reported|denies|denied|complains|complained|was (?:admitted|treated|seen|started|referred|discharged|transferred|prescribed)|is an? \d|has been taking|states|returns|name|id|no\b|number)|, an? \d|'s (?:chief|past|current|home))`)
	behindLabel = regexp.MustCompile(`^(?:["'\])]|\s*\([^)]{0,12}\))?\s?(?:[:=,;|\t]|$|\r|：)|^[\t]|^(?:为:|:)`)
	beforeLabel = regexp.MustCompile(`(?:^|[\s,;|"'\[({。,;!\d.、]|[、。；，】》])$`)
	inSentence  = regexp.MustCompile(`[a-z,] $`)
	diagnosed   = regexp.MustCompile(`(?:门诊拟|门诊以|医院|卫生院|拟|经|检查后|入院后|术后|我院|当地|病理|明确|复查)$`)
)

// ofRecord tells whether a context word speaks of somebody's record.
func ofRecord(before, word, after []byte) bool {
	small := string(lowered(word))
	if strongRecordWords[small] {
		return true
	}
	switch small {
	case "患者", "病人", "病者":
		if (ofOne.Match(after) && !ofAll(after) || ofNamed.Match(after)) && !hasHan(before) || hasAnySuffix(before, "该", "名", "位", "例", "此") && !bytes.HasPrefix(after, []byte("中")) {
			return true
		}
	case "patient", "claimant":
		if ofOneEN.Match(after) {
			return true
		}
	case "诊断", "确诊":
		if (bytes.HasPrefix(after, []byte("为")) || bytes.HasPrefix(after, []byte("\""))) && (diagnosed.Match(before) || personBefore.Match(before)) {
			return true
		}
	case "入院":
		return personBefore.Match(before) && !hasAnyPrefix(after, "须知", "指南", "流程", "手续")
	}
	if hasAnyPrefix(after, ",", ";") && inSentence.Match(before) {
		return false // a general diagnosis, or even …
	}
	return beforeLabel.Match(before) && behindLabel.Match(after)
}

// ofAll tells what is said of patients in general: 患者因人而异.
func ofAll(after []byte) bool {
	return hasAnyPrefix(after, "因人而异", "因人", "因素", "因此", "因为", "因而", "因病情不同", "自身", "自我", "自行", "于是", "男女", "女性", "男性", "系统", "今后", "入院后应", "入院时应", "入院须知", "入院指南")
}

// ofDiagnosis tells whether a context word announces codes of diagnoses.
func ofDiagnosis(before, word, after []byte) bool {
	return bytes.HasPrefix(lowered(word), []byte("icd")) || ofRecord(before, word, after) || beforeLabel.Match(before) && hasAnyPrefix(after, " ", "编码", "代码")
}

// hasHan tells whether a Han character stands right before.
func hasHan(before []byte) bool {
	return len(before) > 2 && before[len(before)-1] >= 0x80 && !hasAnySuffix(before, "。", "、", "”", "】", "》", "…")
}

var strongRecordWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range recordWords() {
		m[foldWord(w)] = true
	}
	return m
}()
