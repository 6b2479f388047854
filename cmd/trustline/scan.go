package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/trustline/trustline/agent/sandbox"
	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules"
	"github.com/trustline/trustline/rules/detect"
	"github.com/trustline/trustline/rules/extract"
)

// scanOptions are what the flags say.
type scanOptions struct {
	json          bool
	show          bool
	clipboard     bool
	minConfidence float64
	exclude       []string
	jobs          int
	timeout       time.Duration
	policy        string
}

func newScanCommand(t *terminal) *cobra.Command {
	var o scanOptions
	cmd := &cobra.Command{
		Use:     "scan [flags] PATH…",
		Short:   t.Text("scan.short"),
		Long:    t.Text("scan.long"),
		Example: t.Text("scan.example"),
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && !o.clipboard:
				return errors.New(t.Text("scan.no-path"))
			case len(args) > 0 && o.clipboard:
				return errors.New(t.Text("scan.clipboard-alone"))
			case o.minConfidence < 0 || o.minConfidence > 1:
				return errors.New(t.Text("scan.bad-confidence"))
			case o.jobs < 1:
				return errors.New(t.Text("scan.bad-jobs"))
			}
			return checkPatterns(t, o.exclude)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runScan(cmd.Context(), t, o, args)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, t.Text("scan.flag.json"))
	f.BoolVar(&o.show, "show", false, t.Text("scan.flag.show"))
	f.BoolVar(&o.clipboard, "clipboard", false, t.Text("scan.flag.clipboard"))
	f.Float64Var(&o.minConfidence, "min-confidence", rules.ReportingConfidence, t.Text("scan.flag.min-confidence"))
	f.StringArrayVar(&o.exclude, "exclude", nil, t.Text("scan.flag.exclude"))
	f.StringVar(&o.policy, "policy", "", t.Text("scan.flag.policy"))
	f.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), t.Text("scan.flag.jobs"))
	f.DurationVar(&o.timeout, "timeout", extract.DefaultTime, t.Text("scan.flag.timeout"))
	return cmd
}

func runScan(ctx context.Context, t *terminal, o scanOptions, args []string) error {
	policy, err := t.policy(o.policy)
	if err != nil {
		return err
	}
	worker, err := workerCommand()
	if err != nil {
		return err
	}
	workers := sandbox.New(sandbox.Options{Command: worker, Workers: o.jobs})
	defer workers.Close()
	engine := rules.NewEngine(detect.DefaultPack(), rules.Limits{Extract: extract.Limits{Time: o.timeout}}).Isolated(workers.Extract).For(policy)
	if policy.Pictures().Text {
		if _, err := sandbox.FindTesseract(); err != nil {
			fmt.Fprintln(t.err, t.Text("scan.no-tesseract", message.Args{"Error": err}))
		}
	}
	files := &scanFiles{engine: engine, stdin: t.in, exclude: o.exclude, jobs: o.jobs}
	report := newScanReport(t, o, policy)
	if o.clipboard {
		var found scanned
		if found, err = scanClipboard(ctx, engine); err != nil {
			return fmt.Errorf("%s", t.Text("scan.no-clipboard", message.Args{"Error": err}))
		}
		err = report.add(found)
	} else {
		bar := newScanProgress(t)
		files.progress = bar
		report.before = bar.clear
		err = files.each(ctx, args, report.add)
		bar.finish()
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("print what was found: %w", err)
	}
	if err := report.finish(ctx.Err() != nil); err != nil {
		return fmt.Errorf("print what was found: %w", err)
	}
	return report.status()
}
