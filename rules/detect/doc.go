// Package detect finds customer data in text: candidates by anchors (digit
// runs, '@', labels before a full-width colon, house numbers), proof by
// validators (checksums, dates, regions, issuer prefixes), confidence by
// context (labels, column headings, negative context), and records: rows that
// hold two or more classes of one person.
//
// A Scanner takes text as it arrives, cut anywhere, or rows of spreadsheets,
// and answers a Summary at any time:
//
//	pack := detect.DefaultPack()                 // once; shared by all scanners
//	s := detect.NewScanner(pack, detect.Limits{})
//	s.Begin("list.zip › customers.csv")
//	io.Copy(s, text)                             // UTF-8
//	summary := s.Close()
//	s.Reset()                                    // for the next file
//
// How a line is looked at. Most text holds no anchor and is passed over at
// several gigabytes a second. A line with an anchor that proves is looked at in
// full, with up to four lines before and behind it, for labels. Headings (in
// the first lines of a fragment, or right above such a line) begin a table:
// every row is looked at then until lines of another shape come. The same data
// in two lines that are parted alike begins a table without headings.
//
// What is an anchor, a line and a table depends on the text alone: however it
// is cut into writes, the same is found.
//
// Findings below a confidence of 0.5 are not reported. Distinct values, and
// people, are told apart by hashes under the Pack's key, exactly up to
// Limits.Distinct; Summary.Incomplete says when that was reached. Beyond it,
// rows of a long table are counted by their form, one in 32 proven in full.
//
// The package knows no files, no formats, no policy and no operating system. It
// keeps no text beyond a bounded window and the masked excerpt of a finding.
//
// Codes of letters and digits with fewer than eleven digits in a row, such as
// 91110108MA01ABCD5T or A123456(3), are found behind a label with a full-width colon, in
// tables, near other data and in the first lines; letters must be capitals.
//
// Numbers may be written with digits of any script or with Chinese numerals,
// with characters without width between the digits, and, like what stands beside
// them, as escapes (\u5f20, %E5%BC%A0, &#24352;). Numbers broken over two lines
// are put together where they prove to be one. In the midst of long text that
// holds nothing else, Chinese numerals are looked at behind a full-width colon,
// and broken numbers and those with something unseen between all digits are not.
//
// Not looked for: encoded text (package encoded decodes it), names in running
// text without label, form of address or another value beside them, addresses in
// Latin letters without label or heading. NOTICE names where regions.txt comes
// from.
package detect
