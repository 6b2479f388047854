package extract

import (
	"bytes"
	"io"
	"math/bits"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// sniffed is how many leading bytes tell what content is.
const sniffed = 4096

// kind is how content is read.
type kind uint8

const (
	plainKind kind = iota // text in any charset, or bytes to search for text
	markupKind
	zipKind
	oleKind
	sevenZipKind
	rarKind
	pdfKind
	sqliteKind
	gzipKind
	bzip2Kind
	xzKind
	zstdKind
	lzmaKind
	lz4Kind
	tarKind
	rtfKind
	mailKind
	vCardKind
	pictureKind
	strangePictureKind // a picture of a format that is not read
	packedKind         // its text is packed in a way not read yet
	sealedKind         // it is encrypted as a whole
)

const oleMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

var magics = []struct {
	prefix string
	kind   kind
}{
	{"PK\x03\x04", zipKind}, {"PK\x05\x06", zipKind}, {"PK\x07\x08", zipKind}, {"PK00PK\x03\x04", zipKind},
	{oleMagic, oleKind},
	{sqliteMagic, sqliteKind},
	{"7z\xBC\xAF\x27\x1C", sevenZipKind}, {"Rar!\x1A\x07", rarKind},
	{"\x1F\x8B\x08", gzipKind},
	{"BZh", bzip2Kind},
	{"\x89PNG\r\n", pictureKind}, {"\xFF\xD8\xFF", pictureKind}, {"GIF8", pictureKind},
	{"II*\x00", pictureKind}, {"MM\x00*", pictureKind}, {"II+\x00", strangePictureKind}, {"MM\x00+", strangePictureKind}, // TIFF, BigTIFF
	{"\xFD7zXZ\x00", xzKind},
	{"\x28\xB5\x2F\xFD", zstdKind},
	{"\x04\x22\x4D\x18", lz4Kind}, {"\x02\x21\x4C\x18", lz4Kind},

	{"\x1F\x9D", packedKind}, {"\x1F\xA0", packedKind}, {"\x1F\x1E", packedKind}, // compress, SCO and old pack
	{"\x89LZO\x00", packedKind}, {"\xFF\x06\x00\x00sNaPpY", packedKind}, {"7kSt\xA0\x31\x83\xD3", packedKind}, // lzop, Snappy, ZPAQ
	{"MSWIM\x00\x00\x00", packedKind}, {"hsqs", packedKind}, {"\xED\xAB\xEE\xDB", packedKind}, // images of Windows, squashfs, rpm
	{"\x78\x9F\x3E\x22", packedKind}, // winmail.dat: attachments lie in it as they are

	{"age-encryption.org/v1", sealedKind}, {"-----BEGIN AGE ENCRYPTED FILE-----", sealedKind}, {"-----BEGIN PGP MESSAGE-----", sealedKind},
	{"\x8C\x0D\x04", sealedKind}, {"\x85\x01\x0C\x03", sealedKind}, {"\x85\x02\x0C\x03", sealedKind}, {"\x84\x5E\x03", sealedKind}, // gpg
	{"Salted__", sealedKind}, {"LUKS\xBA\xBE", sealedKind}, {"\x03\xD9\xA2\x9A", sealedKind}, {"AES\x02\x00", sealedKind}, // openssl, LUKS, KeePass, AES Crypt
}

// packed are types whose text is compressed or laid out so that a search for
// runs of text proves nothing.
var packed = []string{
	"application/lzip",
	"application/vnd.ms-cab-compressed", "application/x-installshield", "application/x-xar", "application/x-archive",
	"application/vnd.apache.parquet", "application/x-apple-diskimage", "application/vnd.ms-htmlhelp",
	"application/zlib",
}

// strange are formats of pictures that cameras and scanners write and that are
// not read here.
var strange = []string{"image/heic", "image/heic-sequence", "image/heif", "image/heif-sequence", "image/avif", "image/jxl", "image/jp2", "image/jpx", "image/jpm", "image/jxr"}

// whole tells whether content of this kind is read at random, not in order.
func (k kind) whole() bool {
	return k == zipKind || k == oleKind || k == sevenZipKind || k == rarKind || k == pdfKind || k == sqliteKind
}

// picture tells pictures, read or not.
func (k kind) picture() bool { return k == pictureKind || k == strangePictureKind }

// flat tells whether content of this kind is a document, not a container of
// others.
func (k kind) flat() bool { return k == pdfKind || k == sqliteKind }

// look tells what content is from its first bytes.
func look(head []byte) (kind, string) {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return m.kind, mediaType(head)
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return tarKind, "application/x-tar"
	}
	if beginsLZMA(head) {
		return lzmaKind, "application/x-lzma"
	}
	if len(head) > 7 && head[2] == '-' && head[3] == 'l' && (head[4] == 'h' || head[4] == 'z') && head[6] == '-' {
		return packedKind, "application/x-lzh-compressed"
	}
	if beginsPDF(head) {
		return pdfKind, "application/pdf"
	}
	mt := mediaType(head)
	switch {
	case isBitmap(head), bytes.HasPrefix(head, []byte("RIFF")) && len(head) >= 12 && string(head[8:12]) == "WEBP":
		return pictureKind, mt
	case slices.Contains(strange, mt):
		return strangePictureKind, mt
	}
	for _, p := range packed {
		if mt == p {
			return packedKind, mt
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte(`{\rt`)):
		return rtfKind, "text/rtf"
	case looksLikeMail(head):
		return mailKind, "message/rfc822"
	case isVCard(head):
		return vCardKind, mt
	}
	if mt == "application/octet-stream" || strings.HasPrefix(mt, "text/") || strings.HasSuffix(mt, "xml") {
		return lookAtText(head, mt)
	}
	return plainKind, mt
}

