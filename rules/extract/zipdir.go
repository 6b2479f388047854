package extract

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"unicode"
)

// Signatures and sizes of the records of a zip file: PKWARE APPNOTE 6.3.10,
// sections 4.3.7, 4.3.9, 4.3.12, 4.3.14, 4.3.15 and 4.3.16.
const (
	localSignature     = "PK\x03\x04"
	centralSignature   = "PK\x01\x02"
	endSignature       = "PK\x05\x06"
	end64Signature     = "PK\x06\x06"
	locatorSignature   = "PK\x06\x07"
	localSize          = 30
	centralSize        = 46
	endSize            = 22
	end64Size          = 56
	locatorSize        = 20
	longestComment     = 1<<16 - 1
	longestDescriptor  = 24
	flagEncrypted      = 1 << 0
	flagDescriptor     = 1 << 3
	flagMaskedHeaders  = 1 << 13
	flagUTF8           = 1 << 11
	methodAES          = 99
	extraZip64         = 0x0001
	extraUnicodePath   = 0x7075
	unicodePathPrelude = 5
)

var le = binary.LittleEndian

// entry is one member of a zip file.
type entry struct {
	name   string
	flags  uint16
	method uint16
	crc    uint32
	packed int64 // bytes in the file, -1 when unknown
	size   int64 // bytes it claims to hold
	header int64 // where its local header is
	data   int64 // where its bytes are
}

func (e *entry) encrypted() bool {
	return e.flags&(flagEncrypted|flagMaskedHeaders) != 0 || e.method == methodAES
}

// end is where its bytes end.
func (e *entry) end() int64 { return e.data + max(0, e.packed) }

// directory is what the central directory says.
type directory struct {
	start, end int64 // where it stands, up to the comment
	base       int64 // bytes before the archive
	entries    []entry
	split      bool // a part of an archive of several volumes
}

// hasDirectory tells whether the file ends as a zip file does.
func hasDirectory(at io.ReaderAt, size int64) bool {
	_, ok := findDirectory(at, size)
	return ok
}

// findDirectory looks for the end record and the place of the directory.
func findDirectory(at io.ReaderAt, size int64) (directory, bool) {
	tail := make([]byte, min(size, endSize+longestComment))
	from := size - int64(len(tail))
	if n, err := at.ReadAt(tail, from); n < len(tail) && err != nil {
		return directory{}, false
	}
	for i := len(tail) - endSize; i >= 0; i-- {
		if string(tail[i:i+4]) != endSignature {
			continue
		}
		end := tail[i:]
		d := directory{end: from + int64(i), split: le.Uint16(end[4:]) != 0}
		length, offset := int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
		d.start = d.end - length
		if i >= locatorSize && string(tail[i-locatorSize:i-locatorSize+4]) == locatorSignature {
			if length, offset, ok := directory64(at, tail[i-locatorSize:]); ok {
				d.start = from + int64(i) - locatorSize - end64Size - length
				d.base = d.start - offset
				return d, length >= 0 && d.start >= 0 && d.base >= 0
			}
		}
		if d.start < 0 {
			continue
		}
		d.base = max(0, d.start-offset)
		d.end += endSize
		return d, true
	}
	return directory{}, false
}

func directory64(at io.ReaderAt, locator []byte) (length, offset int64, ok bool) {
	record := make([]byte, end64Size)
	where := le.Uint64(locator[8:])
	if where > math.MaxInt64 {
		return 0, 0, false
	}
	if _, err := at.ReadAt(record, int64(where)); err != nil || string(record[:4]) != end64Signature {
		return 0, 0, false
	}
	l, o := le.Uint64(record[40:]), le.Uint64(record[48:])
	return int64(l), int64(o), l <= math.MaxInt64 && o <= math.MaxInt64
}

