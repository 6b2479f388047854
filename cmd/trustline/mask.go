package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/sandbox"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/redact"
)

// maskOptions are what the flags say.
type maskOptions struct {
	json   bool
	force  bool
	policy string
}

// maskedInput is how much of standard input is masked at once, in bytes.
const maskedInput = 256 << 20

func newMaskCommand(t *terminal) *cobra.Command {
	var o maskOptions
	cmd := &cobra.Command{
		Use:     "mask [flags] IN OUT",
		Short:   t.Text("mask.short"),
		Long:    t.Text("mask.long"),
		Example: t.Text("mask.example"),
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) != 2:
				return errors.New(t.Text("mask.two-paths"))
			case o.json && args[1] == "-":
				return errors.New(t.Text("mask.json-stdout"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runMask(cmd.Context(), t, o, args[0], args[1])
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, t.Text("mask.flag.json"))
	f.BoolVar(&o.force, "force", false, t.Text("mask.flag.force"))
	f.StringVar(&o.policy, "policy", "", t.Text("mask.flag.policy"))
	return cmd
}

func runMask(ctx context.Context, t *terminal, o maskOptions, from, to string) error {
	policy, err := t.policy(o.policy)
	if err != nil {
		return err
	}
	in, err := openMaskInput(t, from)
	if err != nil {
		return err
	}
	defer in.close()
	pack := detect.DefaultPack()
	out, err := openMaskOutput(t, o, pack, in, to)
	if err != nil {
		return err
	}
	defer out.discard()
	worker, err := workerCommand()
	if err != nil {
		return err
	}
	workers := sandbox.New(sandbox.Options{Command: worker, Workers: 1})
	defer workers.Close()
	engine := rules.NewEngine(pack, rules.Limits{}).Isolated(workers.Extract).For(policy)

	bar := newScanProgress(t)
	bar.expect(2 * in.size)
	report, err := redact.New(engine, pack, redact.Limits{}).File(ctx, &watchedReader{in.content, bar}, in.size, in.name, out)
	bar.finish()
	if err == nil {
		err = out.keep(o.force)
	}
	return sayMasked(t, o, policy, maskLine{In: from, Out: out.path}, report, err)
}

// maskInput is the file to be masked.
type maskInput struct {
	name    string // "" on standard input
	content io.ReaderAt
	size    int64
	info    fs.FileInfo
	close   func()
}

func openMaskInput(t *terminal, path string) (*maskInput, error) {
	if path == "-" {
		content, err := io.ReadAll(io.LimitReader(t.in, maskedInput+1))
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		if len(content) > maskedInput {
			return nil, errors.New(t.Text("mask.input-too-large", message.Args{"Most": humanize.IBytes(maskedInput)}))
		}
		return &maskInput{content: bytes.NewReader(content), size: int64(len(content)), close: func() {}}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, maskProblem(t, path, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errSpecial
	}
	if err != nil {
		_ = f.Close() // only read from
		return nil, maskProblem(t, path, err)
	}
	return &maskInput{filepath.Base(path), f, info.Size(), info, func() { _ = f.Close() }}, nil
}

// maskProblem says in words why a path cannot be used.
func maskProblem(t *terminal, path string, err error) error {
	id := "mask.cannot-read"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		id = "mask.missing"
	case errors.Is(err, fs.ErrPermission):
		id = "mask.denied"
	case errors.Is(err, errSpecial):
		id = "mask.not-a-file"
	}
	return errors.New(t.Text(id, message.Args{"Path": harmless(path), "Error": withoutPath(err)}))
}

func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// maskOutput is the copy: it takes its name when it is whole.
type maskOutput struct {
	io.Writer
	path string
	file *os.File // beside path until then; nil on standard output
}

func openMaskOutput(t *terminal, o maskOptions, pack *detect.Pack, in *maskInput, path string) (*maskOutput, error) {
	if path == "-" {
		return &maskOutput{Writer: t.out, path: path}, nil
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() && in.name != "" {
		path = filepath.Join(path, redact.Name(pack, in.name))
		info, err = os.Stat(path)
	}
	args := message.Args{"Path": harmless(path)}
	switch name := filepath.Base(path); {
	case err == nil && in.info != nil && os.SameFile(info, in.info):
		return nil, errors.New(t.Text("mask.same", args))
	case err == nil && !info.Mode().IsRegular():
		return nil, maskProblem(t, path, errSpecial)
	case err == nil && !o.force:
		return nil, errors.New(t.Text("mask.exists", args))
	case redact.Name(pack, name) != name:
		return nil, errors.New(t.Text("mask.name", message.Args{"Name": harmless(redact.Name(pack, name))}))
	}
	// The guard keeps names that begin with .trustline- to itself.
	f, err := os.OpenFile(filepath.Join(filepath.Dir(path), fmt.Sprintf(".masked-by-trustline-%d.tmp", os.Getpid())), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, maskProblem(t, filepath.Dir(path), err)
	}
	return &maskOutput{f, path, f}, nil
}

// keep gives the copy its name. What came to be there in the meantime stays
// unless force is set.
func (o *maskOutput) keep(force bool) error {
	if o.file == nil {
		return nil
	}
	if err := errors.Join(o.file.Sync(), o.file.Close()); err != nil {
		return fmt.Errorf("write the masked copy: %w", withoutPath(err))
	}
	if _, err := os.Lstat(o.path); err == nil && !force {
		return fmt.Errorf("write the masked copy: %w", fs.ErrExist)
	}
	if err := os.Rename(o.file.Name(), o.path); err != nil {
		return fmt.Errorf("write the masked copy: %w", errors.Unwrap(err))
	}
	o.file = nil
	return nil
}

// discard leaves nothing of a copy that was not kept.
func (o *maskOutput) discard() {
	if o.file != nil {
		_ = o.file.Close()
		_ = os.Remove(o.file.Name())
	}
}

// watchedReader shows how far reading is.
type watchedReader struct {
	io.ReaderAt
	bar *scanProgress
}

func (w *watchedReader) ReadAt(p []byte, offset int64) (int, error) {
	n, err := w.ReaderAt.ReadAt(p, offset)
	w.bar.done(int64(n))
	return n, err
}

// maskLine is what --json prints: what scripts rely on.
type maskLine struct {
	In       string              `json:"in"`
	Out      string              `json:"out,omitempty"`
	Status   string              `json:"status"` // masked, refused
	Reason   redact.Reason       `json:"reason,omitempty"`
	Place    string              `json:"place,omitempty"`
	Type     string              `json:"type,omitempty"`
	People   int                 `json:"people"`
	Classes  []redact.ClassCount `json:"classes"`
	Pictures int                 `json:"pictures"`
}

// sayMasked prints what became of the copy.
func sayMasked(t *terminal, o maskOptions, policy *rules.Policy, line maskLine, report redact.Report, err error) error {
	var refusal *redact.Refusal
	switch {
	case errors.As(err, &refusal):
		line.Status, line.Out, line.Reason, line.Place, line.Classes = "refused", "", refusal.Reason, refusal.Place, []redact.ClassCount{}
	case err != nil:
		return fmt.Errorf("%s", t.Text("mask.failed", message.Args{"Error": err}))
	default:
		line.Status, line.Type, line.People, line.Pictures = "masked", report.Type, report.Before.People, report.Pictures
		line.Classes = append([]redact.ClassCount{}, report.Masked...)
	}
	if o.json {
		err = json.NewEncoder(t.out).Encode(line)
	} else {
		err = line.print(t, policy, refusal)
	}
	if err == nil && refusal != nil {
		return exitStatus(exitFound)
	}
	return err
}

func (l maskLine) print(t *terminal, policy *rules.Policy, refusal *redact.Refusal) error {
	to := t.out
	if l.Out == "-" || refusal != nil {
		to = t.err // standard output is the copy's
	}
	args := message.Args{"In": harmless(l.In), "Out": harmless(l.Out), "People": humanize.Comma(int64(l.People)), "Pictures": l.Pictures}
	if refusal != nil {
		args["Why"] = refusal.Text(t.Language())
		_, err := fmt.Fprintln(to, t.Text("mask.refused", args))
		return err
	}
	var parts []string
	for _, c := range l.Classes {
		parts = append(parts, t.className(policy, c.Class)+" "+humanize.Comma(int64(c.Count)))
	}
	args["What"] = strings.Join(parts, t.Text("scan.separator"))
	id := "mask.done"
	if len(parts) == 0 {
		id = "mask.nothing"
	}
	text := t.Text(id, args)
	if l.Pictures > 0 {
		text += "\n" + t.Text("mask.pictures", args)
	}
	_, err := fmt.Fprintln(to, text)
	return err
}
