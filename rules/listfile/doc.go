// Package listfile is the file that exact lists and fingerprint indexes travel
// in: sections of bytes that are mapped rather than loaded, each with its
// checksum, under one header signed with Ed25519. Every file names the key it
// was made with, its kind, its name and a serial that only grows.
//
// The package knows nothing of what sections hold, and never puts anything of
// what a list was made from into a file, a header or an error.
package listfile
