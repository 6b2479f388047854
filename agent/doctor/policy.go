package doctor

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/trustline/trustline/agent/policyfile"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
)

// policy reads the policy file as the service would.
func policy(_ context.Context, e *examination) finding {
	if e.Policy == "" {
		return about(rules.DefaultPolicy(), "built-in", message.Args{})
	}
	args := message.Args{"Path": e.Policy}
	data, err := policyfile.Read(e.Policy)
	switch {
	case errors.Is(err, fs.ErrPermission) && !privileged():
		return warn("not-root", args)
	case err != nil:
		return fail("unreadable", args, because(err))
	}
	p, err := rules.ParsePolicy(e.Policy, data)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return fail("broken", args, message.Args{"Error": first})
	}
	return about(p, "ok", args)
}

func about(p *rules.Policy, says string, args message.Args) finding {
	args["Name"], args["Version"] = p.Name(), p.Version()
	if p.Mode() == rules.ReportOnly {
		return found(Warn, "report-only", []message.Args{args})
	}
	return found(OK, says, []message.Args{args})
}
