package custom

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// dictionary makes n words, half Chinese, half English.
func dictionary(n int) []string {
	random := rand.New(rand.NewPCG(3, 4))
	words := make([]string, n)
	for i := range words {
		var b strings.Builder
		if i%2 == 0 {
			for range 3 + random.IntN(4) {
				b.WriteRune(rune(0x4E00 + random.IntN(3000)))
			}
		} else {
			for range 6 + random.IntN(8) {
				b.WriteByte(byte('a' + random.IntN(26)))
			}
		}
		words[i] = b.String()
	}
	return words
}

func BenchmarkMatcher(b *testing.B) {
	texts := map[string]string{
		"chinese": strings.Repeat("本报告说明了系统在各种情况下的表现，以及今后需要改进的地方。\n", 20_000),
		"english": strings.Repeat("the quick brown fox jumps over the lazy dog and runs away again\n", 20_000),
		"numbers": strings.Repeat("2024-01-17 12:00:01.123 id=82913 took 17ms code=0 bytes=19231\n", 20_000),
	}
	for _, n := range []int{10, 1_000, 100_000} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		set := compileOne(b, Detector{Class: "words", Words: dictionary(n)})
		runtime.GC()
		runtime.ReadMemStats(&after)
		for name, text := range texts {
			b.Run(fmt.Sprintf("%d-words/%s", n, name), func(b *testing.B) {
				m := set.NewMatcher()
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					m.Reset()
					m.Write([]byte(text))
					m.Close()
				}
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-set")
			})
		}
	}
}

// Built-in detectors, on text that speaks of what they find, and on text that
// does not.
func BenchmarkBuiltIn(b *testing.B) {
	texts := map[string]string{
		"orders":  "订单号,时间,金额\n" + strings.Repeat("1029384756102,2024-01-17 12:00:01,129.50,上海,已付\n", 10_000),
		"logs":    "payment service\n" + strings.Repeat("2024-01-17 12:00:01.123 INFO order id=82913 took 17.25ms code=0 bytes=19231\n", 10_000),
		"records": "患者姓名：甲\n" + strings.Repeat("既往史：高血压病5年，长期服用苯磺酸氨氯地平片 5mg qd，血压控制可。\n", 5_000),
		"chinese": strings.Repeat("本报告说明了系统在各种情况下的表现，以及今后需要改进的地方。\n", 10_000),
		"english": strings.Repeat("the quick brown fox jumps over the lazy dog and runs away again\n", 10_000),
	}
	set := compileOne(b, BuiltIn()...)
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			m := set.NewMatcher()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Reset()
				m.Write([]byte(text))
				m.Close()
			}
		})
	}
}
