package ruletest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"time"
)

// What a test may cost. promtool has no bounds, and would fill the memory or
// run for days; what anybody means stays far below these.
const (
	maxFile        = 16 << 20  // bytes
	maxEvaluations = 1_000_000 // of all groups, in one test: two years of minutes
	maxSamples     = 1_000_000 // in the series of one test
)

// readBounded reads a regular file of bounded size.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is larger than a test file may be (%d MiB): split it", path, maxFile>>20)
	}
	return data, err
}

// checkSize refuses a test that would run, or grow, without a sensible end.
func (s *simulation) checkSize() error {
	start := s.test.start()
	for _, at := range []time.Time{start, s.end()} {
		if ms := at.Unix(); ms < -maxSeconds || ms > maxSeconds {
			return errors.New("start_timestamp: too far from today to count in nanoseconds: choose a year between 1678 and 2261")
		}
	}
	if n := s.end().Sub(start) / s.every; n > maxEvaluations {
		return fmt.Errorf("the last eval_time is %d evaluations away, more than a test may have (%d): test an earlier moment, or set a longer evaluation_interval", n, maxEvaluations)
	}
	samples := 0
	for _, in := range s.test.InputSeries {
		n, err := countSamples(in.Series + " " + in.Values)
		if samples += n; err != nil || samples > maxSamples {
			return fmt.Errorf("the input series %s: with it the test has more than %d samples: shorten it", shortened(in.Series), maxSamples)
		}
	}
	for _, e := range s.test.ExprTests {
		for _, w := range e.Samples {
			if n, err := countSamples(w.Histogram); err != nil || n > maxSamples {
				return fmt.Errorf("expr %q: the expected histogram %s: one is needed", e.Expr, shortened(w.Histogram))
			}
		}
	}
	return nil
}

// maxSeconds is how far from the epoch a moment may be, in seconds: Prometheus
// and we ourselves count nanoseconds in 64 bits.
const maxSeconds = 9_200_000_000

// countSamples returns how many samples the notation of a series stands for at
// most, without making them: one for each word, and N for a repetition xN.
// Label values are left out.
func countSamples(notation string) (int, error) {
	notation = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`+"`[^`]*`").ReplaceAllString(notation, "")
	total := len(notation)/2 + 1
	for _, m := range regexp.MustCompile(`[xX]\s*([0-9]+)`).FindAllStringSubmatch(notation, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return 0, err
		}
		if total += n; total > maxSamples {
			break
		}
	}
	return total, nil
}

// shortened keeps a text of the file from filling the answer.
func shortened(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}
