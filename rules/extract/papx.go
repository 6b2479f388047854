package extract

import "slices"

// Where a Word document keeps the properties of its paragraphs: [MS-DOC] 2.8.6
// and 2.9.175, in pages of the main stream.
const (
	fibParagraphs = 0x0102
	propertyPage  = 512
	propertyEntry = 13     // of a paragraph in a page
	sprmRowEnd    = 0x2417 // the paragraph is the mark that ends a row
	sprmTableDef  = 0xD608
)

// rowEnds answers the places in the main stream right behind the marks that end
// a row of a table, ascending; none where that cannot be read.
func rowEnds(stream, main []byte) (ends []int) {
	at, n := uint64(le.Uint32(main[fibParagraphs:])), uint64(le.Uint32(main[fibParagraphs+4:]))
	if at+n > uint64(len(stream)) || n < 4 {
		return nil
	}
	for _, number := range pagesIn(stream[at : at+n]) {
		if from := uint64(number) * propertyPage; from+propertyPage <= uint64(len(main)) {
			ends = appendRowEnds(ends, main[from:from+propertyPage])
		}
	}
	slices.Sort(ends)
	return slices.DeleteFunc(slices.Compact(ends), func(end int) bool { return !behindMark(main, end) })
}

// pagesIn answers the numbers of pages that a list has, each once however often
// it is there.
func pagesIn(list []byte) (numbers []uint32) {
	for i := (len(list) - 4) / 8; i > 0; i-- { // they stand behind the places they are for
		numbers = append(numbers, le.Uint32(list[len(list)-4*i:]))
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// behindMark tells whether there is a mark of a cell or row before a place, in
// one byte or two: some programs count the places otherwise.
func behindMark(main []byte, at int) bool {
	return at >= 2 && at <= len(main) && (main[at-1] == cellMark || main[at-2] == cellMark && main[at-1] == 0)
}

// appendRowEnds appends those that a page tells of.
func appendRowEnds(ends []int, page []byte) []int {
	count := int(page[propertyPage-1])
	if 4*(count+1)+propertyEntry*count >= propertyPage {
		return ends
	}
	for i := range count {
		at := 2 * int(page[4*(count+1)+propertyEntry*i])
		if at > 0 && endsRow(page[at:]) {
			ends = append(ends, int(le.Uint32(page[4*(i+1):])))
		}
	}
	return ends
}

// endsRow tells whether the properties at the beginning of p are those of the
// mark that ends a row.
func endsRow(p []byte) bool {
	size := 2*int(p[0]) - 1
	if p = p[1:]; size < 0 && len(p) > 0 { // a zero, then the size
		size, p = 2*int(p[0]), p[1:]
	}
	if size > len(p) || size < 2 {
		return false
	}
	for p = p[2:size]; len(p) >= 3; {
		id := le.Uint16(p)
		if id == sprmRowEnd {
			return p[2] == 1
		}
		n := operandSize(id, p[2:])
		if n > len(p)-2 {
			break
		}
		p = p[2+n:]
	}
	return false
}

// operandSize answers how long what follows a property is: [MS-DOC] 2.6.2. Next
// is its first byte.
func operandSize(id uint16, operand []byte) int {
	switch id >> 13 {
	case 2, 4, 5:
		return 2
	case 3:
		return 4
	case 6:
		if id == sprmTableDef && len(operand) > 1 {
			return 1 + int(le.Uint16(operand))
		}
		return 1 + int(operand[0])
	case 7:
		return 3
	}
	return 1
}
