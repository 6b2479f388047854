// Package guard stands between people and a medium. It mounts a file system of
// its own over the medium's mount point: reading passes through; what is
// written is looked at by a Judge while it arrives and reaches the medium only
// once the Judge has allowed it. Whatever happens to the guard, what stays
// visible is read-only or gone.
//
// The guard knows no policy and no detector. It never follows a link out of
// the medium, and every change it makes to the medium is made with the
// identity of the person who asked for it.
package guard

import (
	"context"
	"errors"
	"io"

	"github.com/trustline/trustline/rules/activity"
)

// Judge answers whether what is being written may go to the medium. It is
// safe for concurrent use.
type Judge interface {
	// Open begins the judgement of one file's content.
	Open(a activity.Activity) Judgement
	// Name judges a text that reaches the medium outside content: the name of
	// a file, directory or link, the target of a link, an extended attribute.
	Name(ctx context.Context, a activity.Activity, text string) Verdict
}

// Judgement is about the content of one file. The guard calls it from one
// goroutine at a time.
type Judgement interface {
	// Write takes the next bytes in file order as they arrive. Deny stops the
	// write at once.
	Write(ctx context.Context, p []byte) Verdict
	// Reset says that content was written out of order: what was seen is void,
	// Finish will be given the whole.
	Reset()
	// Released answers how many leading bytes are proven to hold nothing that
	// could be denied, so that they may go ahead to the medium.
	Released() int64
	// Finish judges the whole content, size bytes. Final is false when the file
	// may still be written to: content that looks unfinished may then be held
	// (Wait). What has to be recorded is recorded, durably, before it answers.
	Finish(ctx context.Context, content io.ReaderAt, size int64, final bool) Verdict
	// Close ends the judgement.
	Close()
}

// Verdict is a Judge's answer.
type Verdict uint8

// The verdicts. The zero value denies: what is not answered is not let through.
const (
	Deny Verdict = iota
	Allow
	Wait // hold what there is until the file is closed for good
)

// Medium is what is to be guarded.
type Medium struct {
	MountPoint string
	Device     activity.Device
	Channel    activity.Channel
}

// Holdout is a program that had files of a medium open for writing when it was
// taken over, and may still write to them unseen.
type Holdout struct {
	PID     int
	Program string
}

// State is how far the guard's protection reaches.
type State string

// The states.
const (
	Guarding State = "guarding"  // what is written is looked at first
	ReadOnly State = "read-only" // nothing can be written
	Released State = "released"  // given back as it was
	Gone     State = "gone"      // unmounted or pulled out
)

// ErrUnsupported is answered where the system has no guard.
var ErrUnsupported = errors.New("this system has no guard file system")
