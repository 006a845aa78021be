package alert

import (
	"fmt"
	"strconv"
	"time"
)

// Fingerprint identifies a label set: FNV-1a (64 bits) over each sorted name
// and value, every one closed by the byte 255, as prometheus/common's
// model.LabelSet.Fingerprint computes it, because API clients compare it.
type Fingerprint uint64

const (
	fnvOffset    = 14695981039346656037
	fnvPrime     = 1099511628211
	fnvSeparator = 255
)

// Fingerprint returns the fingerprint of the set.
func (ls Labels) Fingerprint() Fingerprint {
	h := uint64(fnvOffset)
	for i := range ls {
		h = fnvAdd(h, ls[i].Name)
		h = fnvAdd(h, ls[i].Value)
	}
	return Fingerprint(h)
}

func fnvAdd(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return (h ^ fnvSeparator) * fnvPrime
}

// String writes the fingerprint as 16 hexadecimal digits.
func (f Fingerprint) String() string { return fmt.Sprintf("%016x", uint64(f)) }

// ParseFingerprint reads what String wrote.
func ParseFingerprint(s string) (Fingerprint, error) {
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("fingerprint %q: %w", s, err)
	}
	return Fingerprint(n), nil
}

// NewID returns the identity of one incident: the same rule and label set
// becoming active again later is another incident. It is computed, not drawn,
// so that evaluating the same history twice gives the same identity. Identities
// sort by time: a database that keeps them in order appends those that are new.
func NewID(ruleID string, labels Labels, activeAt time.Time) string {
	h := fnvAdd(uint64(labels.Fingerprint()), ruleID)
	return fmt.Sprintf("%012x-%016x", activeAt.UnixMilli(), h)
}
