// Package detect finds customer data in text: candidates by anchors (digit
// runs, '@', literal labels), proof by validators (checksums, dates, regions,
// issuer prefixes), confidence by context (labels, column headings, negative
// context), and records: rows that hold two or more classes of one person.
//
// A Scanner takes text as it arrives and answers a Summary at any time. The
// package knows no files, no formats, no policy and no operating system. It
// keeps no text beyond a bounded window and the masked excerpt of a finding.
package detect
