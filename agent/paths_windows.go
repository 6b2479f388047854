package agent

const defaultState = `C:\ProgramData\Trustline`