// read reads at most limit entries of the directory. The count of the end
// record is not believed: entries are read as long as they stand there.
func (d *directory) read(at io.ReaderAt, limit int) error {
	r := bufio.NewReader(io.NewSectionReader(at, d.start, d.end-d.start))
	fixed := make([]byte, centralSize)
	for {
		if sig, err := r.Peek(4); err != nil || string(sig) != centralSignature {
			if err == io.EOF {
				return nil
			}
			return err
		}
		if len(d.entries) >= limit {
			return problem{TooLarge}
		}
		if _, err := io.ReadFull(r, fixed); err != nil {
			return err
		}
		n, x, c := int(le.Uint16(fixed[28:])), int(le.Uint16(fixed[30:])), int(le.Uint16(fixed[32:]))
		variable := make([]byte, n+x+c)
		if _, err := io.ReadFull(r, variable); err != nil {
			return err
		}
		e := entry{
			flags: le.Uint16(fixed[8:]), method: le.Uint16(fixed[10:]), crc: le.Uint32(fixed[16:]),
			packed: int64(le.Uint32(fixed[20:])), size: int64(le.Uint32(fixed[24:])), header: int64(le.Uint32(fixed[42:])),
		}
		e.nameAndExtra(variable[:n], variable[n:n+x])
		e.header += d.base
		d.entries = append(d.entries, e)
	}
}

// nameAndExtra takes the name, sizes over 4 GiB and the Unicode path.
func (e *entry) nameAndExtra(name, extra []byte) {
	e.name = e.decodeName(name)
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return
		}
		field := extra[4 : 4+n]
		extra = extra[4+n:]
		switch {
		case id == extraZip64:
			for _, p := range []*int64{&e.size, &e.packed, &e.header} {
				if *p == math.MaxUint32 && len(field) >= 8 {
					*p = int64(le.Uint64(field) & math.MaxInt64)
					field = field[8:]
				}
			}
		case id == extraUnicodePath && n > unicodePathPrelude:
			e.name = decodeString(field[unicodePathPrelude:])
		}
	}
}

func (e *entry) decodeName(name []byte) string {
	if e.flags&flagUTF8 != 0 {
		return string(bytes.ToValidUTF8(name, replacement))
	}
	return decodeString(name)
}

// locate finds the bytes of a member behind its local header.
func (e *entry) locate(at io.ReaderAt) error {
	var fixed [localSize]byte
	if n, err := at.ReadAt(fixed[:], e.header); n < len(fixed) {
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	if string(fixed[:4]) != localSignature {
		return problem{Corrupt}
	}
	e.data = e.header + localSize + int64(le.Uint16(fixed[26:])) + int64(le.Uint16(fixed[28:]))
	return nil
}

// plausible tells a header from the same four bytes in other content.
func (e *entry) plausible() bool {
	known := e.method <= 20 || e.method >= 93 && e.method <= methodAES
	return known && e.name != "" && strings.IndexFunc(e.name, unicode.IsControl) < 0
}

// localEntry reads the local header at an offset.
func localEntry(at io.ReaderAt, offset, size int64) (entry, error) {
	var fixed [localSize]byte
	if n, err := at.ReadAt(fixed[:], offset); n < len(fixed) {
		return entry{}, err
	}
	e := entry{
		flags: le.Uint16(fixed[6:]), method: le.Uint16(fixed[8:]), crc: le.Uint32(fixed[14:]),
		packed: int64(le.Uint32(fixed[18:])), size: int64(le.Uint32(fixed[22:])), header: offset,
	}
	n, x := int(le.Uint16(fixed[26:])), int(le.Uint16(fixed[28:]))
	variable := make([]byte, min(int64(n+x), max(0, size-offset-localSize)))
	if m, err := at.ReadAt(variable, offset+localSize); m < len(variable) {
		return entry{}, err
	}
	n = min(n, len(variable))
	e.nameAndExtra(variable[:n], variable[n:])
	e.header = offset
	e.data = offset + localSize + int64(len(variable))
	if e.flags&flagDescriptor != 0 && e.packed == 0 {
		e.packed = -1
	}
	return e, nil
}
