package ctl

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"alertd/internal/alert"
)

// pastForm is how `history` and `stats` are told which past is meant.
type pastForm struct{ since, until string }

func (f *pastForm) register(cmd *cobra.Command, byDefault string) {
	cmd.Flags().StringVar(&f.since, "since", byDefault, "since when: how long ago, such as 24h or 7d, or a `MOMENT`")
	cmd.Flags().StringVar(&f.until, "until", "", "until when, likewise; until now where it is left out")
}

// query returns the range for the API. The moments are sent, so that all pages
// are of one range.
func (f *pastForm) query(now time.Time) (url.Values, error) {
	query := url.Values{}
	for _, part := range []struct{ name, text string }{{"since", f.since}, {"until", f.until}} {
		if part.text == "" {
			continue
		}
		at, err := pastMoment("--"+part.name, part.text, now)
		if err != nil {
			return nil, err
		}
		query.Set(part.name, at.UTC().Format(time.RFC3339Nano))
	}
	if from, to := query.Get("since"), query.Get("until"); from != "" && to != "" {
		first, _ := time.Parse(time.RFC3339Nano, from) // it was just written
		last, _ := time.Parse(time.RFC3339Nano, to)
		if !first.Before(last) {
			return nil, usage("the range from %s to %s ends before it begins", moment(first, now), moment(last, now))
		}
	}
	return query, nil
}

// pastMoment reads how long ago, or a moment in the past.
func pastMoment(what, text string, now time.Time) (time.Time, error) {
	if ago, err := parseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	return parsePast(what, text, now)
}

// historyForm is what `history` is asked for.
type historyForm struct {
	pastForm
	job, group string
	matchers   []string
	kinds      []string
	limit      int
	events     bool
}

func (c *cli) historyCommand() *cobra.Command {
	var f historyForm
	cmd := &cobra.Command{
		Use:   "history [MATCHER...]",
		Short: "List what has been wrong: incidents, or every line of history",
		Long: `History lists incidents: alerts that fired, when, for how long, and who was told.
Those that still fire come first, the newest on top, then those that ended, the
last one first. An incident is of a time when it was firing in it.

--events lists every line of history instead, the newest first: alerts that became
pending, fired, ended, lost their data, were silenced or acknowledged, and what was
decided, delivered or failed. --kind restricts them, and may be repeated.

Matchers narrow both lists. -o json and yaml give the objects of alertd's API;
"alertctl explain" tells one incident's whole story.`,
		Example: `  alertctl history
  alertctl history --since 7d severity=critical
  alertctl history --job etl --since "yesterday 18:00" --until 08:00
  alertctl history --events --kind failed --kind "gave up"
  alertctl history CronFailed -o json | jq -r '.[].activeAt'`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.history(cmd.Context(), &f, args)
		},
	}
	f.register(cmd, "24h")
	cmd.Flags().StringArrayVar(&f.matchers, "matcher", nil, "a matcher more; may be repeated")
	cmd.Flags().StringVar(&f.job, "job", "", "only those of the cron job `NAME`")
	cmd.Flags().BoolVar(&f.events, "events", false, "list every line of history")
	cmd.Flags().StringArrayVar(&f.kinds, "kind", nil, "only events of the kind, with --events; may be repeated")
	cmd.Flags().StringVar(&f.group, "group", "", "only events of the aggregation group `KEY`, with --events")
	cmd.Flags().IntVar(&f.limit, "limit", 100, "at most so many, the first of the list; 0 is all")
	return cmd
}

func (c *cli) history(ctx context.Context, f *historyForm, args []string) error {
	ms, err := parseMatchers(args)
	if err != nil {
		return err
	}
	for _, arg := range f.matchers {
		more, err := parseMatcherArg(arg)
		if err != nil {
			return usage("--matcher: %q is no matcher: %w", arg, err)
		}
		ms = append(ms, more...)
	}
	if f.job != "" {
		ms = append(ms, alert.Matcher{Name: "cron_job", Op: alert.MatchEqual, Value: f.job})
	}
	if f.limit < 0 {
		return usage("--limit: %d is less than nothing", f.limit)
	}
	if !f.events && (len(f.kinds) > 0 || f.group != "") {
		return usage("--kind and --group are of events: add --events")
	}
	query, err := f.query(c.Now())
	if err != nil {
		return err
	}
	query["filter"] = filter(ms)["filter"]
	server, err := c.connect()
	if err != nil {
		return err
	}
	if !f.events {
		return c.incidentHistory(ctx, server, query, f.limit)
	}
	query["kind"] = f.kinds
	if f.group != "" {
		query.Set("group", f.group)
	}
	return c.eventHistory(ctx, server, query, f.limit)
}

// pages asks for page after page of a listing, whose elements are the answer's
// field of that name, until there are limit of them (0: all).
func (c *client) pages(ctx context.Context, r request, field string, limit int) (all []json.RawMessage, more bool, err error) {
	const largest = 1000
	all = []json.RawMessage{}
	for {
		size := largest
		if limit > 0 {
			size = min(largest, limit-len(all))
		}
		r.query.Set("limit", strconv.Itoa(size))
		var page map[string]json.RawMessage
		if err := c.ask(ctx, r, &page); err != nil {
			return nil, false, err
		}
		var elements []json.RawMessage
		if err := json.Unmarshal(page[field], &elements); err != nil {
			return nil, false, failed(ExitServer, "cannot "+r.doing+" "+c.settings.display(), err)
		}
		all = append(all, elements...)
		var next string
		if page["next"] != nil {
			if err := json.Unmarshal(page["next"], &next); err != nil {
				return nil, false, failed(ExitServer, "cannot "+r.doing+" "+c.settings.display(), err)
			}
		}
		if next == "" || limit > 0 && len(all) >= limit {
			return all, next != "", nil
		}
		r.query.Set("cursor", next)
	}
}

// decoded returns raw elements as what they are.
func decoded[T any](raw []json.RawMessage) ([]T, error) {
	out := make([]T, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &out[i]); err != nil {
			return nil, failed(ExitServer, "cannot read the answer", err)
		}
	}
	return out, nil
}
