// Package logstorage stands in for VictoriaLogs's parser, which cannot be had
// from the module proxy: vmalert links to it, and calls it for rules of type
// vlogs only.
package logstorage

import "errors"

// Query is a parsed LogsQL query; there are none.
type Query struct{}

// ParseStatsQuery refuses every query.
func ParseStatsQuery(string, int64) (*Query, error) {
	return nil, errors.New("this vmalert is built for PromQL only")
}

// GetStatsByFields returns no fields.
func (*Query) GetStatsByFields() ([]string, error) { return nil, nil }

// HasGlobalTimeFilter is false.
func (*Query) HasGlobalTimeFilter() bool { return false }
