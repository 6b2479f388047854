// Package pdf reads the text of PDF documents with PDFium, which runs as
// WebAssembly: a document that takes PDFium over has an address space of its
// own, bounded memory, and no function to call but the reading of its bytes.
//
// The package gives text page by page, and what stands in notes, form fields
// and attachments, and draws a page for whoever asks. It runs no script,
// follows no link, and knows nothing of customer data.
package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Why a document cannot be read.
var (
	ErrPassword = errors.New("document needs a password")
	ErrDamaged  = errors.New("document breaks the rules of PDF")
	ErrMemory   = errors.New("document needs more memory than allowed")
	ErrStart    = errors.New("reader of PDF does not start")
)

// largestMemory bounds what PDFium may allocate for one document, in bytes.
const largestMemory = 192 << 20

// Engine is PDFium, compiled for this machine. It is safe for concurrent use;
// every document gets an instance of its own.
type Engine struct {
	cache string

	mu   sync.Mutex
	pool pdfium.Pool
	err  error

	opening sync.Mutex
	latest  *bounded // memory of the instance just made
}

// NewEngine answers an Engine that keeps compiled code in the folder cache, ""
// for nowhere. The folder holds code that is run: only who may change this
// program may write there. Compiling takes seconds and 300 MB of memory, from
// the cache it takes a third of a second and 50 MB; it happens when the first
// document is opened, or in Prepare.
func NewEngine(cache string) *Engine { return &Engine{cache: cache} }

// Prepare compiles, or takes from the cache, now.
func (e *Engine) Prepare() error {
	_, err := e.start()
	return err
}

func (e *Engine) start() (pdfium.Pool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pool != nil || e.err != nil {
		return e.pool, e.err
	}
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling)
	if e.cache != "" {
		cache, err := wazero.NewCompilationCacheWithDir(e.cache)
		if err != nil {
			e.err = fmt.Errorf("open folder of compiled code: %w: %w", ErrStart, err)
			return nil, e.err
		}
		config = config.WithCompilationCache(cache)
	}
	e.pool, e.err = webassembly.Init(webassembly.Config{
		Context:       experimental.WithMemoryAllocator(context.Background(), experimental.MemoryAllocatorFunc(e.allocate)),
		MaxIdle:       1,
		MaxTotal:      64,
		FSConfig:      wazero.NewFSConfig(), // no files at all
		Stdout:        io.Discard,
		Stderr:        io.Discard,
		RuntimeConfig: config,
	})
	if e.err != nil {
		e.err = fmt.Errorf("compile PDFium: %w: %w", ErrStart, e.err)
	}
	return e.pool, e.err
}

// Close frees the compiled code. Documents must be closed before.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pool == nil {
		return nil
	}
	pool := e.pool
	e.pool, e.err = nil, fmt.Errorf("closed: %w", ErrStart)
	return pool.Close()
}

// instance starts PDFium for one document.
func (e *Engine) instance(ctx context.Context) (p pdfium.Pdfium, memory *bounded, err error) {
	pool, err := e.start()
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if r := recover(); r != nil { // there was no memory for it
			err = ErrMemory
		}
	}()
	e.opening.Lock()
	defer e.opening.Unlock()
	p, err = pool.GetInstanceWithContext(ctx)
	return p, e.latest, err
}

// bounded is the memory of one document.
type bounded struct {
	experimental.LinearMemory
	used    uint64
	refused bool // the document wished for more than largestMemory
}

func (e *Engine) allocate(_, _ uint64) experimental.LinearMemory {
	e.latest = &bounded{LinearMemory: reserve(largestMemory)}
	return e.latest
}

// Reallocate answers nil where the document has had its share.
func (b *bounded) Reallocate(size uint64) []byte {
	if size <= largestMemory {
		if p := b.LinearMemory.Reallocate(size); p != nil {
			b.used = size
			return p
		}
	}
	b.refused = true
	return nil
}
