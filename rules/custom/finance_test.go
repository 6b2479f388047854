package custom

import (
	"fmt"
	"strings"
	"testing"
)

func TestTransactions(t *testing.T) {
	set := builtIns(t, Transaction)
	for _, text := range []string{
		"交易明细：␂2024-01-05 10:00:00 支出 1,200.00 元 对方账号 6222021234567890123␃",
		"订单号 ␂20240105123456789 下单时间 2024/1/5 实付 ¥88␃",
		"Payment of ␂$1,250.00 on 01/15/2024, order 1029384756102␃",
		"转账 ␂2024年3月8日 尾号 6222********1234 金额 500.00␃",
		"记账日期,金额,对方账户\n␂20240105,-1200.50,6222021234567890␃\n",
		"Date\tTransaction\tAmount\n␂15 Jan 2024\tPOS 1029384756102\t-42.10␃\n",
		"␂12345678901,2024-01-05,￥99.90␃ 已支付",
		"流水：␂6222 0212 3456 7890 123 于2024.01.05入账3000元␃",
	} {
		from, to := strings.Index(text, "␂"), strings.Index(text, "␃")-len("␂")
		plain := strings.NewReplacer("␂", "", "␃", "").Replace(text)
		got := found(set, plain)
		if len(got) != 1 || 3*len(got[0]) < 2*(to-from) || !strings.Contains(plain[from:min(len(plain), to+3)], got[0]) {
			t.Errorf("%s: found %q, want %q", plain, got, plain[from:to])
		}
	}
	rows := "订单号,下单时间,商品,实付金额\n"
	for i := range 30 {
		rows += fmt.Sprintf("2024010512%06d,2024-01-05 12:%02d:00,茶具,%d.50\n", i, i, 80+i)
	}
	if c := look(set, rows, 4096).Classes; len(c) != 1 || c[0].Count != 30 {
		t.Errorf("of 30 rows %v", c)
	}
}

func TestNoTransactions(t *testing.T) {
	set := builtIns(t, Transaction)
	for _, text := range []string{
		"2024-01-05 10:00:01.123 INFO payment service took 12.50 ms trace 1234567890123",
		"2024-01-05 10:00:01 [info] order 1234567890123 handled in 12.50",
		"release 2024-01-05 version 12.50 build 1234567890123 of the payment module",
		"payment gateway 192.168.10.20 was down on 2024-01-05, ticket 1234567890123",
		"日期,代码,开盘价,收盘价,交易量\n2024-01-05,600519,1720.00,1731.25,3123456\n",
		"交易 2024-01-05 余额不足", "订单 20240105123456789 已发货，预计 2024-01-08 送达", "金额 1,200.00 元，合同编号 20240105123456",
		"transaction isolation levels, see RFC 1234567890 of 2024-01-05", "2024-01-05 6222021234567890123 1,200.00",
		"payment of $1,000.00 since 2005-07-15, see http://example.com/a.html?ex=1279080000",
		"支付模块压测：2024-01-05 平均 12.50 ms，样本 1234567890 次",
	} {
		if got := found(set, text); len(got) > 0 {
			t.Errorf("%s: found %q", text, got)
		}
	}
}

func TestCreditRecords(t *testing.T) {
	set := builtIns(t, CreditRecord)
	for _, test := range []struct {
		text string
		want int
	}{
		{"个人信用报告\n被查询者姓名：*某\n逾期次数：3 授信额度：50,000 五级分类：关注", 3},
		{"征信报告显示借款人当前逾期2期，贷款余额 120000 元", 2},
		{"征信查询\n姓名,逾期次数,授信额度,五级分类,贷款余额\n", 4},
		{"Credit report of the borrower: FICO score 612, two charge-offs, 90 days past due", 3},
		{"Borrower's credit score is 655; DTI: 41%", 2},
		{"姓名,授信额度,贷款余额,还款状态\n张伟,10000,1000,逾期\n李娜,20000,2000,逾期\n王芳,30000,3000,正常\n", 3},
		{"借款人\t贷款金额\t五级分类\n张伟\t120000\t关注\n李娜\t80000\t次级\n", 3}, // and the heading, beside a borrower
		{"Name,Loan amount,Payment status\nA. Novak,12000,past due\nS. Patel,9000,Current\n", 2},
		{"商品,库存,当前状态\n茶具,10,正常\n茶杯,20,冻结\n", 0}, // no loans
		{"用户名,账户状态,注册时间\nzhangwei,正常,2024-01-05\nlina,冻结,2024-01-06\n", 0},
		{"还款状态有正常、逾期、结清等，贷款余额按月更新。\n五级分类：正常,关注,次级,可疑,损失\n", 0},
		{"还款状态,贷款系统说明\n正常还款的客户,按期归还\n逾期客户应催收,见制度\n", 0},
		{"什么是征信报告？征信报告会记载逾期次数、授信额度、五级分类等信息。", 0},
		{"A credit report shows your credit score and any charge-offs.", 0},
		{"授信额度：50,000 逾期次数：3", 0}, // of a bank's own system, without a report
		{"征信管理规定：查询记录应当保存，担保信息须核对。", 0},
	} {
		if got := found(set, test.text); len(got) != test.want {
			t.Errorf("%s: found %q, want %d", test.text, got, test.want)
		}
	}
}

// Borrowers are counted, not what is said of them.
func TestRowsOfBorrowers(t *testing.T) {
	set, rows := builtIns(t, CreditRecord), "姓名,授信额度,贷款余额,还款状态\n"
	for i := range 25 {
		rows += fmt.Sprintf("王%s,%d0000,%d000,逾期\n", string([]rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉")[i]), i, i)
	}
	if c := look(set, rows, 4096).Classes; len(c) != 1 || c[0].Distinct != 25 {
		t.Errorf("of 25 rows %v", c)
	}
	told := ""
	for i := range 25 {
		told += fmt.Sprintf("借款人：王%s，贷款余额：%d000元，逾期天数：%d。\n", string([]rune("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉")[i]), i+1, i+1)
	}
	if c := look(set, told, 4096).Classes; len(c) != 1 || c[0].Distinct != 25 {
		t.Errorf("of 25 sentences %v", c)
	}
}
