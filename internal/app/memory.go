package app

import (
	"os"
	"runtime/debug"
)

// memoryLimit is beyond which the Go heap is collected more often rather than
// grown, in bytes: a hundred thousand alerts at once fit well below it.
const memoryLimit = 420 << 20

// limitMemory keeps rare large work, such as very many alerts that begin at
// once, from doubling the memory while it lasts. GOMEMLIMIT says otherwise.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
