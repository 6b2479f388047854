package control

import "time"

// Status is how the service on this machine is doing. It holds no customer
// data; names of files and people do not occur in it.
type Status struct {
	Version string    `json:"version"`
	Started time.Time `json:"started"` // UTC
	Machine Machine   `json:"machine"`
	Mode    string    `json:"mode"` // ModeEnforce or ModeReportOnly
	Policy  Policy    `json:"policy"`
	Console Console   `json:"console"`
	Guards  []Guard   `json:"guards"`
	// Warnings is everything that is not as it should be, worst first.
	Warnings []Warning `json:"warnings"`

	// The following are told to root only.
	Spool          *Spool `json:"spool,omitempty"`
	IncidentsToday *int   `json:"incidentsToday,omitempty"`
}

// The modes.
const (
	ModeEnforce    = "enforce"
	ModeReportOnly = "report-only"
)

// Machine is the workstation.
type Machine struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	OS   string `json:"os"`
}

// Policy is the policy in force.
type Policy struct {
	Version string    `json:"version"`
	Name    string    `json:"name,omitempty"`
	Loaded  time.Time `json:"loaded"` // UTC
	// Broken says why the policy file on disk is not the one in force ("line
	// 12: unknown action"), "" when it is.
	Broken string `json:"broken,omitempty"`
}

// Console is the central console as seen from here.
type Console struct {
	URL         string    `json:"url,omitempty"` // "" when none is configured
	Connected   bool      `json:"connected"`
	LastContact time.Time `json:"lastContact,omitzero"` // UTC
	LastError   string    `json:"lastError,omitempty"`  // told to root only
	// EnrolledUntil is when this machine's certificate runs out, UTC; it is
	// renewed before. Zero: the machine is not enrolled.
	EnrolledUntil time.Time `json:"enrolledUntil,omitzero"`
	// Refused says why the console does not take it: "revoked", "expired",
	// "foreign", "token-refused", "id-taken"; "" when it does.
	Refused string `json:"refused,omitempty"`
}

// Guard is one medium under guard.
type Guard struct {
	MountPoint string    `json:"mountPoint"`
	Device     string    `json:"device,omitempty"`
	Name       string    `json:"name,omitempty"` // label, or vendor and model
	State      string    `json:"state"`
	Since      time.Time `json:"since"` // UTC
}

// The states of a guard. In all but GuardFailed and GuardWatched nothing goes to
// the medium unseen.
const (
	GuardStarting = "starting"  // being taken over; read-only meanwhile
	GuardActive   = "guarding"  // what is written is looked at first
	GuardReadOnly = "read-only" // nothing can be written
	GuardFailed   = "failed"    // the medium is not protected
	// Where there is no guard, drives are closed until something is approved.
	GuardClosed  = "closed"  // nothing can be written, as it shall be
	GuardWatched = "watched" // what is written is looked at afterwards
)

// Spool is what waits to be sent to the console.
type Spool struct {
	Depth  int       `json:"depth"` // incidents
	Bytes  int64     `json:"bytes"`
	Oldest time.Time `json:"oldest,omitzero"` // UTC
}

// Warning is one thing that is not as it should be.
type Warning struct {
	Code     string `json:"code"`            // stable: "policy-broken"
	About    string `json:"about,omitempty"` // which one, such as a mount point
	Severity string `json:"severity"`        // as of an incident: low, medium, high, critical
	Title    string `json:"title"`           // one English line
}

// Degraded tells whether protection is less than it should be: the policy on
// disk is broken, a medium is not guarded, or a warning above low stands.
func (s Status) Degraded() bool {
	if s.Policy.Broken != "" {
		return true
	}
	for _, g := range s.Guards {
		switch g.State {
		case GuardActive, GuardStarting, GuardClosed, GuardWatched:
		default:
			return true
		}
	}
	for _, w := range s.Warnings {
		if w.Severity != "low" {
			return true
		}
	}
	return false
}

// public is what anybody at this machine may know.
func (s Status) public() Status {
	s.Spool, s.IncidentsToday = nil, nil
	s.Console.LastError = ""
	return s
}

// listed answers the status with lists that are empty rather than missing.
func (s Status) listed() Status {
	s.Guards = append([]Guard{}, s.Guards...)
	s.Warnings = append([]Warning{}, s.Warnings...)
	return s
}
