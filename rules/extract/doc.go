// Package extract turns any file into text with locations: the type is found
// by content and never by name, containers are opened to a depth, text in
// whatever encoding becomes UTF-8, and tables arrive as rows of cells.
//
// What cannot be read in full is answered with its Reason; a type nobody knows
// is searched for runs of text. The package never looks for customer data,
// never executes or renders what it reads, and uses no more memory than its
// Limits allow however large a file is.
package extract
