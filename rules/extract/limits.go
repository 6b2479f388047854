package extract

import (
	"errors"
	"io"
	"time"
)

// Limits bound one extraction. A zero field means its default.
type Limits struct {
	// Expanded is how many bytes may come out of containers (archives,
	// compressed streams, office documents) in total. The bytes of a file that
	// is no container are not counted: it is read in constant memory.
	Expanded int64
	// Memory is the largest inner container held in memory, in bytes. It does
	// not bound the dictionary of an archive of 7-Zip, which may be 2 GiB: who
	// cannot have that reads in a process that can be ended.
	Memory int64
	// Depth is how many containers may be nested in one another.
	Depth int
	// Members is how many members all containers of one file may have.
	Members int
	// Ratio is how many bytes may come out of one, once a member has grown
	// over 16 MiB.
	Ratio int64
	// Time is how long one extraction may take.
	Time time.Duration

	// Codes has QR codes in pictures read.
	Codes bool
	// Pictures has the text in pictures read, which takes a Recognizer and
	// seconds for each; without one they are Unsupported.
	Pictures bool
}

// The defaults of Limits.
const (
	DefaultExpanded = 4 << 30
	DefaultMemory   = 128 << 20
	DefaultDepth    = 8
	DefaultMembers  = 100_000
	DefaultRatio    = 500
	DefaultTime     = 5 * time.Minute
)

// LooksAtPictures tells whether pictures are more than bytes to search for text.
func (l Limits) LooksAtPictures() bool { return l.Codes || l.Pictures }

func (l Limits) withDefaults() Limits {
	fill(&l.Expanded, DefaultExpanded)
	fill(&l.Memory, DefaultMemory)
	fill(&l.Depth, DefaultDepth)
	fill(&l.Members, DefaultMembers)
	fill(&l.Ratio, DefaultRatio)
	fill(&l.Time, DefaultTime)
	return l
}

func fill[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Reason says why some of the content could not be read.
type Reason string

// The reasons, the one that tells most first: when several apply, the first
// of this list is answered.
const (
	Encrypted   Reason = "encrypted"   // a password is needed
	TimedOut    Reason = "timed-out"   // Limits.Time was over
	TooLarge    Reason = "too-large"   // Limits.Expanded, Memory, Members or Ratio was reached
	TooDeep     Reason = "too-deep"    // Limits.Depth was reached
	Truncated   Reason = "truncated"   // the file ends too early
	Corrupt     Reason = "corrupt"     // the file breaks the rules of its format
	Unsupported Reason = "unsupported" // a known format that packs its text in a way not read yet
)

var ranked = []Reason{Encrypted, TimedOut, TooLarge, TooDeep, Truncated, Corrupt, Unsupported}

// Worse answers whichever of two reasons tells more; "" is no reason at all.
func Worse(a, b Reason) Reason {
	for _, r := range ranked {
		if a == r || b == r {
			return r
		}
	}
	return ""
}

// problem is an error that carries its reason.
type problem struct{ Reason }

func (p problem) Error() string { return "content is not readable: " + string(p.Reason) }

// readError is a failure of the file itself, not of what stands in it.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

// reasonOf classes what a reader or parser answered.
func reasonOf(err error) Reason {
	var p problem
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return ""
	case errors.As(err, &p):
		return p.Reason
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Truncated
	default:
		return Corrupt
	}
}
