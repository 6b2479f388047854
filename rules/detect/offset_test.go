package detect

import (
	"slices"
	"strings"
	"testing"
)

// Where a line happens to stand in a text says nothing about what is in it:
// bytes are marked in groups of 64, at whose borders less is known.
func TestHousesAtEveryOffset(t *testing.T) {
	filler := strings.Repeat("今天讨论了三个问题，没有数据。\n", 40)
	for _, line := range []string{"他住在上海市浦东新区世纪大道1288号三楼", "住在北京市朝阳区建国路 128号", "寄到北京市朝阳区建国路010-65529988 88号5栋"} {
		for n := range 192 {
			text := filler + strings.Repeat("x", n) + line + "\n" + filler
			if got := scan([]byte(text)); !slices.ContainsFunc(got.Classes, func(c ClassSummary) bool { return c.Class == Address }) {
				t.Errorf("%q is not found behind %d bytes", line, n)
			}
		}
	}
}
