package encoded

import (
	"bytes"
	"encoding/binary"
)

// seek answers where, in the fragment, the next probe stands that may be part
// of a run; a place behind p when there is none.
func (d *Decoder) seek(p []byte) int64 {
	end := d.at + int64(len(p))
	for w := d.next; ; w += stride {
		i := int(w - d.at)
		if i >= eight {
			i = nextProbe(p, i)
			w = d.at + int64(i)
		}
		if i+probe+2*eight > len(p) {
			d.next = w
			return end
		}
		before, at, behind := parts(d.view(p, i))
		if pair(at) == 0 && (unlike(before) == 0 || pair(behind) == 0) && leading(at) >= probe {
			d.next = w
			return w
		}
	}
}

// nextProbe answers the first of the indexes i, i+stride, … at which a probe
// may be part of a run; one too near the end of p for it when there is none.
// Four are looked at in a round.
func nextProbe(p []byte, i int) int {
	for ; i+3*stride+probe <= len(p); i += 4 * stride {
		t := p[i : i+3*stride+probe : i+3*stride+probe]
		if pair(t) == 0 || pair(t[stride:]) == 0 || pair(t[2*stride:]) == 0 || pair(t[3*stride:]) == 0 {
			break
		}
	}
	for i+probe+2*eight <= len(p) && pair(p[i:]) != 0 {
		i += stride
	}
	return i
}

// pair is unlike for the sixteen bytes of a probe.
func pair(p []byte) uint64 {
	x, y := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[eight:])
	return ((x-0x2B2B2B2B2B2B2B2B)&^x | (y-0x2B2B2B2B2B2B2B2B)&^y | x | y) & 0x8080808080808080
}

// unlike answers 0 where eight bytes are all of those that alphabets are made
// of, or of few others: from '+' on.
func unlike(p []byte) uint64 {
	x := binary.LittleEndian.Uint64(p)
	return ((x-0x2B2B2B2B2B2B2B2B)&^x | x) & 0x8080808080808080
}

// parts answers what stands before, at and behind a probe.
func parts(view []byte) (before, at, behind []byte) {
	return view[:eight], view[eight:], view[eight+probe:]
}

func roundUp(at, stride int64) int64 { return (at + stride - 1) / stride * stride }

// view answers the bytes from eight before index i of p to sixteen behind the
// probe there. Those before the fragment are zero.
func (d *Decoder) view(p []byte, i int) []byte {
	if i >= eight {
		return p[i-eight : i+probe+2*eight]
	}
	v := d.hold[:]
	for k := range v {
		v[k] = d.byteAt(p, i-eight+k)
	}
	return v
}

// piece answers the bytes from one place of the fragment to another. They are
// valid until the next call; those before the fragment are zero.
func (d *Decoder) piece(p []byte, from, to int64) []byte {
	if from >= d.at {
		return p[from-d.at : to-d.at]
	}
	d.joined = d.joined[:0]
	for ; from < min(to, d.at); from++ {
		d.joined = append(d.joined, d.byteAt(p, int(from-d.at)))
	}
	return append(d.joined, p[:max(0, to-d.at)]...)
}

// byteAt answers the byte at index i of p, before p that of the text before;
// 0 where there is none.
func (d *Decoder) byteAt(p []byte, i int) byte {
	switch {
	case i >= 0:
		return p[i]
	case -i <= d.n:
		return d.tail[d.n+i]
	}
	return 0
}

// start begins the run that the probe at hit is part of, and answers the index
// in p from where on it has to be followed.
func (d *Decoder) start(p []byte, hit int64) int {
	first := hit
	for first > d.floor {
		c := d.byteAt(p, int(first-d.at)-1)
		escape := c == '\\' && first-1 > d.floor && hit-first < escapes && d.byteAt(p, int(first-d.at)) == '/'
		if sixBits[c] >= padding && !escape {
			break
		}
		first--
	}
	return d.begin(p, candidate{at: first})
}

// begin begins a run, and answers the index in p from where on it has to be
// followed.
func (d *Decoder) begin(p []byte, c candidate) int {
	d.run.begin(c.at)
	i := int(c.at - d.at)
	var before []byte
	if i < 0 {
		var copied [kept]byte
		before = copied[:copy(copied[:], d.tail[d.n+i:d.n])]
		d.run.wraps = bytes.Count(before, lineEnd)
	}
	if c.encoding != "" {
		d.run.file, d.run.dense = c.file, dense[c.encoding]
		d.begunText(c.encoding)
	}
	d.follow(before, c.at)
	return max(0, i)
}
