package extract

// Sink takes the text of a file as it comes out. Slices are valid only during
// the call.
type Sink interface {
	// Begin starts a fragment: text of one place, such as a member of an
	// archive or a sheet. The location is empty for the file itself. It may
	// hold customer data, as names of files and sheets do.
	Begin(location string)
	// Write gives running text in UTF-8, cut anywhere.
	Write(text []byte)
	// Row gives one row of a table: its 1-based number and its cells that are
	// not empty, left to right.
	Row(number int, cells []Cell)
}

// Cell is one cell of a row.
type Cell struct {
	Column int // 0-based
	Text   []byte
}

// separator stands between the parts of a location: "inner.zip › list.xlsx › Sheet1".
const separator = " › "

func join(location, part string) string {
	if location == "" || part == "" {
		return location + part
	}
	return location + separator + part
}
