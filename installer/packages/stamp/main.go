// Command stamp makes an MSI the same for the same content: it writes a package
// code made from the content, and a time that is given, in the place of those
// that wixl makes up at each build.
//
//	go run ./installer/packages/stamp trustline.msi 2026-03-01T09:30:00Z
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: stamp FILE.msi TIME")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "stamp:", err)
		os.Exit(1)
	}
}

func run(path, at string) error {
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return fmt.Errorf("read the time: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := stamp(data, when); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, data, 0o644)
}

// summaryFormat is FMTID_SummaryInformation as it lies in a file ([MS-OLEPS]
// 2.25.1).
var summaryFormat = []byte{0xE0, 0x85, 0x9F, 0xF2, 0xF9, 0x4F, 0x68, 0x10, 0xAB, 0x91, 0x08, 0x00, 0x2B, 0x27, 0xB3, 0xD9}

// Properties of it, and the types they have.
const (
	revision = 9
	created  = 12
	saved    = 13

	text     = 30 // VT_LPSTR
	fileTime = 64 // VT_FILETIME
)

// stamp changes the summary of an MSI in place.
func stamp(data []byte, when time.Time) error {
	i := bytes.Index(data, summaryFormat)
	if i < 0 || len(data) < i+len(summaryFormat)+4 {
		return errors.New("there is no summary")
	}
	// The property set begins 28 bytes before, its section where it says.
	begin := i - 28 + int(binary.LittleEndian.Uint32(data[i+len(summaryFormat):]))
	if begin < 0 || len(data) < begin+8 {
		return errors.New("the summary is cut off")
	}
	section := data[begin:]
	values := map[uint32][]byte{}
	for n := range min(binary.LittleEndian.Uint32(section[4:]), 100) {
		entry := section[8+8*n:]
		offset := int(binary.LittleEndian.Uint32(entry[4:]))
		if offset+52 > len(section) {
			return errors.New("the summary is cut off")
		}
		values[binary.LittleEndian.Uint32(entry)] = section[offset:]
	}
	since1601 := uint64(when.Unix()+11_644_473_600) * 10_000_000
	for _, id := range []uint32{created, saved} {
		v := values[id]
		if v == nil || binary.LittleEndian.Uint32(v) != fileTime {
			return fmt.Errorf("property %d of the summary is no time", id)
		}
		binary.LittleEndian.PutUint64(v[4:], since1601)
	}
	v := values[revision]
	if v == nil || binary.LittleEndian.Uint32(v) != text || !code.Match(v[8:46]) {
		return errors.New("there is no package code")
	}
	was := bytes.Clone(v[8:46])
	for { // wherever it stands
		k := bytes.Index(data, was)
		if k < 0 {
			break
		}
		copy(data[k:], "{00000000-0000-0000-0000-000000000000}")
	}
	copy(v[8:], "{"+strings.ToUpper(uuid.NewSHA1(uuid.NameSpaceURL, data).String())+"}")
	return nil
}

var code = regexp.MustCompile(`^\{[0-9A-Fa-f-]{36}\}$`)
