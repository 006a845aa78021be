package e2e

import (
	"fmt"
	"net/http"
	"strings"
)

// firing are bodies of POST /api/v2/alerts, after which some fire.
func firing() []string {
	const since, until = `"startsAt":"2026-01-01T00:00:00Z"`, `"endsAt":"2099-01-01T00:00:00Z"`
	bodies := []string{
		`[{"labels":{"alertname":"Disk","instance":"db-1:9100","job":"node","severity":"page","team":"web"},"annotations":{"summary":"full"},"generatorURL":"http://p/graph?g0.expr=up%3E0",` + since + `,` + until + `}]`,
		`[{"labels":{"alertname":"Disk","instance":"db-2:9100","job":"node","severity":"warning","team":"pager"},` + since + `,` + until + `},
		  {"labels":{"alertname":"Disk","instance":"db-1:9100","job":"cadvisor","severity":"page"},` + since + `,` + until + `},
		  {"labels":{"alertname":"Disk","instance":"","job":"a","team":"nobody"},` + until + `},
		  {"labels":{"alertname":"Disk","zone":"b"},` + since + `},
		  {"labels":{"alertname":"Disk","zone":"a"}}]`,
		`[{"labels":{"ünï cöde":"日本 \"q\" \\ \n","a.b":"c"},` + since + `,` + until + `}]`,
		`[{"labels":{"team":"etl"},` + since + `,` + until + `}]`,
		// One good among bad.
		`[{"labels":{}},{"labels":{"alertname":"Good","job":"b"},` + since + `,` + until + `},{"labels":{"alertname":"Bad"},"startsAt":"2099-01-01T00:00:00Z","endsAt":"2098-01-01T00:00:00Z"}]`,
		// One that begins in the future.
		`[{"labels":{"alertname":"Future"},"startsAt":"2098-01-01T00:00:00Z",` + until + `}]`,
	}
	// Renewals: what becomes of start, end and annotations.
	for i, renewal := range []string{
		`"startsAt":"2025-01-01T00:00:00Z",` + until, `"startsAt":"2026-02-01T00:00:00Z",` + until, since + `,"endsAt":"2098-01-01T00:00:00Z"`, since + `,"endsAt":"2100-01-01T00:00:00Z"`,
		since, since + `,"annotations":{"new":"y"},` + until, since + `,"generatorURL":"http://new/",` + until, ``,
	} {
		labels := fmt.Sprintf(`"labels":{"alertname":"Renewed","case":"%d"}`, i)
		if renewal != "" {
			renewal = "," + renewal
		}
		bodies = append(bodies, `[{`+labels+`,"annotations":{"old":"x"},"generatorURL":"http://old/",`+since+`,`+until+`}]`, `[{`+labels+renewal+`}]`,
			`[{"labels":{"alertname":"Unended","case":"`+fmt.Sprint(i)+`"},`+since+`}]`, `[{"labels":{"alertname":"Unended","case":"`+fmt.Sprint(i)+`"}`+renewal+`}]`)
	}
	// Enough of them that their order is no accident.
	for i := range 12 {
		bodies = append(bodies, fmt.Sprintf(`[{"labels":{"alertname":"Many","n":"%d","job":"%c","instance":"%d","team":"web"},%s,%s}]`, i, 'a'+i%3, i%4, since, until))
	}
	return bodies
}

// quirks are bodies of POST /api/v2/alerts of which Alertmanager makes something
// odd; the last leaves nothing.
func quirks() []string {
	return []string{
		`[{"labels":{"alertname":"Quirk"},"annotations":{"empty":"","summary":"x"},"startsAt":"2026-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z"}]`,
		`[{"labels":{"alertname":"Quirk"},"endsAt":"2099-01-01T00:00:00Z"}]`,
		// Twice in one request.
		`[{"labels":{"alertname":"Quirk","n":"2"},"annotations":{"n":"1"},"startsAt":"2026-01-01T00:00:00Z"},{"labels":{"alertname":"Quirk","n":"2"},"annotations":{"n":"2"},"startsAt":"2026-01-01T00:00:00Z"}]`,
		`[{"labels":{"alertname":"Quirk"},"endsAt":"2026-01-01T00:00:00Z"},{"labels":{"alertname":"Quirk","n":"2"},"endsAt":"2026-01-01T00:00:00Z"}]`,
	}
}

