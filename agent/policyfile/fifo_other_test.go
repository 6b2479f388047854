//go:build !unix

package policyfile

import "errors"

func mkfifo(string) error { return errors.ErrUnsupported }
