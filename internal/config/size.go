package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as Prometheus writes one: 512MB, with
// units that are powers of 1024.
type Size int64

// UnmarshalText reads a size. The error tells how to write one.
func (s *Size) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	digits := strings.TrimRight(written, "KMGTBkmgtib ")
	scale := 1.0
	switch strings.ToUpper(strings.TrimSpace(strings.TrimPrefix(written, digits))) {
	case "":
		if digits != "0" {
			return fmt.Errorf("%q has no unit: write a size such as 512MB or 2GB", written)
		}
	case "B":
	case "KB", "KIB":
		scale = 1 << 10
	case "MB", "MIB":
		scale = 1 << 20
	case "GB", "GIB":
		scale = 1 << 30
	case "TB", "TIB":
		scale = 1 << 40
	default:
		return fmt.Errorf("%q is not a size: write one such as 512MB or 2GB", written)
	}
	number, err := strconv.ParseFloat(digits, 64)
	if bytes := number * scale; err != nil || math.IsNaN(bytes) || bytes < 0 || bytes > 1<<60 {
		return fmt.Errorf("%q is not a size: write one such as 512MB or 2GB", written)
	}
	*s = Size(number * scale)
	return nil
}
