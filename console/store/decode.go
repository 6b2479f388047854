package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
)

// decoded answers what stands as JSON in the one column of rows, and closes
// them. The error says what was being done.
func decoded[T any](rows *sql.Rows, what string) (all []T, err error) {
	defer rows.Close()
	for rows.Next() {
		var raw string
		var one T
		if err := rows.Scan(&raw); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		if err := json.Unmarshal([]byte(raw), &one); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return all, nil
}
