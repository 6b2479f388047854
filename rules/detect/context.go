package detect

import (
	"bytes"
	"unicode/utf8"
)

// labelReach is how far before a value its label may stand, in bytes.
const labelReach = 48

// labelBefore answers the nearest label before start whose reach covers it.
func labelBefore(found []label, start int) (label, bool) {
	for i := len(found) - 1; i >= 0; i-- {
		if l := found[i]; l.end <= start {
			return l, start-l.end <= labelReach
		}
	}
	return label{}, false
}

// weigh sets the confidence of a number or an e-mail address in running text
// by what stands around it.
func weigh(m *match, text []byte, found []label) {
	if l, ok := labelBefore(found, m.start); ok {
		m.why.distance = utf8.RuneCount(text[l.end:m.start])
		switch {
		case l.roles.has(m.kind):
			m.calledFor(l)
		case l.roles&against != 0 && m.start-l.end <= 16:
			m.calledOtherwise(l)
		case l.roles&maker != 0:
			m.why.flags |= makerLabel
		}
	}
	if m.why.flags&labelled == 0 {
		around(m, text)
	}
}

// calledFor takes a label or heading that asks for the class.
func (m *match) calledFor(l label) {
	m.why.label = l
	m.why.flags |= labelled
	switch {
	case m.why.flags&oldForm != 0:
		m.raise(80)
	case m.kind == residentID && m.why.flags&regionKnown != 0, m.kind == bankCard && m.score >= 55:
		m.raise(99)
	case m.kind == residentID:
		m.raise(90)
	case m.kind.checked():
		m.raise(99)
	case m.kind == email && m.why.flags&(inURL|manyNumbers) != 0:
	case m.kind == email && m.why.flags&(placeholder|roleAccount) != 0:
		m.raise(60)
	default:
		m.raise(95)
	}
}

// calledOtherwise takes a label or heading that asks for something else.
func (m *match) calledOtherwise(l label) {
	m.why.label = l
	m.why.flags |= negative
	if m.provesItself() && m.why.flags&checksumRight != 0 {
		m.cap(60) // checksum, date and region together are no accident
		return
	}
	m.cap(20)
}

// around looks at what is joined to a number without being a label.
func around(m *match, text []byte) {
	if m.kind == email {
		return
	}
	for _, unit := range units {
		if bytes.HasPrefix(bytes.TrimLeft(text[m.end:min(len(text), m.end+12)], " "), unit) && !m.provesItself() {
			m.why.flags |= unitBehind
			m.cap(20)
			return
		}
	}
	start := m.start
	for start > 0 && text[start-1] > ' ' && text[start-1] < 0x80 && m.start-start < 200 {
		start--
	}
	if !m.provesItself() && (inPath(text, m.start) || m.score < 70 && underKey(text, m.start)) {
		m.why.flags |= unknownKey
		m.cap(40)
	}
	if word := text[start:m.start]; bytes.Contains(word, []byte("://")) || bytes.Contains(word, []byte("www.")) {
		m.why.flags |= inURL
		if !m.provesItself() {
			m.cap(30)
		}
	}
}

// inPath tells whether what begins at i is a part of a path: /item/13812345678.
func inPath(text []byte, i int) bool {
	if i < 2 || text[i-1] != '/' {
		return false
	}
	c := text[i-2]
	return isLetter(c) || c == '_' || c == '.' || c == '-'
}

// underKey tells whether what begins at i is the value of a key in Latin
// letters that says nothing of people: limit = 13812345678.
func underKey(text []byte, i int) bool {
	for i > 0 && (text[i-1] == ' ' || text[i-1] == '"' || text[i-1] == '\'') {
		i--
	}
	if i == 0 || text[i-1] != '=' && text[i-1] != ':' {
		return false
	}
	for i--; i > 0 && (text[i-1] == ' ' || text[i-1] == '"' || text[i-1] == '\'' || text[i-1] == ':'); i-- {
	}
	return i > 0 && (isLetter(text[i-1]) || isDigit(text[i-1]) || text[i-1] == '_' || text[i-1] == ']')
}

var units = [][]byte{
	[]byte("元"), []byte("万"), []byte("亿"), []byte("个"), []byte("件"), []byte("次"), []byte("条"), []byte("吨"), []byte("字节"), []byte("毫秒"), []byte("纳秒"), []byte("微秒"), []byte("秒"),
	[]byte("bytes"), []byte("ms"), []byte("ns"), []byte("KB"), []byte("MB"), []byte("GB"), []byte("Hz"), []byte("USD"), []byte("units"), []byte("items"), []byte("times"), []byte("users"), []byte("people"), []byte("rows"), []byte("records"), []byte("requests"), []byte("tons"), []byte("km"), []byte("seconds"), []byte("cycles"), []byte("dollars"), []byte("yuan"), []byte("ops"), []byte("tokens"), []byte("RMB"), []byte("CNY"),
}