// beginsLZMA tells the format xz had before xz, which has no magic: its usual
// parameters, a dictionary of a usual size, and a size.
func beginsLZMA(head []byte) bool {
	if len(head) < 14 || head[0] != 0x5D || head[13] != 0 {
		return false
	}
	dictionary, size := le.Uint32(head[1:]), le.Uint64(head[5:])
	usual := bits.OnesCount32(dictionary) == 1 || bits.OnesCount32(dictionary) == 2 && bits.OnesCount32(dictionary&(dictionary<<1)) == 1
	return usual && dictionary >= 4096 && (size == 1<<64-1 || size < 1<<40)
}

// isBitmap tells a picture of Windows from text that begins with its two letters.
func isBitmap(head []byte) bool {
	if len(head) < 26 || head[0] != 'B' || head[1] != 'M' || le.Uint32(head[6:]) != 0 {
		return false
	}
	size := le.Uint32(head[14:]) // of its header
	return size >= 12 && size <= 124
}

// beginsPDF finds the header, which may stand behind something else: readers
// look for it in the first 1024 bytes.
func beginsPDF(head []byte) bool {
	i := bytes.Index(head[:min(len(head), 1024)], []byte(headerOfPDF))
	i += len(headerOfPDF)
	return i >= len(headerOfPDF) && i < len(head) && head[i] >= '0' && head[i] <= '9'
}

// lookAtText tells text in any charset, and markup, from other bytes.
func lookAtText(head []byte, mt string) (kind, string) {
	text := head
	if mt == "application/octet-stream" || !isPlainUTF8(head) {
		text = nil
		d := NewDecoder(func(p []byte) { text = append(text, p...) })
		d.Write(head)
		d.Close()
		if d.charset == notText {
			return plainKind, mt
		}
	}
	if mt == "application/octet-stream" {
		mt = mediaType(text)
		if mt == "application/octet-stream" || !strings.HasPrefix(mt, "text/") {
			mt = "text/plain"
		}
	}
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\uFEFF")), " \t\r\n")
	if len(text) > 1 && text[0] == '<' && (isNameStart(text[1]) || text[1] == '!' || text[1] == '?') {
		if isHTML(text) {
			return markupKind, "text/html"
		}
		return markupKind, "text/xml"
	}
	return plainKind, mt
}

// isPlainUTF8 tells text for which a Decoder would answer the same bytes, but
// for a byte order mark.
func isPlainUTF8(head []byte) bool {
	return validUTF8(completeUTF8(head)) && bytes.IndexByte(head, 0) < 0 && !bytes.Contains(head, escape) && !isShortGB(head)
}

func isHTML(text []byte) bool {
	lower := bytes.ToLower(text)
	if bytes.HasPrefix(lower, []byte("<?xml")) && !bytes.Contains(lower, []byte("<html")) && !bytes.Contains(lower, []byte("<!doctype html")) {
		return false // a table may stand in any XML
	}
	for _, tag := range []string{"<!doctype html", "<html", "<body", "<table", "<div", "<head", "<p", "<br", "<dl", "<ul", "<ol", "<select", "<meta", "<span", "<h1", "<h2", "<font", "<center"} {
		for _, after := range []string{">", " ", "\n", "\r"} {
			if bytes.Contains(lower, []byte(tag+after)) {
				return true
			}
		}
	}
	return false
}

// mediaType names the type without its parameters.
func mediaType(head []byte) string {
	name, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	return name
}

// Simple tells whether content is read without taking any format apart: text
// in any charset, or bytes that are only searched for text. Behind a program an
// archive may stand.
func Simple(r io.ReaderAt, size int64, limits Limits) bool {
	head := make([]byte, min(size, sniffed))
	if n, err := r.ReadAt(head, 0); n < len(head) && err != nil {
		return true // there is nothing to take apart
	}
	k, _ := look(head)
	return (k == plainKind || k.picture() && !limits.LooksAtPictures()) && !isProgram(head) && !hasDirectory(r, size)
}

// IsPDF tells whether content is read as PDF.
func IsPDF(r io.ReaderAt, size int64) bool {
	head := make([]byte, min(size, sniffed))
	n, _ := r.ReadAt(head, 0) // what cannot be read is no PDF
	k, _ := look(head[:n])
	return k == pdfKind
}
