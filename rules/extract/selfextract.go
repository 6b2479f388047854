package extract

import (
	"bytes"
	"hash/crc32"
	"io"
)

// largestStub bounds where in a program that unpacks itself the archive may
// begin. rardecode looks as far as 1 MiB.
const largestStub = 2 << 20

// selfExtractors are the archives that stand behind a program which unpacks
// them; zip files are found by their end. A program that merely knows a format
// has its magic as well: the header behind must be one.
var selfExtractors = []struct {
	magic string
	begun func(header []byte) bool
	kind  kind
}{
	{"7z\xBC\xAF\x27\x1C", begins7z, sevenZipKind},
	{"Rar!\x1A\x07\x01\x00", beginsRar5, rarKind},
	{"Rar!\x1A\x07\x00", beginsRar4, rarKind},
}

const (
	longestMagic   = 8
	longestHeader  = 64
	magicOfProgram = 4
)

func isProgram(head []byte) bool {
	return bytes.HasPrefix(head, []byte("MZ")) || bytes.HasPrefix(head, []byte("\x7FELF"))
}

// begins7z checks the checksum of the first header: 7zFormat.txt.
func begins7z(h []byte) bool {
	return len(h) >= 32 && crc32.ChecksumIEEE(h[12:32]) == le.Uint32(h[8:])
}

// beginsRar5 checks the checksum of the first block: RAR 5.0 technote.
func beginsRar5(h []byte) bool {
	if len(h) < 16 || h[12] == 0 || h[12] > longestHeader-13 {
		return false
	}
	end := 13 + int(h[12])
	return len(h) >= end && crc32.ChecksumIEEE(h[12:end]) == le.Uint32(h[8:])
}

// beginsRar4 looks for the head of the archive, which is always as long.
func beginsRar4(h []byte) bool {
	return len(h) >= 20 && h[9] == 0x73 && le.Uint16(h[12:]) == 13 && uint16(crc32.ChecksumIEEE(h[9:20])) == le.Uint16(h[7:])
}

// selfExtracting opens the archive behind a program that unpacks itself.
func (w *walker) selfExtracting(location string, at io.ReaderAt, size int64, depth int) {
	head := make([]byte, min(size, magicOfProgram))
	if _, err := at.ReadAt(head, 0); err != nil && err != io.EOF || !isProgram(head) {
		return
	}
	stub := make([]byte, min(size, largestStub+longestHeader))
	n, err := at.ReadAt(stub, 0)
	if err != nil && err != io.EOF {
		w.note(err)
		return
	}
	kind, from := findSelfExtracting(stub[:n])
	if from == 0 {
		return
	}
	packed := io.NewSectionReader(at, from, size-from)
	if kind == rarKind {
		w.rar(location, packed, size-from, depth)
	} else {
		w.sevenZip(location, packed, size-from, depth)
	}
}

// findSelfExtracting answers where the archive begins, 0 for nowhere.
func findSelfExtracting(stub []byte) (kind, int64) {
	for _, s := range selfExtractors {
		for from := 0; ; {
			i := bytes.Index(stub[from:], []byte(s.magic))
			if i < 0 {
				break
			}
			from += i
			if s.begun(stub[from:min(len(stub), from+longestHeader)]) {
				return s.kind, int64(from)
			}
			from++
		}
	}
	return plainKind, 0
}
