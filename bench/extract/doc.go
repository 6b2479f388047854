//go:build linux

// Command extract measures reading documents in a confined process: speed
// beside well-known tools on the same files in the same run, how long a whole
// verdict takes, and that time grows with the size while memory does not. The
// documents are of generated people and made by other programs. It runs on
// Linux and needs what scripts/install-bench-tools installs.
//
//	go run ./bench/extract
package main
