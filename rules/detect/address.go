package detect

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// The levels of an address, from province to room.
const (
	countyLevel   = 1 << iota // 区 县 旗 and cities below a prefecture
	townLevel                 // 镇 乡 街道 村
	roadLevel                 // 路 街 道 巷 弄 胡同
	numberLevel               // 号
	buildingLevel             // 栋 幢 座 楼 单元 小区
	roomLevel                 // 室 房 户 层
	cityLevel                 // 市 州 盟
	provinceLevel             // 省
	breakLevel    = 0xFF      // ends an address
)

// levelChars says by which characters a level ends.
var levelChars = []struct {
	level uint8
	chars string
}{
	{provinceLevel, "省"}, {cityLevel, "市州盟"}, {countyLevel, "区县旗"}, {townLevel, "镇乡村屯"}, {roadLevel, "路街道巷弄胡里"},
	{numberLevel, "号"}, {buildingLevel, "栋幢座楼元苑园厦城湾庭府"}, {roomLevel, "室房户层"},
	{breakLevel, "的在是有被把将从对司局厅了说我你他她它请"},
}

type levels [hanLast - hanFirst + 1]uint8

func newLevels() *levels {
	var l levels
	for _, group := range levelChars {
		for _, r := range group.chars {
			l[r-hanFirst] = group.level
		}
	}
	return &l
}

func (l *levels) at(p []byte) uint8 {
	r := int(p[0]&0x0F)<<12 | int(p[1]&0x3F)<<6 | int(p[2]&0x3F)
	if r < hanFirst || r > hanLast {
		return 0
	}
	return l[r-hanFirst]
}

const maxAddress = 240 // bytes

// chain reads the levels of an address from p on, which starts behind the
// province or prefecture if one was found. It answers where the last level ends.
func (p *Pack) chain(text []byte) (end int, seen uint8, count int) {
	gap, digits := 0, 0 // characters since the last level, and digits among them
	most := min(len(text), maxAddress)
	for i := 0; i < most && gap <= 10; {
		c := text[i]
		switch {
		case c >= 0xE4 && c <= 0xE9 && i+2 < len(text):
			r := int(c&0x0F)<<12 | int(text[i+1]&0x3F)<<6 | int(text[i+2]&0x3F)
			if r < hanFirst || r > hanLast {
				return end, seen, count
			}
			i += 3
			level := p.levels[r-hanFirst]
			if level == 0 {
				gap++
				continue
			}
			if level == breakLevel {
				return end, seen, count
			}
			if gap == 0 && end == 0 && level != numberLevel || level&(numberLevel|roomLevel) != 0 && digits == 0 {
				gap++
				continue
			}
			if seen&level == 0 {
				count++
			}
			seen |= level
			end, gap, digits = i, 0, 0
		case isDigit(c):
			digits++
			gap++
			i++
			if digits > 6 {
				return end, seen, count
			}
			if end > 0 && seen&(numberLevel|buildingLevel) != 0 && i-end == digits && (i == len(text) || !isDigit(text[i])) {
				end = i // 3号楼501
			}
		case isLetter(c) || c == '-' || c == '#' || c == '(' || c == ')':
			gap++
			i++
		case c == ' ' && i+1 < len(text) && (isHan(text[i+1:]) || isDigit(text[i+1])) && end == i:
			i++
		default:
			return end, seen, count
		}
	}
	return end, seen, count
}

// chinese judges the address that text starts with: its length and score in
// percent, 0 when there is none. Anchored says that a label or heading calls
// for an address here.
func (p *Pack) chinese(text []byte, anchored bool) (length int, score int8) {
	known := 0
	for i := 0; known < 3; known++ {
		n := p.regions.place(text[length:])
		if n == 0 || known > 0 && countyBehind(text[length+n:]) {
			break // 北京市朝阳区 has nothing to do with 朝阳市
		}
		length += n
		for _, suffix := range []string{"省", "市"} {
			if i = len(suffix); bytes.HasPrefix(text[length:], []byte(suffix)) {
				length += i
			}
		}
	}
	if known == 0 && !anchored {
		return 0, 0
	}
	end, seen, count := p.chain(text[length:])
	fine := seen & (numberLevel | buildingLevel | roomLevel)
	coarse := seen & (countyLevel | townLevel | cityLevel)
	switch {
	case end == 0 && !(anchored && known > 1):
		return 0, 0
	case known > 0 && seen&(roadLevel|townLevel) != 0 && fine != 0:
		score = 90
	case known > 0 && coarse != 0 && fine != 0:
		score = 80
	case known > 0 && seen&countyLevel != 0 && seen&(roadLevel|townLevel) != 0:
		score = 65
	case anchored && count+known >= 2:
		score = 70
	default:
		return 0, 0
	}
	if anchored {
		score += 5
	}
	return length + end, score
}

