package extract

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// zip reads an archive of members with a directory: by the directory where
// there is one, and by the members' own headers wherever the directory says
// nothing. It answers the media type where it knows better than the first
// bytes. With seen set the bytes around the members are known already.
func (w *walker) zip(location string, at io.ReaderAt, size int64, depth int, seen bool) string {
	if depth >= w.limits.Depth {
		w.note(problem{TooDeep})
		w.runs(location, io.NewSectionReader(at, 0, size))
		return ""
	}
	z := &archive{w: w, location: location, at: at, size: size, depth: depth, seen: seen}
	z.open()
	names := names{w: w, location: location}
	for i := range z.entries {
		names.add(z.entries[i].name)
	}
	names.flush()
	mt := z.readMembers()
	z.readGaps()
	return mt
}

// archive is one zip file being read.
type archive struct {
	w        *walker
	location string
	at       io.ReaderAt
	size     int64
	depth    int
	seen     bool // the file's own bytes have been searched for text already
	entries  []entry
	covered  []span // of the file, by members and directory
}

// span is a part of the file.
type span struct {
	from, to int64
	trailer  bool // a data descriptor may follow
}

func (z *archive) open() {
	d, ok := findDirectory(z.at, z.size)
	if !ok {
		z.w.note(problem{Truncated})
		z.salvage(0, z.size)
		return
	}
	if d.split {
		z.w.note(problem{Truncated})
	}
	z.w.note(d.read(z.at, z.w.members))
	z.covered = append(z.covered, span{d.start, d.end, false})
	for i := range d.entries {
		e := &d.entries[i]
		if err := e.locate(z.at); err != nil {
			z.w.note(err)
			continue
		}
		if e.end() > z.size {
			z.w.note(problem{Truncated})
			e.packed = max(0, z.size-e.data)
		}
		z.entries = append(z.entries, *e)
		z.covered = append(z.covered, span{e.header, e.end(), e.flags&flagDescriptor != 0})
	}
	z.checkOverlap()
}

// checkOverlap notices members that share bytes: no program writes that, but
// bombs do, and so do files made to be read differently by different programs.
func (z *archive) checkOverlap() {
	spans := slices.Clone(z.covered)
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			z.w.note(problem{Corrupt})
			return
		}
	}
}

// salvage finds members by their own headers.
func (z *archive) salvage(from, to int64) {
	for from+localSize <= to && len(z.entries) < z.w.members && !z.w.over() {
		at := z.find(from, to)
		if at < 0 {
			return
		}
		e, err := localEntry(z.at, at, z.size)
		if err != nil {
			z.w.note(err)
			return
		}
		if !e.plausible() {
			from = at + 4
			continue
		}
		if e.packed < 0 {
			e.packed = z.measure(&e, to)
		}
		if e.end() > to {
			e.packed = max(0, to-e.data)
		}
		z.entries = append(z.entries, e)
		z.covered = append(z.covered, span{e.header, e.end(), e.flags&flagDescriptor != 0})
		from = max(e.end(), at+4)
	}
}

// find looks for the next local header.
func (z *archive) find(from, to int64) int64 {
	buf := make([]byte, blockSize)
	for from+4 <= to && !z.w.over() {
		n, err := z.at.ReadAt(buf[:min(int64(len(buf)), to-from)], from)
		if i := bytes.Index(buf[:n], []byte(localSignature)); i >= 0 {
			return from + int64(i)
		}
		if n < 4 || err != nil && err != io.EOF {
			return -1
		}
		from += int64(n - 3)
	}
	return -1
}

// measure answers how many bytes a member takes whose header does not say it.
func (z *archive) measure(e *entry, to int64) int64 {
	rest := io.NewSectionReader(z.at, e.data, to-e.data)
	if e.method == 8 && !e.encrypted() {
		in := &countingBytes{r: bufio.NewReader(rest)}
		out := &expanding{w: z.w, r: flate.NewReader(in), packed: func() int64 { return in.n }}
		before := z.w.expanded
		if _, err := io.Copy(io.Discard, out); err == nil {
			z.w.expanded = before
			return in.n
		}
		return to - e.data
	}
	if next := z.find(e.data, to); next >= 0 {
		return next - e.data
	}
	return to - e.data
}

