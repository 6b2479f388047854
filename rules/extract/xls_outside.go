package extract

import (
	"bytes"
	"fmt"
)

// outside reads what stands outside of cells.
func (x *xls) outside(id uint16, r []byte) {
	switch id {
	case xlsHeader, xlsFooter:
		x.keep(x.text(r))
	case xlsTextObject:
		if parts := x.continued(nil); len(parts) > 1 && len(parts[1]) > 0 {
			x.keep(chars(parts[1][1:], len(parts[1]), parts[1][0]&1 != 0))
		}
	case xlsHyperlink:
		x.keep(appendRuns(nil, r))
	case xlsChartText:
		if len(r) > 2 {
			x.keep(x.short(r[2:]))
		}
	case xlsValidation:
		x.validation(r)
	case xlsName:
		x.name(r)
	}
}

// constantText is the token of a formula that is nothing but text.
const constantText = 0x17

// name reads a name that stands for a constant: [MS-XLS] 2.4.150.
func (x *xls) name(r []byte) {
	const fixed = 14
	if x.old || len(r) <= fixed {
		return
	}
	size := int(r[3])
	if r[fixed]&1 != 0 {
		size *= 2
	}
	if formula := r[min(len(r), fixed+1+size):]; len(formula) > 1 && formula[0] == constantText {
		x.keep(x.short(formula[1:]))
	}
}

// validation reads what a cell says when it is filled in, and the list it may be
// filled in from: [MS-XLS] 2.4.84.
func (x *xls) validation(r []byte) {
	const texts = 4
	r = r[min(len(r), 4):]
	for range texts {
		text, rest := x.cutText(r)
		x.keep(bytes.Trim(text, "\x00")) // a zero stands for none
		r = rest
	}
	if len(r) > 5 && r[4] == constantText {
		x.keep(bytes.ReplaceAll(x.short(r[5:]), []byte{0}, []byte{'\n'}))
	}
}

// cutText reads the text that p begins with, and answers what stands behind it.
func (x *xls) cutText(p []byte) (text, rest []byte) {
	if len(p) < 3 {
		return nil, nil
	}
	size := int(le.Uint16(p))
	switch {
	case x.old:
		size += 2
	case p[2]&1 != 0:
		size = 3 + 2*size
	default:
		size += 3
	}
	return x.text(p), p[min(len(p), size):]
}

// linked reads a row of what was last known of a linked workbook: [MS-XLS]
// 2.4.63.
func (x *xls) linked(id uint16, r []byte) {
	if id == xlsLinkCache {
		x.flush()
		x.caches++
		x.w.sink.Begin(join(x.location, fmt.Sprintf("externalLink%d", x.caches)))
		return
	}
	const number, text = 1, 2
	if len(r) < 4 {
		return
	}
	x.flush()
	x.number = int(le.Uint16(r[2:])) + 1
	column := int(r[1])
	for r = r[4:]; len(r) > 3; column++ {
		kind := r[0]
		switch r = r[1:]; kind {
		case text:
			var value []byte
			value, r = x.cutText(r)
			x.add(column, value)
			continue
		case number:
			if len(r) >= 8 {
				x.add(column, float(le.Uint64(r)))
			}
		}
		r = r[min(len(r), 8):]
	}
	x.flush()
}

func (x *xls) keep(text []byte) {
	if len(text) == 0 {
		return
	}
	if x.extra = append(append(x.extra, text...), '\n'); len(x.extra) > widest {
		x.leftover()
	}
}

func (x *xls) leftover() {
	if len(x.extra) > 0 {
		if x.sheet == 0 {
			x.w.sink.Begin(x.location)
		}
		x.w.sink.Write(x.extra)
		x.extra = x.extra[:0]
	}
}
