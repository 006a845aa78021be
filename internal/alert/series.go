package alert

// Series is one element of a range query's answer: a series and its values at
// the steps of the range, in order of time. Steps without a value are left out.
type Series struct {
	Labels Labels
	Points []Point
}

// Point is one value of a series.
type Point struct {
	At    int64 // Unix milliseconds
	Value float64
}
