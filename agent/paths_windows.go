package agent

const (
	defaultState  = `C:\ProgramData\Trustline`
	defaultSocket = `\\.\pipe\trustline`
)
