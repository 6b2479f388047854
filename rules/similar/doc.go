// Package similar recognises parts of a company's own documents in other text,
// however they were reformatted: by winnowed fingerprints (Schleimer, Wilkerson
// and Aiken 2003) of text without spaces, punctuation, width and case. An index
// holds keyed hashes and numbers of documents, neither text nor names.
//
// Text that was reworded or translated is not recognised, and which share of a
// document matters is decided elsewhere.
package similar
