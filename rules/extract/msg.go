package extract

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/richardlehane/mscfb"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// The properties of [MS-OXPROPS] a message is read by.
const (
	msgSubject         = 0x0037
	msgHeaders         = 0x007D
	msgSenderName      = 0x0C1A
	msgSenderAddress   = 0x0C1F
	msgTo              = 0x0E04
	msgCc              = 0x0E03
	msgBcc             = 0x0E02
	msgBody            = 0x1000
	msgBodyRTF         = 0x1009
	msgBodyHTML        = 0x1013
	msgDisplayName     = 0x3001
	msgAddress         = 0x3003
	msgContent         = 0x3701
	msgShortName       = 0x3704
	msgLongName        = 0x3707
	msgSMTP            = 0x39FE
	msgInternetCharset = 0x3FDE
	msgCharset         = 0x3FFD
)

// The types of [MS-OXCDATA] that are text, and those a stream is of.
const (
	msgText8  = 0x001E // in the code page of the message
	msgText16 = 0x001F
	msgBinary = 0x0102
	msgMany   = 0x1000 // is set where there are many values, a stream each
)

const (
	msgProperties = "__properties_version1.0"
	msgStream     = "__substg1.0_"
	msgRecipient  = "__recip_version1.0_"
	msgAttachment = "__attach_version1.0_"
	msgInner      = msgStream + "3701000D" // a message or an object as attachment
)

// msgNames are names of storages and streams as people may see them.
var msgNames = strings.NewReplacer(msgStream, "property ", msgAttachment+"#", "attachment ", msgRecipient+"#", "recipient ", "__nameid_version1.0", "names")

// msgShown are the properties that come first, in this order, by the names
// that people know them by.
var msgShown = []struct {
	id   int
	name string
}{
	{msgSenderName, "From: "}, {msgSenderAddress, "From: "}, {msgTo, "To: "}, {msgCc, "Cc: "}, {msgBcc, "Bcc: "},
	{msgSubject, "Subject: "}, {msgHeaders, ""}, {msgBody, ""},
}

// outlook reads a message that Outlook saved: [MS-OXMSG].
type outlook struct {
	*compound
	storages []string                 // in the order of the file
	within   map[string][]*mscfb.File // the streams of each storage
	charset  encoding.Encoding        // of the message at hand, nil for one to be guessed
}

// outlook answers the file as a message.
func (c *compound) outlook() *outlook {
	o := &outlook{compound: c, within: map[string][]*mscfb.File{}}
	for _, f := range c.files {
		path := strings.Join(f.Path, "/")
		if o.within[path] == nil {
			o.storages = append(o.storages, path)
		}
		o.within[path] = append(o.within[path], f)
	}
	return o
}

// property is one value of a message, a recipient or an attachment.
type property struct {
	id, kind int
	file     *mscfb.File
}

// isText tells properties that people read.
func (p property) isText() bool { return p.kind&^msgMany == msgText8 || p.kind&^msgMany == msgText16 }

// message reads the message in the storage at path, which is the file itself
// or an attachment of it.
func (o *outlook) message(path, location string, depth int) {
	defer func(outer encoding.Encoding) { o.charset = outer }(o.charset)
	o.charset = o.charsetOf(path)
	properties := o.properties(path)
	o.w.sink.Begin(location)
	for _, shown := range msgShown {
		for _, p := range properties {
			if p.id == shown.id && p.isText() {
				o.say(shown.name, p)
			}
		}
	}
	for _, storage := range o.below(path, msgRecipient) {
		o.recipient(storage)
	}
	for _, p := range properties { // whatever else is said: notes, phones of contacts, categories
		if p.isText() {
			o.say("", p)
		}
	}
	for _, p := range properties {
		o.body(location, p, depth)
	}
	for i, storage := range o.below(path, msgAttachment) {
		o.attachment(storage, location, i+1, depth)
	}
}

// properties lists the values that lie in streams of their own.
func (o *outlook) properties(path string) (all []property) {
	for _, f := range o.within[path] {
		if !strings.HasPrefix(f.Name, msgStream) {
			continue
		}
		tag, _, _ := strings.Cut(strings.TrimPrefix(f.Name, msgStream), "-")
		n, err := strconv.ParseUint(tag, 16, 32)
		if err == nil && f.Size > 0 {
			all = append(all, property{id: int(n >> 16), kind: int(n & 0xFFFF), file: f})
		}
	}
	return all
}

// below lists the storages in path whose names begin with prefix.
func (o *outlook) below(path, prefix string) (found []string) {
	if path != "" {
		path += "/"
	}
	for _, storage := range o.storages {
		rest, ok := strings.CutPrefix(storage, path+prefix)
		if ok && !strings.Contains(rest, "/") {
			found = append(found, storage)
		}
	}
	return found
}

// say writes a value as a line, once.
func (o *outlook) say(name string, p property) {
	if text := o.text(p); len(text) > 0 {
		o.w.sink.Write([]byte(name))
		o.w.sink.Write(append(text, '\n'))
	}
}

// text answers a value in UTF-8, nil where it was taken before.
func (o *outlook) text(p property) []byte {
	content := o.content8(p)
	if p.kind&^msgMany == msgText16 {
		return bytes.TrimRight(chars(content, len(content)/2, true), "\x00")
	}
	content = bytes.TrimRight(content, "\x00")
	if o.charset != nil {
		if text, err := o.charset.NewDecoder().Bytes(content); err == nil {
			return text
		}
	}
	return []byte(decodeString(content))
}

