package redact

import "time"

// Limits bound one copy. Zero fields take their defaults.
type Limits struct {
	Size     int64         // bytes of the file
	Expanded int64         // bytes that come out of its parts in total
	Ratio    int64         // bytes that may come out of one, once a part has grown over 16 MiB
	Strings  int64         // bytes of the shared strings of a workbook, held in memory
	Parts    int           // parts of a document
	Memory   int64         // bytes of the copy held in memory; beyond, it goes to a temporary file
	Time     time.Duration // for everything
}

// The defaults of Limits.
const (
	DefaultSize     = 2 << 30
	DefaultExpanded = 4 << 30
	DefaultRatio    = 500
	DefaultStrings  = 256 << 20
	DefaultParts    = 20_000
	DefaultMemory   = 32 << 20
	DefaultTime     = 10 * time.Minute
)

func (l Limits) withDefaults() Limits {
	fill(&l.Size, DefaultSize)
	fill(&l.Expanded, DefaultExpanded)
	fill(&l.Ratio, DefaultRatio)
	fill(&l.Strings, DefaultStrings)
	fill(&l.Parts, DefaultParts)
	fill(&l.Memory, DefaultMemory)
	fill(&l.Time, DefaultTime)
	return l
}

func fill[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
