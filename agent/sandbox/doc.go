// Package sandbox reads files in processes that can do nothing else: no file
// system, no network, no other process, little memory, and a deadline. A
// document that breaks its reader costs one process and is called unreadable;
// it never takes the service along and never reaches what the service may.
//
// The package starts the program itself once more as worker, hands it the
// bytes it asks for and takes the text it finds. It never decides what the text
// means.
package sandbox
