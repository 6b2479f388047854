package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/extract"
	"github.com/trustline/trustline/rules/similar"
)

// fingerprintOptions are what the flags of list fingerprint say.
type fingerprintOptions struct {
	newList
	except    []string
	inventory string
}

func newListFingerprint(t *terminal) *cobra.Command {
	var o fingerprintOptions
	cmd := &cobra.Command{
		Use: "fingerprint DIR…", Short: t.Text("list.fingerprint.short"), Long: t.Text("list.fingerprint.long"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New(t.Text("list.fingerprint.no-dir"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return t.fingerprint(cmd.Context(), o, args) },
	}
	cmd.Flags().StringSliceVar(&o.except, "except", nil, t.Text("list.fingerprint.flag.except"))
	cmd.Flags().StringVar(&o.inventory, "inventory", "", t.Text("list.fingerprint.flag.inventory"))
	o.flags(t, cmd)
	return cmd
}

// fingerprinter reads documents into an index.
type fingerprinter struct {
	t       *terminal
	builder *similar.Builder
	extract *extract.Extractor
	bar     *progressbar.ProgressBar
	// Inventory has number, path and fingerprints of each document.
	inventory [][]string
	skipped   []skippedDocument
	prints    int
}

type skippedDocument struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

func (t *terminal) fingerprint(ctx context.Context, o fingerprintOptions, dirs []string) error {
	key, err := o.check(t)
	if err != nil {
		return err
	}
	f := &fingerprinter{t: t, extract: extract.New(extract.Options{}), bar: t.bar(t.Text("list.fingerprint.reading"), -1, false)}
	if f.builder, err = similar.NewBuilder(key); err != nil {
		return err
	}
	err = f.read(ctx, o.except, true)
	if err == nil {
		err = f.read(ctx, dirs, false)
	}
	if err := errors.Join(err, f.extract.Close(), f.bar.Close()); err != nil {
		return err
	}
	if len(f.inventory) == 0 {
		f.told()
		return errors.New(t.Text("list.fingerprint.none"))
	}
	size, err := f.builder.Save(ctx, o.out, o.name, o.serial, time.Now())
	if err != nil {
		return err
	}
	if err := f.writeInventory(o.inventory); err != nil {
		return err
	}
	return f.report(o, size)
}

// read goes through folders; public documents are those to except.
func (f *fingerprinter) read(ctx context.Context, dirs []string, public bool) error {
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err := errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if !d.Type().IsRegular() {
				return nil
			}
			_ = f.bar.Add(1) // only shows
			return f.document(ctx, path, public)
		})
		if errors.Is(err, fs.ErrNotExist) {
			return errors.New(f.t.Text("list.fingerprint.no-folder", message.Args{"Path": dir}))
		}
		if err != nil {
			return fmt.Errorf("read documents: %w", err)
		}
	}
	return nil
}

func (f *fingerprinter) document(ctx context.Context, path string, public bool) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	result, err := f.extract.Extract(ctx, file, info.Size(), extract.Limits{}, documentSink{f.builder})
	if err != nil {
		return err
	}
	if result.Reason != "" {
		f.builder.Discard()
		f.skipped = append(f.skipped, skippedDocument{path, string(result.Reason)})
		return nil
	}
	if public {
		f.builder.Except()
		return nil
	}
	number, prints, err := f.builder.Add()
	if errors.Is(err, similar.ErrShort) {
		f.skipped = append(f.skipped, skippedDocument{path, "short"})
		return nil
	}
	if err != nil {
		return err
	}
	f.prints += prints
	f.inventory = append(f.inventory, []string{strconv.Itoa(number), path, strconv.Itoa(prints)})
	return nil
}

// documentSink gives the text of a document to the builder.
type documentSink struct{ *similar.Builder }

// Begin starts a part of the document.
func (s documentSink) Begin(string) { s.Builder.Begin() }

// Row gives the cells of a row as text.
func (s documentSink) Row(_ int, cells []extract.Cell) {
	for _, c := range cells {
		s.Write(c.Text)
	}
}

func (f *fingerprinter) told() {
	for _, s := range f.skipped {
		fmt.Fprintln(f.t.err, f.t.Text("list.fingerprint.skipped", message.Args{"Path": s.Path, "Why": f.t.Text("list.why." + s.Why)}))
	}
}

func (f *fingerprinter) writeInventory(path string) error {
	if path == "" {
		return nil
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	w := csv.NewWriter(out)
	err = errors.Join(w.Write([]string{"document", "path", "fingerprints"}), w.WriteAll(f.inventory))
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write inventory: %w", err)
	}
	return nil
}

func (f *fingerprinter) report(o fingerprintOptions, size int64) error {
	if o.json {
		return json.NewEncoder(f.t.out).Encode(map[string]any{
			"name": o.name, "file": o.out, "serial": o.serial, "documents": len(f.inventory), "fingerprints": f.prints, "size": size, "skipped": f.skipped,
		})
	}
	f.told()
	_, err := fmt.Fprintln(f.t.out, f.t.Text("list.fingerprint.done", message.Args{
		"File": o.out, "Documents": len(f.inventory), "Skipped": len(f.skipped), "Size": humanize.IBytes(uint64(size)),
	}))
	return err
}