// endings are bodies of POST /api/v2/alerts, each of which ends something, or
// lets it fire again.
func endings() []string {
	return []string{
		`[{"labels":{"alertname":"Disk","zone":"a"},"endsAt":"2026-06-01T00:00:00Z"}]`,
		`[{"labels":{"alertname":"Disk","zone":"b"},"startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-01-01T00:00:00Z"}]`,
		`[{"labels":{"team":"etl"},"startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-02-01T00:00:00Z"}]`,
		`[{"labels":{"team":"etl"},"startsAt":"2026-03-01T00:00:00Z","endsAt":"2099-02-01T00:00:00Z"}]`,
		`[{"labels":{"alertname":"Good","job":"b"},"startsAt":"2026-01-01T00:00:00Z","endsAt":"2025-02-01T00:00:00Z"}]`,
		`[{"labels":{"alertname":"Nobody knows"},"endsAt":"2026-02-01T00:00:00Z"}]`,
	}
}

// silenceSteps make, change and end silences.
func silenceSteps() []request {
	const path = "/api/v2/silences"
	made := 0
	silence := func(id, matchers, starts, ends, comment string) request {
		made++ // no two end together: in which order those are listed is by chance
		ends = strings.Replace(ends, "00:00:00Z", fmt.Sprintf("00:%02d:00Z", made), 1)
		return post(path, fmt.Sprintf(`{"id":%q,"matchers":[%s],"startsAt":%q,"endsAt":%q,"createdBy":"ann","comment":%q}`, id, matchers, starts, ends, comment))
	}
	const (
		web    = `{"name":"team","value":"web","isRegex":false}`
		notWeb = `{"name":"team","value":"web|etl","isRegex":true,"isEqual":false}`
		disk   = `{"name":"alertname","value":"Di.k","isRegex":true,"isEqual":true},{"name":"job","value":"node","isRegex":false,"isEqual":true}`
		past   = "2020-01-01T00:00:00Z"
		later  = "2098-01-01T00:00:00Z"
		end    = "2099-01-01T00:00:00Z"
	)
	remove := func(id string) request {
		return request{method: http.MethodDelete, path: "/api/v2/silence/" + id}
	}
	return []request{
		silence("", web, past, end, "S0: begins now"),
		silence("", notWeb+`,{"name":"alertname","value":".+","isRegex":true}`, past, "2099-02-01T00:00:00Z", "S1: excludes"),
		silence("", disk, past, "2099-03-01T00:00:00Z", "S2"),
		silence("", web, later, end, "S3: pending"),
		silence("", web, past, end, "S4: the same again"),
		silence("", `{"name":"a","value":"b","isRegex":false,"isEqual":false}`, past, "2099-03-02T00:00:00Z", "only excludes"),
		silence("", "{\"name\":\"\xff\",\"value\":\"b\",\"isRegex\":false}", past, "2099-03-03T00:00:00Z", "\u0000\t"),
		silence("", `{"name":"ünï cöde","value":"日本.*","isRegex":true}`, past, end, ""),
		// Changes.
		silence("{S3}", web, "2097-01-01T00:00:00Z", end, "a pending one may move"),
		silence("{S3}", web, past, end, "and begin now"),
		silence("{S0}", web, past, "2099-04-01T00:00:00Z", "another start makes another silence"),
		silence("{S2}", web, past, end, "so do other matchers"),
		silence("{S4}", web, past, past, "an end before now"),
		silence("{S1}", notWeb, past, end, ""),
		silence("11111111-1111-4111-8111-111111111111", web, past, end, "nobody knows it"),
		silence("x", web, past, end, "no id"),
		// Ends.
		remove("{S4}"), remove("{S4}"), remove("{S5}"), remove("11111111-1111-4111-8111-111111111111"), remove("x"), remove("{S4}/"), remove(""),
		silence("{S4}", web, past, end, "one that has ended, again"),
		silence("{S4}", web, later, end, "and later"),
	}
}
