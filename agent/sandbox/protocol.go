package sandbox

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/trustline/trustline/rules/extract"
)

// The frames of the protocol: a kind, a length in four bytes, the payload.
const (
	beginWorkFrame = 'S' // to the worker, first: folder of compiled code, "" for none
	compileFrame   = 'C' // to the worker, instead: compile into that folder; answered in kind

	becomeFrame = 'P' // to the worker, instead: the program to become, its data and languages; answered in kind when confined

	jobFrame   = 'J' // to the worker: size of the file and limits
	dataFrame  = 'D' // to the worker: the bytes it asked for
	endFrame   = 'Z' // to the worker: the bytes it asked for, and the file ends there
	failFrame  = 'F' // to the worker: the file could not be read
	readFrame  = 'R' // from the worker: offset and length wanted
	beginFrame = 'B' // from the worker: Sink.Begin
	textFrame  = 'T' // from the worker: Sink.Write
	rowFrame   = 'W' // from the worker: Sink.Row
	lookFrame  = 'L' // from the worker: width, height and grays of a picture; answered with its text, or failFrame
	doneFrame  = 'E' // from the worker: reason, media type, pictures not read
)

const (
	largestFrame = 8 << 20
	largestRead  = 256 << 10
	jobSize      = 8 * 8
)

var (
	order        = binary.LittleEndian
	errProtocol  = errors.New("worker does not keep to the protocol")
	errRemoteEnd = errors.New("file could not be read")
)

// wire sends and takes frames.
type wire struct {
	r   *bufio.Reader
	w   *bufio.Writer
	buf []byte
}

func newWire(r io.Reader, w io.Writer) *wire {
	return &wire{r: bufio.NewReaderSize(r, 64<<10), w: bufio.NewWriterSize(w, 64<<10)}
}

// send buffers one frame; flush sends it on its way.
func (c *wire) send(kind byte, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if n > largestFrame {
		return fmt.Errorf("frame of %d bytes: %w", n, errProtocol)
	}
	var head [5]byte
	head[0] = kind
	order.PutUint32(head[1:], uint32(n))
	if _, err := c.w.Write(head[:]); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := c.w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// receive takes one frame; its payload is valid until the next.
func (c *wire) receive() (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := order.Uint32(head[1:])
	if n > largestFrame {
		return 0, nil, errProtocol
	}
	if uint32(cap(c.buf)) < n {
		c.buf = make([]byte, n)
	}
	c.buf = c.buf[:n]
	_, err = io.ReadFull(c.r, c.buf)
	return head[0], c.buf, err
}

func encodeJob(size int64, l extract.Limits) []byte {
	var b []byte
	for _, v := range []int64{size, l.Expanded, l.Memory, int64(l.Depth), int64(l.Members), l.Ratio, int64(l.Time), flags(l)} {
		b = order.AppendUint64(b, uint64(v))
	}
	return b
}

func flags(l extract.Limits) (f int64) {
	if l.Codes {
		f |= 1
	}
	if l.Pictures {
		f |= 2
	}
	return f
}

func decodeJob(b []byte) (int64, extract.Limits, error) {
	if len(b) != jobSize {
		return 0, extract.Limits{}, errProtocol
	}
	v := func(i int) int64 { return int64(order.Uint64(b[8*i:])) }
	return v(0), extract.Limits{Codes: v(7)&1 != 0, Pictures: v(7)&2 != 0, Expanded: v(1), Memory: v(2), Depth: int(v(3)), Members: int(v(4)), Ratio: v(5), Time: time.Duration(v(6))}, nil
}

func encodeResult(r extract.Result) []byte {
	return fmt.Appendf(nil, "%s\x00%s\x00%d", r.Reason, r.Type, r.Pictures)
}

// decodeResult refuses reasons nobody has heard of: a worker that was taken over
// may say anything.
func decodeResult(b []byte) (r extract.Result, err error) {
	words := strings.Split(string(b), "\x00")
	if len(words) != 3 || len(words[1]) > 256 {
		return r, errProtocol
	}
	r.Reason, r.Type = extract.Reason(words[0]), words[1]
	if r.Pictures, err = strconv.Atoi(words[2]); err != nil || r.Pictures < 0 {
		return extract.Result{}, errProtocol
	}
	if r.Reason != "" && extract.Worse(r.Reason, "") != r.Reason {
		return extract.Result{}, errProtocol
	}
	return r, nil
}

func appendRow(b []byte, number int, cells []extract.Cell) []byte {
	b = order.AppendUint32(b, uint32(number))
	for _, c := range cells {
		b = order.AppendUint32(b, uint32(c.Column))
		b = order.AppendUint32(b, uint32(len(c.Text)))
		b = append(b, c.Text...)
	}
	return b
}

func decodeRow(b []byte, cells []extract.Cell) (int, []extract.Cell, error) {
	if len(b) < 4 {
		return 0, nil, errProtocol
	}
	number := int(order.Uint32(b))
	for b = b[4:]; len(b) > 0; {
		if len(b) < 8 {
			return 0, nil, errProtocol
		}
		column, n := order.Uint32(b), order.Uint32(b[4:])
		if uint64(n) > uint64(len(b)-8) {
			return 0, nil, errProtocol
		}
		cells = append(cells, extract.Cell{Column: int(column), Text: b[8 : 8+n]})
		b = b[8+n:]
	}
	return number, cells, nil
}
