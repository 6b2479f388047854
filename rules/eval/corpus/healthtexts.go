package corpus

// Texts on health that are about nobody.

func (w *writer) sentences(n int, from ...string) {
	for range n {
		w.plain("%s", w.of(from))
	}
	w.plain("\n")
}

func healthNewsZH(w *writer) {
	a, b, d := w.of(illsZH), w.of(illsZH), w.of(drugsZH)
	w.plain("%s\n", w.one("健康周刊", "本报讯", "健康提醒"))
	w.sentences(3+w.IntN(5),
		"近日气温骤降，"+a+"进入高发季节，专家提醒市民注意防护。",
		"研究团队发现，"+a+"患者的生活质量与睡眠密切相关。",
		"如出现持续不适，应及时就诊，不要自行服用"+d+"。",
		"据统计，我国"+b+"的诊断率仍然偏低。",
		"医保部门表示，"+d+"已纳入国家医保目录，患者负担明显减轻。",
		"市疾控中心提醒，"+b+"可防可治，定期体检很重要。",
		"世界"+a+"日当天，多家医院开展义诊，门诊量较平日增加三成。",
		"不少"+b+"病人出院后忽视复查，专家建议遵医嘱长期管理。")
}

func healthNewsEN(w *writer) {
	a, b, d := w.of(illsEN), w.of(illsEN), w.of(drugsEN)
	w.plain("Health desk\n")
	w.sentences(3+w.IntN(5),
		"A new study of 12,400 adults links sleep to "+a+". ",
		"People with "+b+" should talk to their doctor before stopping "+d+". ",
		"The drug maker said sales of "+d+" rose 14 percent. ",
		"Early diagnosis of "+a+" saves lives, the minister said. ",
		"Patients with "+b+" waited longer for a hospital bed last winter. ",
		"Generic "+d+" is now sold without a prescription in some countries. ")
}

func encyclopaediaZH(w *writer) {
	a, d := w.of(illsZH), w.of(drugsZH)
	w.plain("%s\n", a)
	w.sentences(4+w.IntN(4),
		a+"是临床上较为常见的一类疾病，病因尚未完全明确。",
		"诊断主要依据病史、体征和影像学检查。",
		"治疗上可选用"+d+"，用药须在医生指导下进行。",
		"患者一般预后良好，少数可复发。",
		"本病需与"+w.of(illsZH)+"相鉴别。",
		"多见于中老年人群，男性略多于女性。",
		"住院患者应注意营养支持，出院后定期随访。")
}

func encyclopaediaEN(w *writer) {
	a, d := w.of(illsEN), w.of(drugsEN)
	w.plain("%s\n", a)
	w.sentences(4+w.IntN(4),
		"The condition affects adults of all ages and was first described in 1887. ",
		"Diagnosis is based on history and examination; imaging may help. ",
		"First-line treatment includes "+d+" and exercise. ",
		"It must be told apart from "+w.of(illsEN)+". ",
		"The patient should be warned of side effects such as dizziness. ",
		"In hospital, discharge planning begins early. ")
}

func hospitalNotice(w *writer) {
	w.plain("%s\n", w.one("停诊通知", "门诊安排", "就医指南"))
	w.sentences(3+w.IntN(4),
		w.of(wardsZH)+"专家门诊时间调整为每周三上午。",
		"请凭身份证在自助机取号，住院手续在一楼大厅办理。",
		w.of(wardsZH)+"病区已完成搬迁，探视时间不变。",
		"如需复印病历，请提前三个工作日预约。",
		"检验结果可在公众号查询。")
}

func systemDiagnosis(w *writer) {
	w.plain("%s\n", w.one("故障诊断报告", "Diagnosis of the outage", "巡检记录"))
	w.sentences(3+w.IntN(4),
		"诊断：连接池耗尽，线程阻塞，重启服务后恢复。",
		"Diagnosis: the cache node ran out of memory, version 4.12.3 fixes it. ",
		"处方：升级到 v2.8.1 并清理磁盘。",
		"主诉人为运维值班同事，系统健康检查通过。",
		"The patient approach is to wait for the queue to drain. ",
		"体检脚本输出：CPU 45%，内存 62%，磁盘 E12.5 分区正常。")
}

func drugLeaflet(w *writer) {
	d := w.of(drugsZH)
	w.plain("%s说明书\n", d)
	w.sentences(4+w.IntN(3),
		"【适应症】用于"+w.of(illsZH)+"等的对症治疗。",
		"【用法用量】口服，一次1片，一日2次，或遵医嘱。",
		"【禁忌】对本品过敏者禁用，孕妇慎用。",
		"【药物相互作用】与"+w.of(drugsZH)+"合用时应监测血压。",
		"【贮藏】密封，置阴凉干燥处。",
		"老年患者应从小剂量开始。")
}

func trainingMail(w *writer) {
	w.plain("%s\n", w.one("各位同事：", "全体员工：", "Dear all,"))
	w.sentences(3+w.IntN(3),
		"本周五下午三点举办健康讲座，主题是如何预防"+w.of(illsZH)+"。",
		"现场提供免费血压测量，有兴趣的同事请报名。",
		"Our health day is about preventing "+w.of(illsEN)+". ",
		"讲座由心血管专家主讲，结束后可提问。",
		"年度体检将于下月开始，请按部门预约时间。")
}

func canteenList(w *writer) {
	w.plain("品名,规格,数量,单价\n")
	for range 5 + w.IntN(20) {
		w.plain("%s,%d%s,%d,%d.%02d\n", w.one("燕麦片", "矿泉水", "苏打饼干", "胶囊咖啡", "口服补水液饮料", "维生素软糖", "湿巾", "创可贴"), 10*(1+w.IntN(50)), w.one("g", "ml", "片", "支", "袋"), 1+w.IntN(50), 1+w.IntN(90), w.IntN(100))
	}
}

func trialSummaryEN(w *writer) {
	d := w.of(drugsEN)
	w.plain("Summary of a trial of %s\n", d)
	w.sentences(3+w.IntN(4),
		"In total 1,204 participants with "+w.of(illsEN)+" were randomised to "+d+" or placebo. ",
		"The primary endpoint was met (hazard ratio 0.82). ",
		"Adverse events included headache and "+w.of(illsEN)+". ",
		"Patients were admitted to one of 34 centres. ",
		"Each patient received "+d+" 20 mg daily for 12 weeks. ")
}
