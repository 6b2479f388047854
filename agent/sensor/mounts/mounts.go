// Package mounts tells when something is mounted or unmounted, and asks nobody
// in between.
package mounts
