package synthetic

import "strings"

// Family and given names with their spelling in Latin letters.
var families = strings.Split("王 wang,李 li,张 zhang,刘 liu,陈 chen,杨 yang,赵 zhao,黄 huang,周 zhou,吴 wu,徐 xu,孙 sun,胡 hu,朱 zhu,高 gao,林 lin,何 he,郭 guo,马 ma,罗 luo,梁 liang,宋 song,郑 zheng,谢 xie,韩 han,唐 tang,冯 feng,于 yu,董 dong,萧 xiao,程 cheng,曹 cao,袁 yuan,邓 deng,许 xu,傅 fu,沈 shen,曾 zeng,彭 peng,吕 lv,苏 su,卢 lu,蒋 jiang,蔡 cai,贾 jia,丁 ding,魏 wei,薛 xue,叶 ye,阎 yan,余 yu,潘 pan,杜 du,戴 dai,夏 xia,钟 zhong,汪 wang,田 tian,任 ren,姜 jiang,范 fan,方 fang,石 shi,姚 yao,谭 tan,廖 liao,邹 zou,熊 xiong,金 jin,陆 lu,郝 hao,孔 kong,白 bai,崔 cui,康 kang,毛 mao,邱 qiu,秦 qin,江 jiang,史 shi,顾 gu,侯 hou,邵 shao,孟 meng,龙 long,万 wan,段 duan,雷 lei,钱 qian,汤 tang,尹 yin,黎 li,易 yi,常 chang,武 wu,乔 qiao,贺 he,赖 lai,龚 gong,文 wen,欧阳 ouyang,上官 shangguan,司马 sima,诸葛 zhuge", ",")

var givens = strings.Split("伟 wei,芳 fang,娜 na,敏 min,静 jing,秀 xiu,丽 li,强 qiang,磊 lei,军 jun,洋 yang,勇 yong,艳 yan,杰 jie,娟 juan,涛 tao,明 ming,超 chao,霞 xia,平 ping,刚 gang,桂 gui,英 ying,华 hua,玉 yu,萍 ping,红 hong,玲 ling,建 jian,国 guo,文 wen,志 zhi,海 hai,春 chun,雪 xue,梅 mei,琳 lin,晨 chen,宇 yu,浩 hao,然 ran,子 zi,涵 han,欣 xin,怡 yi,佳 jia,俊 jun,凯 kai,鑫 xin,鹏 peng,飞 fei,斌 bin,波 bo,辉 hui,健 jian,峰 feng,龙 long,亮 liang,晓 xiao,东 dong,新 xin,云 yun,兰 lan,凤 feng,洁 jie,婷 ting,雅 ya,思 si,雨 yu,梓 zi,轩 xuan,睿 rui,博 bo,远 yuan,诗 shi,琪 qi,倩 qian,楠 nan,蕾 lei,薇 wei,珊 shan,荣 rong,庆 qing,永 yong,德 de,义 yi,信 xin,成 cheng,康 kang,宁 ning,安 an,瑞 rui,立 li,群 qun,振 zhen,学 xue,少 shao,家 jia,振 zhen", ",")

// mobilePrefixes are assigned to the operators; the eight digits behind them
// are free.
var mobilePrefixes = strings.Fields("134 135 136 137 138 139 150 151 152 157 158 159 178 182 183 184 187 188 195 198 130 131 132 155 156 166 175 176 185 186 133 153 173 177 180 181 189 191 193 199")

// cardPrefixes are issuer prefixes and the length of their numbers.
var cardPrefixes = strings.Fields("622202:19 622848:19 621700:19 621661:19 622588:16 622260:19 622666:16 625965:16 622155:16 621226:19 621799:19 622908:19 622575:16 621483:16 622622:16 622700:19")

var mailHosts = strings.Fields("163.com qq.com 126.com sina.com sohu.com outlook.com gmail.com foxmail.com aliyun.com 139.com")

var streets = strings.Fields("人民路 建设路 解放路 中山路 和平路 新华路 文化路 胜利路 长江路 黄河路 友谊大街 迎宾大道 滨河路 学院路 朝阳路 光明路 幸福街 东风路 北京路 南京路 体育西路 科技路 花园路 青年路 民主路")
