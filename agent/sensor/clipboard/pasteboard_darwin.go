package clipboard

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/ebitengine/purego"
	"github.com/ebitengine/purego/objc"
)

// lookEvery is how often the pasteboard's count of changes is looked at: macOS
// tells nobody of a change, and asking for the count costs next to nothing.
const lookEvery = 200 * time.Millisecond

const appKit = "/System/Library/Frameworks/AppKit.framework/AppKit"

// What programs put beside their text: see nspasteboard.org.
const (
	typeText      = "public.utf8-plain-text"
	typeFile      = "public.file-url"
	typeConcealed = "org.nspasteboard.ConcealedType"
	typeTransient = "org.nspasteboard.TransientType"
)

// pasteboard is macOS' general pasteboard, reached through the Objective-C
// runtime. It is built and vetted; it was never run.
type pasteboard struct{}

func (pasteboard) name() string { return "pasteboard" }

func (pasteboard) watch(ctx context.Context, seen func(Copy)) error {
	if _, err := purego.Dlopen(appKit, purego.RTLD_LAZY|purego.RTLD_GLOBAL); err != nil {
		return fmt.Errorf("watch the clipboard: %w: %w", errors.ErrUnsupported, err)
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	// What was there before is none of ours.
	count := changes()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := changes()
		if now == count {
			continue
		}
		count = now
		if c, ok := taken(now); ok {
			seen(c)
		}
	}
}

func (pasteboard) clear(_ context.Context, c Copy) (err error) {
	pooled(func() {
		if board := general(); uint32(objc.Send[int](board, sel("changeCount"))) == c.mark.stamp {
			board.Send(sel("clearContents"))
		} else {
			err = ErrReplaced
		}
	})
	return err
}

func changes() (count uint32) {
	pooled(func() { count = uint32(objc.Send[int](general(), sel("changeCount"))) })
	return count
}

// taken reads what is on the pasteboard; false for nothing of ours: pictures, or
// what a password manager marks as secret or as gone in a moment.
func taken(count uint32) (c Copy, ok bool) {
	pooled(func() {
		board := general()
		types := list(board.Send(sel("types")))
		if slices.Contains(types, typeConcealed) || slices.Contains(types, typeTransient) {
			return
		}
		c = Copy{Time: time.Now().UTC(), Source: frontmost(), mark: mark{stamp: count}}
		if slices.Contains(types, typeFile) {
			c.Files, ok = files(board)
			if !ok {
				c.Incomplete, ok = TooLarge, true
			}
			return
		}
		text := goString(board.Send(sel("stringForType:"), nsString(typeText)))
		complete := true
		if c.Text, complete = boundText(text); !complete {
			c.Incomplete = TooLarge
		}
		ok = text != ""
	})
	return c, ok
}

// files answers the paths of the files on the pasteboard, and whether those are
// all.
func files(board objc.ID) (paths []string, complete bool) {
	items := board.Send(sel("pasteboardItems"))
	for i := range objc.Send[int](items, sel("count")) {
		if len(paths) == maxFiles {
			return paths, false
		}
		address := items.Send(sel("objectAtIndex:"), i).Send(sel("stringForType:"), nsString(typeFile))
		if address == 0 { // not a file, or replaced meanwhile
			continue
		}
		url := objc.ID(objc.GetClass("NSURL")).Send(sel("URLWithString:"), address)
		if path := goString(url.Send(sel("path"))); filepath.IsAbs(path) {
			paths = append(paths, filepath.Clean(path))
		}
	}
	return paths, true
}

// frontmost answers the program in front, which is the one that was copied from
// unless it was left within lookEvery.
func frontmost() Source {
	app := objc.ID(objc.GetClass("NSWorkspace")).Send(sel("sharedWorkspace")).Send(sel("frontmostApplication"))
	if app == 0 {
		return Source{}
	}
	return Source{
		PID:     int(objc.Send[int32](app, sel("processIdentifier"))),
		Program: goString(app.Send(sel("executableURL")).Send(sel("path"))),
	}
}

func general() objc.ID { return objc.ID(objc.GetClass("NSPasteboard")).Send(sel("generalPasteboard")) }

// pooled gives what Objective-C made within it back at its end, on the thread
// that it was made on.
func pooled(do func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pool := objc.ID(objc.GetClass("NSAutoreleasePool")).Send(sel("new"))
	defer pool.Send(sel("drain"))
	do()
}

func sel(name string) objc.SEL { return objc.RegisterName(name) }

func nsString(s string) objc.ID {
	return objc.ID(objc.GetClass("NSString")).Send(sel("stringWithUTF8String:"), s)
}

// goString answers the text of an NSString, "" for none.
func goString(s objc.ID) string {
	if s == 0 {
		return ""
	}
	return objc.Send[string](s, sel("UTF8String"))
}

// list answers the texts of an NSArray of NSStrings.
func list(array objc.ID) (texts []string) {
	for i := range objc.Send[int](array, sel("count")) {
		texts = append(texts, goString(array.Send(sel("objectAtIndex:"), i)))
	}
	return texts
}