// content8 reads the bytes of a value, none where it was taken before.
func (o *outlook) content8(p property) []byte {
	name := strings.Join(append(slices.Clone(p.file.Path), p.file.Name), "/")
	if o.taken[name] || !o.w.admit() {
		return nil
	}
	o.taken[name] = true
	content, err := o.w.hold(o.content(p.file))
	o.w.note(err)
	if err == nil && int64(len(content)) < p.file.Size {
		o.w.note(problem{Truncated})
	}
	return content
}

// charsetOf reads which code page texts of eight bits are in.
func (o *outlook) charsetOf(path string) encoding.Encoding {
	const entry = 16
	for _, f := range o.within[path] {
		if f.Name != msgProperties {
			continue
		}
		content, err := o.w.hold(o.content(f))
		o.w.note(err)
		pages := map[int]uint32{}
		for at := len(content) % entry; at+entry <= len(content); at += entry {
			pages[int(le.Uint16(content[at+2:]))] = le.Uint32(content[at+8:])
		}
		for _, id := range []int{msgCharset, msgInternetCharset} {
			if e := codePage(pages[id]); e != nil {
				return e
			}
		}
	}
	return nil
}

// codePage answers the encoding Windows numbers so, nil for none known.
func codePage(number uint32) encoding.Encoding {
	names := map[uint32]string{936: "gb18030", 54936: "gb18030", 950: "big5", 932: "shift_jis", 949: "euc-kr", 874: "windows-874", 65001: "utf-8", 20866: "koi8-r"}
	name := names[number]
	if number >= 1250 && number <= 1258 {
		name = fmt.Sprintf("windows-%d", number)
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil
	}
	return e
}

// recipient writes to whom the message went.
func (o *outlook) recipient(storage string) {
	for _, p := range o.properties(storage) {
		if p.isText() && (p.id == msgDisplayName || p.id == msgAddress || p.id == msgSMTP) {
			o.say("To: ", p)
		}
	}
}

// body reads the other forms of the text.
func (o *outlook) body(location string, p property, depth int) {
	if p.kind != msgBinary || p.id != msgBodyHTML && p.id != msgBodyRTF {
		return
	}
	content := o.content8(p)
	if p.id == msgBodyRTF && len(content) > 0 {
		var err error
		content, err = unpackRTF(content)
		o.w.note(err)
		o.w.expanded -= int64(len(content))
	}
	if len(content) > 0 {
		o.w.stream(location, bytes.NewReader(content), int64(len(content)), depth+1)
	}
}

// attachment reads a file or another message.
func (o *outlook) attachment(storage, location string, number, depth int) {
	properties := o.properties(storage)
	name := ""
	for _, id := range []int{msgLongName, msgShortName, msgDisplayName} {
		for _, p := range properties {
			if p.id == id && p.isText() && name == "" {
				name = string(o.text(p))
			}
		}
	}
	if name == "" {
		name = fmt.Sprintf("attachment %d", number)
	}
	o.w.sink.Begin(location)
	o.w.sink.Write([]byte(name + "\n"))
	location = join(location, name)
	for _, p := range properties {
		if p.id == msgContent && p.kind == msgBinary {
			content := o.content8(p)
			o.w.stream(location, bytes.NewReader(content), int64(len(content)), depth+1)
		}
	}
	inner := storage + "/" + msgInner
	switch {
	case len(o.within[inner]) == 0:
	case depth+1 >= o.w.limits.Depth:
		o.w.note(problem{TooDeep})
	default:
		o.message(inner, location, depth+1)
	}
}

// rtfDictionary is what packed rich text begins to refer to: [MS-OXRTFCP] 2.1.2.1.
const rtfDictionary = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript " +
	"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par " +
	"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// unpackRTF unpacks rich text: [MS-OXRTFCP]. What could be unpacked comes back
// also beside an error. It grows no more than ninefold.
func unpackRTF(packed []byte) ([]byte, error) {
	const header, window = 16, 4096
	if len(packed) < header {
		return nil, problem{Truncated}
	}
	form := string(packed[8:12])
	packed = packed[header:]
	switch form {
	case "MELA":
		return packed, nil
	case "LZFu":
	default:
		return packed, problem{Corrupt}
	}
	dictionary := make([]byte, window)
	at := copy(dictionary, rtfDictionary)
	var text []byte
	put := func(c byte) {
		text = append(text, c)
		dictionary[at] = c
		at = (at + 1) % window
	}
	for in := bytes.NewReader(packed); ; {
		control, err := in.ReadByte()
		if err != nil {
			return text, problem{Truncated} // the end is marked
		}
		for bit := range 8 {
			first, err := in.ReadByte()
			if err != nil {
				return text, problem{Truncated}
			}
			if control>>bit&1 == 0 {
				put(first)
				continue
			}
			second, err := in.ReadByte()
			if err != nil {
				return text, problem{Truncated}
			}
			from := int(first)<<4 | int(second)>>4
			if from == at {
				return text, nil
			}
			for i := range int(second&0xF) + 2 {
				put(dictionary[(from+i)%window])
			}
		}
	}
}
