// Package exact recognises a company's own customers, or its own staff: a list
// is built from its table and matched on an endpoint, offline. A list holds
// neither cells nor hashes of cells but two sets of filters over keyed hashes:
// one of single cells, and one of pairs of cells of one row, by which "so many
// fields of one person" is told from fields of different people.
//
// A match may be by chance, at a rate the header states; a person on the list
// whose cells are written as in the table is never missed. The package knows no
// policy: how many people matter is decided elsewhere.
package exact
