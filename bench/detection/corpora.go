//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/synthetic"
)

// ordinaryText gathers prose and source from folders of this machine until it
// has size bytes.
func ordinaryText(dirs []string, size int) ([]byte, error) {
	var paths []string
	for _, dir := range dirs {
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				paths = append(paths, path)
			}
			return nil // what cannot be read is left out
		})
	}
	// By a hash of the path: mixed, and a file more or less changes little.
	slices.SortFunc(paths, func(a, b string) int { return bytes.Compare(sum(a), sum(b)) })
	var b bytes.Buffer
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil || len(text) > 1<<20 || bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
			continue
		}
		if b.Write(text); b.Len() >= size {
			return b.Bytes()[:size], nil
		}
	}
	if b.Len() == 0 {
		return nil, fmt.Errorf("no text found in %v", dirs)
	}
	whole := bytes.Clone(b.Bytes())
	for b.Len() < size {
		b.Write(whole)
	}
	return b.Bytes()[:size], nil
}

func sum(path string) []byte {
	h := sha256.Sum256([]byte(path))
	return h[:]
}

// chineseText writes prose without data.
func chineseText(size int) []byte {
	words := strings.Fields("我们 公司 今天 会议 讨论 项目 进展 计划 下周 完成 测试 系统 升级 客户 反馈 问题 已经 解决 需要 协调 部门 负责 安排 时间 地点 通知 全体 员工 注意 安全 生产 质量 管理 制度 培训 学习 提高 效率 市场 销售 增长 成本 控制 财务 预算 审批 流程 优化 技术 研发 创新 产品 设计 方案 评审 上线 运行 稳定 数据 分析 报告 显示 情况 良好 继续 努力 感谢 支持 合作 发展 目标 任务 落实 检查 总结 经验 不足 改进 措施 加强 沟通 服务 意识 的 和 在 了 对 与 是 将 为 从 到 等 以及 同时 此外 因此 但是 如果 可以 应当")
	r := rand.New(rand.NewPCG(2, 2))
	var b bytes.Buffer
	for b.Len() < size {
		for range 3 + r.IntN(8) {
			b.WriteString(words[r.IntN(len(words))])
		}
		switch r.IntN(10) {
		case 0, 1, 2:
			b.WriteString("。")
		case 3:
			b.WriteString("。\n")
		case 4:
			b.WriteString("：")
		case 5:
			fmt.Fprintf(&b, "%d 个", r.IntN(1000))
		default:
			b.WriteString("，")
		}
	}
	return b.Bytes()[:size]
}

// customers writes a customer list.
func customers(size int) ([]byte, error) {
	var b bytes.Buffer
	g := synthetic.New(3)
	for b.Len() < size {
		var rows bytes.Buffer
		if err := synthetic.CSV(&rows, g.People(10_000), "zh"); err != nil {
			return nil, err
		}
		text := rows.Bytes()
		if b.Len() > 0 {
			text = text[bytes.IndexByte(text, '\n')+1:]
		}
		b.Write(text)
	}
	return b.Bytes()[:size], nil
}

// ours scans with the whole default pack and answers what was found.
func ours(pack *detect.Pack, text []byte, chunk int) detect.Summary {
	s := detect.NewScanner(pack, detect.Limits{})
	for len(text) > 0 {
		n := min(chunk, len(text))
		s.Write(text[:n])
		text = text[n:]
	}
	return s.Close()
}
