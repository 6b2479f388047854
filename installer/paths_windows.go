package installer

// ConfigPath is where packages put the configuration.
const ConfigPath = `C:\ProgramData\Trustline\agent.yaml`
