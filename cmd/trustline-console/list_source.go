package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/schollz/progressbar/v3"

	"github.com/trustline/trustline/message"
	"github.com/trustline/trustline/rules/extract"
)

// openRows opens the table: a file, standard input or a database.
func (t *terminal) openRows(ctx context.Context, o buildOptions, headings bool) (rowSource, error) {
	switch {
	case (o.in == "") == (o.dsn == ""):
		return nil, errors.New(t.Text("list.build.source"))
	case o.dsn != "":
		return t.openDatabase(ctx, o)
	case o.query != "":
		return nil, errors.New(t.Text("list.build.query-alone"))
	}
	return t.openTable(o.in, headings)
}

func eachRow(ctx context.Context, source rowSource, visit func([]string) error) error {
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, err := source.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := visit(row); err != nil {
			return err
		}
	}
}

// table is a text of rows, in any charset, with commas, semicolons or tabs.
type table struct {
	t        *terminal
	file     *os.File
	bar      *progressbar.ProgressBar
	text     *io.PipeReader
	csv      *csv.Reader
	headings []string
}

func (t *terminal) openTable(path string, headings bool) (rowSource, error) {
	file, size := os.Stdin, int64(-1)
	if path != "-" {
		var err error
		if file, err = os.Open(path); errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New(t.Text("list.build.no-file", message.Args{"Path": path}))
		} else if err != nil {
			return nil, fmt.Errorf("read table: %w", err)
		}
		if info, err := file.Stat(); err == nil {
			size = info.Size()
		}
	}
	text, to := io.Pipe()
	s := &table{t: t, file: file, text: text, bar: t.bar(t.Text("list.build.reading"), size, true)}
	go decode(io.TeeReader(file, s.bar), to) // ends when the file does, or text is closed
	r := bufio.NewReaderSize(text, 64<<10)
	first, err := r.Peek(64 << 10)
	if len(first) == 0 {
		return nil, errors.Join(errors.New(t.Text("list.build.empty")), ignoreEOF(err), s.Close())
	}
	s.csv = csv.NewReader(r)
	s.csv.FieldsPerRecord, s.csv.ReuseRecord = -1, true
	s.csv.Comma = delimiter(first)
	s.csv.LazyQuotes = s.csv.Comma == '\t' // as databases write them, without quoting
	if headings {
		row, err := s.Next()
		if err != nil {
			return nil, errors.Join(ignoreEOF(err), s.Close())
		}
		s.headings = append([]string{}, row...)
	}
	return s, nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// decode writes a text in whatever charset as UTF-8.
func decode(from io.Reader, to *io.PipeWriter) {
	var failed error
	d := extract.NewDecoder(func(text []byte) {
		if failed == nil {
			_, failed = to.Write(text)
		}
	})
	buffer := make([]byte, 64<<10)
	for failed == nil {
		n, err := from.Read(buffer)
		d.Write(buffer[:n])
		if err != nil {
			d.Close()
			failed = err
		}
	}
	_ = to.CloseWithError(failed) // answers nil; io.EOF ends the text
}

// delimiter answers what the first line is parted by.
func delimiter(text []byte) rune {
	line, _, _ := strings.Cut(string(text), "\n")
	best, most := ',', 0
	for _, d := range ",\t;|" {
		if n := strings.Count(line, string(d)); n > most {
			best, most = d, n
		}
	}
	return best
}

func (s *table) Headings() []string { return s.headings }

func (s *table) Next() ([]string, error) {
	row, err := s.csv.Read()
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		return nil, errors.New(s.t.Text("list.build.bad-row", message.Args{"Line": bad.StartLine}))
	}
	return row, err
}

func (s *table) Close() error {
	_ = s.bar.Close() // only shows
	return errors.Join(s.text.Close(), s.file.Close())
}

// database is the answer of a query.
type database struct {
	t        *terminal
	conn     *pgx.Conn
	rows     pgx.Rows
	headings []string
	row      []string
	bar      *progressbar.ProgressBar
}

func (t *terminal) openDatabase(ctx context.Context, o buildOptions) (rowSource, error) {
	if o.query == "" {
		return nil, errors.New(t.Text("list.build.no-query"))
	}
	if isMySQL(o.dsn) {
		return t.openMySQL(ctx, o)
	}
	config, err := pgx.ParseConfig(o.dsn)
	if err != nil {
		return nil, errors.New(t.Text("list.build.dsn"))
	}
	// Plain text for every type, and no prepared statement a pooler may lose.
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	config.RuntimeParams["default_transaction_read_only"] = "on"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, t.databaseError(err)
	}
	rows, err := conn.Query(ctx, o.query)
	if err != nil {
		return nil, errors.Join(t.databaseError(err), conn.Close(ctx))
	}
	s := &database{t: t, conn: conn, rows: rows, bar: t.bar(t.Text("list.build.reading"), -1, false)}
	for _, f := range rows.FieldDescriptions() {
		s.headings = append(s.headings, f.Name)
	}
	return s, nil
}

// databaseError says what a database answers without what it quotes of data.
func (t *terminal) databaseError(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		var connect *pgconn.ConnectError
		if errors.As(err, &connect) {
			return errors.New(t.Text("list.build.connect", message.Args{"Host": connect.Config.Host, "Port": connect.Config.Port}))
		}
		return errors.New(t.Text("list.build.database", message.Args{"Code": "-", "Why": ""}))
	}
	why := ""
	// Of a statement's wording, or of access; those of class 22 quote data.
	if strings.HasPrefix(refused.Code, "42") || strings.HasPrefix(refused.Code, "28") || strings.HasPrefix(refused.Code, "3D") || strings.HasPrefix(refused.Code, "25") {
		why = refused.Message
	}
	return errors.New(t.Text("list.build.database", message.Args{"Code": refused.Code, "Why": why}))
}

func (s *database) Headings() []string { return s.headings }

func (s *database) Next() ([]string, error) {
	if !s.rows.Next() {
		if err := s.rows.Err(); err != nil {
			return nil, s.t.databaseError(err)
		}
		return nil, io.EOF
	}
	_ = s.bar.Add(1) // only shows
	s.row = s.row[:0]
	for _, v := range s.rows.RawValues() {
		s.row = append(s.row, string(v))
	}
	return s.row, nil
}

func (s *database) Close() error {
	s.rows.Close()
	_ = s.bar.Close() // only shows
	return s.conn.Close(context.Background())
}
