package detect

import (
	"bytes"
	"testing"

	"github.com/trustline/trustline/rules/synthetic"
)

func benchmark(b *testing.B, text []byte) {
	s := NewScanner(NewPack(testKey), Limits{})
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		s.Write(text)
		s.Close()
	}
}

func BenchmarkDense(b *testing.B) {
	var list bytes.Buffer
	if err := synthetic.CSV(&list, synthetic.New(1).People(120_000), "zh"); err != nil {
		b.Fatal(err)
	}
	benchmark(b, list.Bytes())
}

func BenchmarkClean(b *testing.B) {
	benchmark(b, bytes.Repeat([]byte("The quick brown fox jumps over the lazy dog; for (i = 0; i < 10; i++) { return x[i] + 0x1f; }\n"), 100_000))
}

func BenchmarkCleanChinese(b *testing.B) {
	benchmark(b, bytes.Repeat([]byte("我们公司今天讨论项目进展，计划下周完成测试。系统升级需要各部门协调：请注意安全。\n"), 100_000))
}
