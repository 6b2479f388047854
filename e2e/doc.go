// Package e2e holds the tests that drive the whole product as people meet it:
// real programs, a real medium, a real console. It has no code of its own.
package e2e
