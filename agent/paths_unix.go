//go:build !windows

package agent

const defaultState = "/var/lib/trustline"
