//go:build !windows

package installer

// ConfigPath is where packages put the configuration.
const ConfigPath = "/etc/trustline/agent.yaml"