func countyBehind(p []byte) bool {
	return bytes.HasPrefix(p, []byte("区")) || bytes.HasPrefix(p, []byte("县")) || bytes.HasPrefix(p, []byte("镇"))
}

// chineseAddresses finds addresses in running text: those that begin with a
// known province or prefecture.
func (p *Pack) chineseAddresses(text []byte, found []match) []match {
	for i := 0; i+12 <= len(text); {
		flags, ok := p.han.at(text[i:])
		if !ok {
			i++
			continue
		}
		if flags&regionFlag == 0 {
			i += 3
			continue
		}
		n, score := p.chinese(text[i:], false)
		if score == 0 {
			i += 3
			continue
		}
		found = append(found, p.newAddress(text, i, i+n, score))
		i += n
	}
	return found
}

func (p *Pack) newAddress(text []byte, start, end int, score int8) match {
	return match{kind: address, start: start, end: end, score: score, hash: p.addressHash(text[start:end]), why: evidence{flags: addressLevels}}
}

// addressHash hashes an address without regard to spaces, commas and case.
func (p *Pack) addressHash(text []byte) uint64 {
	var folded [maxAddress + 64]byte
	text = text[:min(len(text), len(folded))]
	if !foldable(text) {
		return p.hash.sum(address, text)
	}
	n := 0
	for _, c := range text {
		if c != ' ' && c != ',' {
			if c-'A' < 26 {
				c |= 0x20
			}
			folded[n] = c
			n++
		}
	}
	return p.hash.sum(address, folded[:n])
}

// foldable tells whether a space, a comma or a capital may stand in text: a
// byte below '-' or from '@' to '_', eight bytes at a time.
func foldable(text []byte) bool {
	for len(text) >= 8 {
		x := binary.LittleEndian.Uint64(text)
		ascii := ^x & 0x8080808080808080
		x &= 0x7F7F7F7F7F7F7F7F
		below := ^(x + 0x5353535353535353) // '-' is 0x2D
		upper := (x + 0x4040404040404040) & ^(x + 0x2020202020202020)
		if (below|upper)&ascii != 0 {
			return true
		}
		text = text[8:]
	}
	for _, c := range text {
		if c < '-' || c >= '@' && c < '`' {
			return true
		}
	}
	return false
}

// streetWords stand in addresses written in Latin letters.
const streetWords = " street st str road rd avenue ave lane ln drive dr boulevard blvd court ct square sq way place pl terrace ter close crescent highway hwy parkway pkwy district building bldg room rm floor apt apartment suite ste unit block flat po box no strasse straße rue via calle plaza house estate gardens lu jie "

// western judges an address in Latin letters, which only a label or heading
// calls for: a number, two words, and a word such as "Road". Text is the
// whole cell or the rest of the line.
func (p *Pack) western(text []byte) int8 {
	if len(text) < 8 || len(text) > maxAddress {
		return 0
	}
	words, streets, digits := 0, 0, 0
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case isLetter(c) || c >= 0xC3 && c <= 0xC5:
			start := i
			for i < len(text) && (isLetter(text[i]) || text[i] >= 0x80) {
				i++
			}
			if start == 0 || text[start-1] == ' ' || text[start-1] == ',' {
				words++
			}
			if i-start <= 12 && p.streets[strings.ToLower(string(text[start:i]))] {
				streets++
			}
		case isDigit(c):
			digits++
			i++
		case c == '@' || c == '<' || c == '{' || c == '=' || c == ';':
			return 0
		default:
			i++
		}
	}
	switch {
	case words >= 2 && streets > 0 && digits > 0:
		return 85
	case words >= 3 && digits > 0 && digits <= 12, words >= 4 && streets > 0:
		return 60
	}
	return 0
}
