package detect

// words are labels and headings as they are kept: in lower case, parts set off
// by one space. It is immutable once filled.
type words struct {
	roles map[string]roles
	ends  [1 << endBits / 64]uint64 // what they end in, a bit each
}

// endBits are five of each of three bytes.
const endBits = 15

func (w *words) add(word []byte, r roles) {
	if _, twice := w.roles[string(word)]; twice {
		return
	}
	if w.roles == nil {
		w.roles = map[string]roles{}
	}
	w.roles[string(word)] = r
	end, n := ending(word)
	for further := uint16(0); further < 1<<(endBits-5*n); further++ {
		bit := end | further<<(5*n)
		w.ends[bit/64] |= 1 << (bit % 64)
	}
}

// find answers what a word that is written as they are calls for.
func (w *words) find(word []byte) (roles, bool) {
	if !w.mayEnd(word) {
		return 0, false
	}
	r, ok := w.roles[string(word)]
	return r, ok
}

// mayEnd tells whether what a text ends in may be one of the words, however it
// is written: most texts are told apart from all by their last three letters.
func (w *words) mayEnd(text []byte) bool {
	end, _ := ending(text)
	return w.ends[end/64]>>(end%64)&1 == 1
}

// ending answers what the last three letters of a text are, whatever parts
// them and whatever digits follow, and how many there are. Capitals end as
// small letters do.
func ending(text []byte) (end uint16, n int) {
	i := len(text)
	for i > 0 && (parts[text[i-1]] || isDigit(text[i-1])) {
		i--
	}
	for ; i > 0 && n < endBits/5; i-- {
		if c := text[i-1]; !parts[c] {
			end |= uint16(c&31) << (5 * n)
			n++
		}
	}
	return end, n
}

// parts are what stands between the words of a name.
var parts = [256]bool{' ': true, '_': true, '-': true, '.': true}
