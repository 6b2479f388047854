// Package encoded finds text that was written in another alphabet so that it
// passes for something else, base64 (also the alphabet of URLs), base32,
// hexadecimal, uuencode, ascii85 and base85, in text that arrives bit by bit, and decodes it on the way: to
// be looked at beside the text it stands in. How the text is cut makes no
// difference to what is decoded.
//
//	d := encoded.NewDecoder(sink)
//	d.Begin()                 // for each place
//	d.Write(text)             // any number of times
//	d.Close()
//
// A run of at least 40 characters counts, a full line of uuencode, or 240
// characters of 85, also wrapped as programs wrap it, whose first bytes decode to
// text in UTF-8, UTF-16 or GB 18030. Runs in lines that follow one another are
// given as lines of one text. A run that begins as an archive or a document is
// given as a file, for its user to have it taken apart; its lines may be of any
// length, and escapes of JSON may stand in it.
//
// It never keeps more than a few hundred bytes, never decides what text means,
// and never decodes what it decoded: its user gives the text to another
// Decoder where that is wanted. Escapes inside of text that is else in clear
// (\u5f20, %E5%BC%A0) belong to package detect, which reads them in place.
package encoded