// readMembers reads every member, office documents in their own way.
func (z *archive) readMembers() string {
	if office := z.office(); office != nil {
		return office.read()
	}
	for i := range z.entries {
		z.readMember(&z.entries[i])
	}
	return ""
}

func (z *archive) readMember(e *entry) {
	if r := z.content(e); r != nil {
		name := e.name
		if name == "content.xml" { // the main part of OpenDocument needs no name
			name = ""
		}
		z.w.stream(join(z.location, name), r, e.size, z.depth+1)
		z.w.note(r.check())
	}
}

// content opens a member; nil when there is nothing to read or it cannot be,
// which is noted.
func (z *archive) content(e *entry) *member {
	if strings.HasSuffix(e.name, "/") && e.packed <= 0 {
		return nil
	}
	if !z.w.admit() {
		return nil
	}
	if e.encrypted() {
		z.w.note(problem{Encrypted})
		return nil
	}
	in := &countingBytes{r: bufio.NewReader(io.NewSectionReader(z.at, e.data, max(0, e.packed)))}
	plain, err := inflate(e.method, in)
	if err != nil {
		z.w.note(err)
		return nil
	}
	out := &expanding{w: z.w, r: plain, packed: func() int64 { return in.n }}
	return &member{out: out, in: in, entry: e}
}

func inflate(method uint16, r io.Reader) (io.Reader, error) {
	switch method {
	case 0:
		return r, nil
	case 8:
		return flate.NewReader(r), nil
	case 12:
		return bzip2.NewReader(r), nil
	case 93:
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(windowLimit), zstd.WithDecoderMaxWindow(windowLimit))
	case 95:
		return xz.ReaderConfig{DictCap: windowLimit}.NewReader(r)
	}
	return nil, problem{Unsupported}
}

// member is the content of a member being read.
type member struct {
	out   *expanding
	in    *countingBytes
	entry *entry
	crc   uint32
	ended bool
}

func (m *member) Read(p []byte) (int, error) {
	n, err := m.out.Read(p)
	m.crc = crc32.Update(m.crc, crc32.IEEETable, p[:n])
	m.ended = m.ended || err == io.EOF
	return n, err
}

// check compares what came out with what the entry promises.
func (m *member) check() error {
	if m.ended && m.in.n < m.entry.packed {
		return problem{Corrupt} // bytes behind the end of the stream
	}
	if m.ended && (m.entry.crc != 0 || m.entry.flags&flagDescriptor == 0) && m.crc != m.entry.crc {
		return problem{Corrupt}
	}
	return nil
}

// readGaps looks at what no member and no directory covers.
func (z *archive) readGaps() {
	slices.SortFunc(z.covered, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var at, slack int64
	var gaps []span
	for _, s := range append(z.covered, span{from: z.size, to: z.size}) {
		if s.from-at > slack {
			gaps = append(gaps, span{from: at, to: s.from})
		}
		at, slack = max(at, s.to), 0
		if s.trailer {
			slack = longestDescriptor
		}
	}
	known := len(z.entries)
	for _, g := range gaps {
		if z.w.over() {
			return
		}
		if !z.seen {
			z.w.runs(z.location, io.NewSectionReader(z.at, g.from, g.to-g.from))
		}
		z.salvage(g.from, g.to)
	}
	for i := known; i < len(z.entries); i++ {
		z.readMember(&z.entries[i])
	}
}

// countingBytes lets flate stop exactly where a member ends.
type countingBytes struct {
	r *bufio.Reader
	n int64
}

func (c *countingBytes) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *countingBytes) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}
