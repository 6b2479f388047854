package control

// AskStop is what an administrator asks before the service is stopped or
// removed: with a Stop, answered by a StopAnswer.
const AskStop = "stop"

// What a code can permit besides a copy.
const (
	PermitStop      = "stop"
	PermitUninstall = "uninstall"
)

// Stop asks to be let stop the service.
type Stop struct {
	Permits string `json:"permits"`
	Code    string `json:"code,omitempty"` // "" asks for a challenge
}

// StopAnswer is the service's answer.
type StopAnswer struct {
	Permitted bool `json:"permitted"`
	// Challenge is read out to the security team, who answer a code for it.
	Challenge string `json:"challenge,omitempty"`
}

// Why the service refuses to be stopped.
const (
	RefusedNotRoot = Refusal("not-root")
	RefusedCode    = Refusal("wrong-code")
	RefusedLocked  = Refusal("codes-locked") // too many wrong ones
	RefusedNoCodes = Refusal("no-codes")     // the console has not been reached yet
)
