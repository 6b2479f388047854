package detect

import "bytes"

// names judges personal names.
type names struct {
	han      *han
	compound map[string]bool
	stop     map[string]bool
	bloom    [256]uint64 // of the stop words, to save looking them up
}

func newNames(h *han) *names {
	n := &names{han: h, compound: map[string]bool{}, stop: map[string]bool{}}
	h.mark(surnames, surnameFlag)
	h.mark(ordinaryChars, wordFlag)
	h.mark(givenNames, givenFlag)
	for _, c := range compounds {
		n.compound[c] = true
		h.mark(c[:3], compoundFlag)
	}
	for _, s := range stopNames {
		n.stop[s] = true
		i := stopBit([]byte(s))
		n.bloom[i/64] |= 1 << (i % 64)
	}
	return n
}

func stopBit(p []byte) uint64 {
	x := startKey(p) + uint64(p[len(p)-1])<<48 + uint64(p[len(p)-2])<<56
	return x * 0x9E3779B97F4A7C15 >> 50
}

// stopped tells whether p looks like a name and is a word.
func (n *names) stopped(p []byte) bool {
	i := stopBit(p)
	return n.bloom[i/64]>>(i%64)&1 == 1 && n.stop[string(p)]
}

// family answers the bytes of the family name p starts with, 0 when none.
func (n *names) family(p []byte) int {
	f, ok := n.han.at(p)
	if !ok {
		return 0
	}
	if f&compoundFlag != 0 && len(p) >= 9 && n.compound[string(p[:6])] {
		return 6
	}
	if f&surnameFlag != 0 {
		return 3
	}
	return 0
}

// plausible judges text that is all Han: 0 no name, 1 a family name and
// something behind it, 2 every character behind it is common in given names.
func (n *names) plausible(p []byte) int {
	if len(p) < 6 || len(p) > 12 || n.stopped(p) {
		return 0
	}
	f := n.family(p)
	given := p[f:]
	if f == 0 || len(given) == 0 || len(given) > 6 {
		return 0
	}
	level := 2
	for i := 0; i < len(given); i += 3 {
		switch flags, _ := n.han.at(given[i:]); {
		case flags&givenFlag == 0 && flags&wordFlag != 0:
			return 0
		case flags&givenFlag == 0:
			level = 1
		}
	}
	return level
}

// possible tells whether a cell or a value that is called a name may be one
// although its family name is not in the list.
func (n *names) possible(p []byte) bool {
	if len(p) < 6 || len(p) > 12 || n.stopped(p) {
		return false
	}
	for i := 0; i < len(p); i += 3 {
		if flags, _ := n.han.at(p[i:]); flags&wordFlag != 0 && flags&givenFlag == 0 {
			return false
		}
	}
	return true
}

// honorifics stand behind a name and are no part of it.
var honorifics = [][]byte{
	[]byte("先生"), []byte("女士"), []byte("小姐"), []byte("同志"), []byte("老师"), []byte("经理"), []byte("太太"), []byte("医生"), []byte("师傅"), []byte("总"),
}

// leading answers the bytes of the name that p starts with, where nothing else
// says where it ends: at the end of the Han run, before an honorific, or after
// as many characters as are common in given names.
func (n *names) leading(p []byte) (length, level int) {
	if k := dotted(p); k > 0 {
		return k, 2
	}
	run := min(hanRun(p), 24)
	for k := 6; k <= min(run, 12); k += 3 {
		for _, h := range honorifics {
			if bytes.HasPrefix(p[k:run], h) {
				if n.plausible(p[:k]) > 0 {
					return k, 2
				}
			}
		}
	}
	if run <= 12 {
		if l := n.plausible(p[:run]); l > 0 {
			return run, l
		}
	}
	return n.followed(p[:run])
}

// followers are what often stands right behind a name: what people do, and
// what is said of them.
var followers = [][]byte{
	[]byte("来电"), []byte("来访"), []byte("来函"), []byte("反映"), []byte("投诉"), []byte("致电"), []byte("咨询"), []byte("要求"), []byte("表示"), []byte("申请"), []byte("办理"), []byte("提出"), []byte("拨打"), []byte("下单"), []byte("购买"), []byte("预约"), []byte("退款"),
	[]byte("联系"), []byte("说"), []byte("称"), []byte("想"), []byte("在"), []byte("于"), []byte("的"), []byte("已"), []byte("确认"), []byte("签收"), []byte("本人"), []byte("回复"), []byte("电话"), []byte("手机"), []byte("身份证"), []byte("因"), []byte("今"), []byte("昨"), []byte("和"), []byte("与"), []byte("及"), []byte("请"),
}

// followed answers the name that a Han run starts with and goes on behind.
func (n *names) followed(run []byte) (length, level int) {
	f := n.family(run)
	if f == 0 {
		return 0, 0
	}
	for _, k := range []int{f + 6, f + 3} {
		if k >= len(run) || n.plausible(run[:k]) != 2 {
			continue
		}
		for _, w := range followers {
			if bytes.HasPrefix(run[k:], w) {
				return k, 2
			}
		}
	}
	for _, k := range []int{f + 6, f + 3} {
		if k < len(run) && n.plausible(run[:k]) == 2 {
			if flags, _ := n.han.at(run[k:]); flags&wordFlag != 0 {
				return k, 2
			}
		}
	}
	return 0, 0
}

// dotted answers the length of a name such as 阿依古丽·买买提, 0 when p does
// not start with one.
func dotted(p []byte) int {
	n, dots := 0, 0
	for n < len(p) && n < 60 {
		k := min(hanRun(p[n:]), 60)
		if k == 0 {
			break
		}
		n += k
		if bytes.HasPrefix(p[n:], []byte("·")) && hanRun(p[n+2:]) >= 3 {
			n += 2
			dots++
			continue
		}
		break
	}
	if dots == 0 || dots > 3 || n < 11 {
		return 0
	}
	return n
}

// padded takes together a name that spaces part, as in 张　三, and answers the
// bytes it takes in p and how many of joined it is; 0 when p starts with none.
func (n *names) padded(p []byte, joined *[12]byte) (length, size int) {
	family := hanRun(p)
	if family == 0 || family > 6 {
		return 0, 0
	}
	i := family
	for i < len(p) && i < family+4 && p[i] == ' ' {
		i++
	}
	given := hanRun(p[i:])
	if i == family || given == 0 || given > 6 {
		return 0, 0
	}
	size = copy(joined[:], p[:family])
	size += copy(joined[size:], p[i:i+given])
	if n.plausible(joined[:size]) == 0 || family > 3 && n.family(joined[:size]) != family {
		return 0, 0
	}
	return i + given, size
}

func isDigit(c byte) bool  { return c-'0' < 10 }
func isLetter(c byte) bool { return (c|0x20)-'a' < 26 }
