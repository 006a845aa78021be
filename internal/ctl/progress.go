package ctl

// progress is a line on a terminal that tells how far something long is.
type progress struct {
	screen  screen
	what    string
	percent int
	shown   bool
}

// progress returns a line for standard error; nothing is shown where that is no
// terminal.
func (c *cli) progress(what string) *progress {
	return &progress{screen: c.err, what: what, percent: -1}
}

// show shows that done of total is done.
func (p *progress) show(done, total int) {
	percent := 100 * done / max(total, 1)
	if !p.screen.terminal || percent == p.percent {
		return
	}
	p.percent, p.shown = percent, true
	p.screen.printf("\r\x1b[K%3d %%  %s", percent, oneLine(p.what))
}

// done removes the line.
func (p *progress) done() {
	if p.shown {
		p.screen.printf("\r\x1b[K")
	}
}
