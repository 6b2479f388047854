package extract

import "bytes"

// Records of a presentation: [MS-PPT] 2.13.24.
const (
	pptContainer  = 0x0F
	pptTextChars  = 0x0FA0
	pptTextBytes  = 0x0FA8
	pptString     = 0x0FBA
	pptTagData    = 0x138B // holds records, though it does not say so
	pptStyles     = 0x0428 // holds a file, though it says that it holds records
	pptHeader     = 8
	pptSecretMark = 0xF3D1C4DF // of an encrypted document, in the stream Current User
)

// Storages and streams in which PowerPoint keeps presentations.
const (
	pptStream  = "PowerPoint Document"
	pptUser    = "Current User"
	pptDual    = "PP97_DUALSTORAGE/" // beside what PowerPoint 95 reads
	pptHeader4 = "Header"            // of PowerPoint 4 and 95
)

// presentation reads the text of a PowerPoint presentation record by record.
func (c *compound) presentation() {
	within := ""
	switch {
	case c.has(pptDual + pptStream):
		within = pptDual
	case c.has(pptHeader4):
		c.w.note(problem{Unsupported})
		return
	}
	if user := c.whole(within + pptUser); len(user) >= 16 && le.Uint32(user[12:]) == pptSecretMark {
		c.w.note(problem{Encrypted})
		return
	}
	rest := c.whole(within + pptStream)
	c.w.sink.Begin(c.location)
	for len(rest) >= pptHeader && !c.w.over() {
		version, id, n := rest[0]&0x0F, le.Uint16(rest[2:]), uint64(le.Uint32(rest[4:]))
		if id == 0 && n == 0 { // padding: what comes next begins with a byte that is not zero
			rest = bytes.TrimLeft(rest, "\x00")
			continue
		}
		rest = rest[pptHeader:]
		if version == pptContainer && id != pptStyles || id == pptTagData {
			continue // what it holds follows
		}
		if n > uint64(len(rest)) {
			c.w.note(problem{Truncated})
			n = uint64(len(rest))
		}
		body := rest[:n]
		rest = rest[n:]
		switch id {
		case pptTextChars, pptString:
			c.pptText(chars(body, len(body), true))
		case pptTextBytes:
			c.pptText(chars(body, len(body), false))
		}
	}
}

func (c *compound) pptText(text []byte) {
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte{'\r'}, []byte{'\n'}), []byte{0x0B}, []byte{'\n'})
	c.w.sink.Write(append(text, '\n'))
}
