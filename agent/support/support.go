// Package support packs what the makers of the product need to see when
// something is wrong into one file that holds nothing anybody would mind to
// send: versions, states, findings of the doctor, the service's own log. Texts
// are kept only where they are the product's own; names of people, files,
// media, networks and policies never are. The package reads and mends nothing.
package support

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/trustline/trustline/agent/control"
	"github.com/trustline/trustline/agent/doctor"
	"github.com/trustline/trustline/rules/activity"
)

// Facts are what is known about this machine; what is nil is left out.
type Facts struct {
	Version string
	Time    time.Time // UTC
	System  System
	Doctor  *doctor.Report
	Status  *control.Status
	// Unreachable says why there is no Status.
	Unreachable error
	// Log is the service's log, oldest line first, as log/slog's text handler
	// writes it, whatever stands before that on each line.
	Log io.Reader
	// Data is the folder of the service's state.
	Data []File
}

// System is the machine.
type System struct {
	OS, Arch, Kernel, Release string
	CPUs                      int
	Memory                    uint64 // bytes
	Uptime                    time.Duration
}

// File is one of the service's own files: how large, never what is in it.
type File struct {
	Name     string    `json:"name"`
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"` // UTC
}

// Write packs the facts as a ZIP archive.
func Write(w io.Writer, f Facts) error {
	z := zip.NewWriter(w)
	parts := []struct {
		name  string
		write func(io.Writer) error
	}{
		{"README.txt", func(w io.Writer) error { _, err := io.WriteString(w, readme); return err }},
		{"about.json", encode(about{f.Version, f.Time, f.System})},
		{"doctor.json", encode(examined(f.Doctor))},
		{"status.json", encode(state(f.Status, f.Unreachable))},
		{"files.json", encode(files(f.Data))},
		{"log.txt", func(w io.Writer) error { return copyLog(w, f.Log) }},
	}
	for _, p := range parts {
		part, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: f.Time})
		if err == nil {
			err = p.write(part)
		}
		if err != nil {
			return fmt.Errorf("pack %s: %w", p.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return nil
}

const readme = `What trustline support-bundle has collected. It is meant to be sent to support
and holds no names of people, files, media, networks, and nothing that was found.

about.json   version and system
doctor.json  what this machine can enforce
status.json  how the service is doing; media are numbered, not named
files.json   the service's own files and their sizes
log.txt      the service's log: messages and states; paths, names and addresses
             are left out
`

type about struct {
	Version string    `json:"version"`
	Time    time.Time `json:"time"`
	System  System    `json:"system"`
}

func encode(v any) func(io.Writer) error {
	return func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
}

// finding is a check without its words, which name paths.
type finding struct {
	ID    string       `json:"id"`
	State doctor.State `json:"state"`
}

func examined(r *doctor.Report) any {
	if r == nil {
		return nil
	}
	var list []finding
	for _, c := range r.Checks {
		list = append(list, finding{c.ID, c.State})
	}
	var channels []any
	for _, c := range r.Channels {
		channels = append(channels, struct {
			Channel activity.Channel `json:"channel"`
			Missing []string         `json:"missing,omitempty"`
		}{c.Channel, c.Missing})
	}
	return struct {
		Healthy  bool      `json:"healthy"`
		Checks   []finding `json:"checks"`
		Channels []any     `json:"channels"`
	}{r.Healthy, list, channels}
}

// state answers a status without names.
func state(s *control.Status, unreachable error) any {
	if s == nil {
		reason := ""
		if unreachable != nil {
			reason = plain(unreachable.Error())
		}
		return struct {
			Unreachable string `json:"unreachable"`
		}{reason}
	}
	c := *s
	c.Machine.Name = ""
	c.Policy.Version, c.Policy.Name, c.Policy.Broken = edition(c.Policy.Version), "", plain(c.Policy.Broken)
	c.Console.URL, c.Console.LastError = "", plain(c.Console.LastError)
	c.Guards, c.Warnings = nil, nil
	for i, g := range s.Guards {
		g.MountPoint, g.Device, g.Name = fmt.Sprintf("medium %d", i+1), "", ""
		c.Guards = append(c.Guards, g)
	}
	for _, w := range s.Warnings {
		w.About = ""
		c.Warnings = append(c.Warnings, w)
	}
	return c
}

// maxFiles bounds the list of files.
const maxFiles = 2000

func files(all []File) []File {
	list := []File{}
	for _, f := range all[:min(len(all), maxFiles)] {
		f.Name = plain(path.Clean(f.Name))
		list = append(list, f)
	}
	return list
}
