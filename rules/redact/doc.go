// Package redact writes a copy of a file with the customer data in it made
// harmless: the findings of package detect, written as package mask writes
// them (138****1234, 张*, 110101********002X), with everything else left as it
// was. It knows text in any charset, spreadsheets (.xlsx) and documents
// (.docx).
//
//	r := redact.New(engine, pack, redact.Limits{})
//	report, err := r.File(ctx, in, size, "list.xlsx", out)
//	var refusal *redact.Refusal
//	if errors.As(err, &refusal) { … refusal.Text("zh") … }
//
// One rule decides: the engine, reading the copy again, finds nothing. Until
// that is proven not a byte goes to out. What cannot be rewritten so is
// refused, with the reason; nothing is ever handed out half masked.
//
// How it is done. A file is read the way package extract reads it, but with
// the place in the file that each character came from. What the detector finds
// in that text is then changed in those places alone, so that encoding, line
// ends, fonts, formats, widths and formulas stay. Large files go through in
// batches: memory does not grow with them.
//
// The package never decides whether a file may be copied and never changes the
// file it reads.
package redact
