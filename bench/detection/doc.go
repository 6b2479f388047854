//go:build linux

// Command detection measures the speed of the whole default pack on one core
// against Hyperscan, ripgrep and Go's regexp with four bare patterns, on the
// same data in the same run. It runs on Linux and needs gcc, libhyperscan-dev
// and ripgrep.
//
//	go run ./bench/detection
package main
