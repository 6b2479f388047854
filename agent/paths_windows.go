package agent

const (
	defaultState  = `C:\ProgramData\Trustline`
	defaultSocket = `C:\ProgramData\Trustline\control.sock`
)
