package alert

import "time"

// Stats sums up the incidents of a time and how they were told.
type Stats struct {
	From, To time.Time
	Rules    []RuleStats // by alert name and job, the noisiest first
	// Downtime is how long at least one incident was firing within the time.
	Downtime time.Duration
	// JobDowntime is that of each cron job that had incidents.
	JobDowntime map[string]time.Duration

	Recovery     Spread // from firing to the end, of those that ended
	Acknowledged Spread // from firing to the first acknowledgement
	Told         Spread // from firing to the first delivery to anybody

	Integrations []IntegrationStats // by name
}

// RuleStats sums up the incidents of one alert name, and of one job where they
// are of one.
type RuleStats struct {
	Name      string // the alertname label
	Job       string // the cron_job label; "" is none
	Incidents int
	Firing    int           // those that have not ended
	Flapping  int           // those that came and went so often that they were held
	Fired     int           // how often they fired, each coming and going of a flapping one counted
	Lasted    time.Duration // all of them together, within the time
}

// Spread tells of durations how many there are and how long they are.
type Spread struct {
	Count                 int
	Mean, Median, Longest time.Duration
}

// IntegrationStats is how telling one integration went.
type IntegrationStats struct {
	Integration string
	Delivered   int
	GaveUp      int // refused for good, or expired
	Superseded  int // overtaken by a newer truth before they could be sent
	Due         int // not yet delivered
	// Failed is how many attempts failed.
	Failed int
	// Latency is from making a delivery to its arrival.
	Latency Spread
}
