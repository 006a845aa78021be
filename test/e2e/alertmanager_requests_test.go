package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// reads are requests that change nothing.
func reads() []request {
	var all []request
	ask := func(path string, headers ...string) {
		all = append(all, request{method: http.MethodGet, path: path, headers: headers})
	}
	lists := []string{"/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences"}
	for _, list := range append(lists, "/api/v2/receivers") {
		ask(list)
		for _, m := range matcherTexts() {
			parameter := "filter"
			if list == "/api/v2/receivers" {
				parameter = "receiver_matchers"
			}
			ask(list + "?" + parameter + "=" + url.QueryEscape(m))
		}
		for _, accept := range []string{
			"*/*", "application/json", "application/*", "text/html", "text/html, */*", "text/html, application/json;q=0.1", "application/json;q=0",
			"", ",", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json", "application/json;version=1", "x", "*", "*/json", ";q=1",
		} {
			ask(list, "Accept", accept)
		}
		for _, kind := range []string{"text/plain", "application/json", "x/", ""} {
			ask(list, "Content-Type", kind)
		}
		ask(list, "Accept-Encoding", "gzip")
		ask(list + "?%zz")
		ask(list + "?filter=%zz&filter=a")
		ask(list + "?a;b")
		ask(list + "/")
		ask(list + "//")
		ask("/" + list)
		ask(strings.ToUpper(list))
		ask(strings.Replace(list, "alerts", "al%65rts", 1))
		ask(list + "/.")
		ask(list + "/x/..")
	}
	for _, list := range lists {
		for _, name := range []string{"active", "silenced", "inhibited", "unprocessed", "muted", "expired", "pending"} {
			for _, value := range []string{"true", "false", "", "TRUE", "0", "1", "yes", "banana", "false&" + name + "=true", "true&" + name + "=", "%00"} {
				ask(list + "?" + name + "=" + value)
			}
		}
		for _, flags := range []string{"active=false&silenced=false", "silenced=false&inhibited=false&active=true&unprocessed=false", "active=false&expired=false", "pending=false&active=false"} {
			ask(list + "?" + flags)
		}
		for _, receiver := range []string{"ops", "pager|ops", "op", ".*", "the web team", "the+web+team", "(", "", "^ops$", "[", "a{1001}", "ops&receiver=pager", "%ff", "(?i)OPS", "|", "\\"} {
			ask(list + "?receiver=" + strings.ReplaceAll(receiver, " ", "%20"))
		}
		for _, m := range []string{`name="ops"`, `name=~"p.*"`, `name!="ops"`, `owner="x"`, `owner=""`, `owner!="x"`, `x`, `name="ops",name="pager"`} {
			ask(list + "?receiver_matchers=" + url.QueryEscape(m))
			ask(list + "?receiver=pager&receiver_matchers=" + url.QueryEscape(m))
			ask(list + "?filter=team%3Dweb&receiver_matchers=" + url.QueryEscape(m))
		}
	}
	for _, id := range []string{
		"{S0}", "{S1}", "{S2}", "11111111-1111-4111-8111-111111111111", "x", "00000000-0000-0000-0000-000000000000", "%20", "{S0}x", "..%2falerts",
		"urn:uuid:11111111-1111-4111-8111-111111111111", "{11111111-1111-4111-8111-111111111111}", "11111111111141118111111111111111",
		"11111111-1111-4111-8111-11111111111A", "{S0}/", "{S0}?x=y", "{S0}/x", "%ff", "",
	} {
		ask("/api/v2/silence/" + id)
	}
	for _, path := range []string{"/api/v2", "/api/v2/", "/api/v2/x", "/api/v2/status/", "/api/v2/receivers/x", "/alertmanager/api/v2/status", "/api/v3/alerts", "/api/v2/openapi.yaml"} {
		ask(path)
	}
	return append(all, methodRequests()...)
}

// methodRequests asks every path in every way that changes nothing there.
func methodRequests() []request {
	var all []request
	for path, writes := range map[string]string{
		"/api/v2/alerts": "POST", "/api/v2/alerts/groups": "", "/api/v2/silences": "POST", "/api/v2/receivers": "", "/api/v2/status": "",
		"/api/v2/silence/11111111-1111-4111-8111-111111111111": "DELETE", "/api/v2/silence/x": "DELETE", "/api/v2/nothing": "",
	} {
		for _, method := range []string{"HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST", "TRACE", "PROPFIND", "get", "X"} {
			if method == writes {
				continue
			}
			all = append(all, request{method: method, path: path}, request{method: method, path: path, body: "{}"})
		}
		all = append(all, request{method: "OPTIONS", path: path, headers: []string{"Origin", "http://a.example", "Access-Control-Request-Method", "POST"}})
	}
	return all
}

func matcherTexts() []string {
	return []string{
		`alertname="Disk"`, `alertname=Disk`, `alertname='Disk'`, ` alertname = Disk `, `alertname="Disk",`, `alertname="Disk",team="web"`, `alertname=~"D.*|Cpu"`,
		`alertname=~D`, `alertname!="Disk"`, `alertname!~"D.*"`, `alertname!~".+"`, `team=""`, `team!=""`, `team=~""`, `team!~""`, `team=~".+"`, `team=~".*"`, `nobody=~".*"`, `nobody!~".*"`,
		`"alertname"="Disk"`, `"ünï cöde"=x`, `ünï=x`, `"a b"!=c`, `{alertname="Disk"}`, `{alertname="Disk"`, `alertname="Disk"}`, `a`, ``, ` `, `=`, `a=`, `=b`, `a==b`, `a=~b=~c`, `a=b=c`, `a=b c`,
		`a=b,c=d`, `a=~(`, `a=~"("`, `a=~"a{1001}"`, `a="b`, `a=b"`, `a="b"c"`, `a="\n"`, `a="\x"`, `a="\\"`, `a="\u00e9"`, `a=\n`, `0a=b`, `a.b=c`, `a-b=c`, `a:b=c`, `__name__=x`, `a!b`, `a!`, `a~b`, `a=!b`, `a=🙂`, "a=\xff", "a\x00=b", "a=\x00", `a='b"`, `"a"`, `"a=b"`,
		`a={b`, `a="{b}"`, `a=b}`, `instance=~"db-[12].*"`, `name="ops"`, `name=~"ops|pager"`, `name!=ops`, strings.Repeat("a", 3000) + "=b", `a="` + strings.Repeat("b", 3000) + `"`,
	}
}

// media are the same change, as requests of every kind.
func media(path, body string) []request {
	var all []request
	for _, kind := range []string{
		"application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "APPLICATION/JSON", "application/json; charset=latin1", "application/json; x", "application/json;", "application/json; a=b; a=c",
		"text/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/yaml", "application/octet-stream", "json", "/", "", ";", "application/vnd.api+json", "*/*", "application/*",
	} {
		all = append(all, request{http.MethodPost, path, body, []string{"Content-Type", kind}},
			request{http.MethodPost, path, "", []string{"Content-Type", kind}})
	}
	for _, accept := range []string{"text/html", "application/json;q=0", "*/*", "", "x"} {
		all = append(all, request{http.MethodPost, path, body, []string{"Accept", accept}}, request{http.MethodPost, path, body, []string{"Accept", accept, "Content-Type", "text/plain"}})
	}
	for _, encoding := range []string{"gzip", "identity", "br", "nonsense"} {
		all = append(all, request{http.MethodPost, path, body, []string{"Content-Encoding", encoding}})
	}
	for _, end := range []string{"/", "?x=y", "//", "/x"} {
		all = append(all, request{http.MethodPost, path + end, body, nil})
	}
	return all
}

// alertBodies are bodies of POST /api/v2/alerts that leave nothing that fires.
func alertBodies() []string {
	bodies := []string{
		` `, `null`, `[]`, `{}`, `[`, `]`, `[{}`, `[{}]`, `[null]`, `[1]`, `["a"]`, `"a"`, `1`, `true`, `[[]]`, "\xff", "\xef\xbb\xbf[]", `[],`, `[{"labels":{}}]`, `[{"labels":null}]`, `[{"labels":[]}]`, `[{"labels":"a"}]`,
		`[{"labels":{"a":1}}]`, `[{"labels":{"a":true}}]`, `[{"labels":{"a":{}}}]`, `[{"labels":{"a":null}}]`, `[{"labels":{"a":""}}]`, `[{"labels":{"":"a"}}]`, `[{"labels":{"":""}}]`, `[{"annotations":{"a":"b"}}]`,
		`[{"labels":{"a":""}},{"labels":{}}]`, `[{"labels":{},"annotations":{"":"x"}}]`, `{"labels":{"a":"b"}}`, `[{"labels":{"a":"b"}`, `[{"labels":{"a":"b",}}]`, `[{'labels':{}}]`, `[{"labels":{"a":"b"}},]`, `// no`, strings.Repeat("[", 2000), strings.Repeat(`[{"labels":`, 500),
	}
	ended := `"startsAt":"2020-01-01T00:00:00Z","endsAt":"2020-01-02T00:00:00Z"`
	for _, fields := range []string{
		ended, `"startsAt":"2021-01-01T00:00:00Z","endsAt":"2020-01-01T00:00:00Z"`, `"endsAt":"2020-01-01T00:00:00Z"`, `"startsAt":"","endsAt":""`, `"startsAt":"","endsAt":"2020-01-02T00:00:00Z"`,
		`"startsAt":"x"`, `"startsAt":1`, `"startsAt":{}`, `"startsAt":[]`, `"startsAt":true`, `"endsAt":"2020-01-01"`, `"endsAt":"2020-01-01T00:00:00"`, `"endsAt":"2020-01-01 00:00:00"`, `"endsAt":"2020-01-01T00:00Z"`, `"endsAt":"2020-01-01T00:00:00.123456789+05:30"`,
		`"endsAt":"2020-01-01T00:00:00,5Z"`, `"endsAt":"2020-02-30T00:00:00Z"`, `"endsAt":"2020-01-01T24:00:00Z"`, `"endsAt":"20200101T000000Z"`, `"endsAt":"2020-01-01T00:00:00z"`, `"endsAt":"2020-01-01t00:00:00Z"`, `"endsAt":"12020-01-01T00:00:00Z"`, `"endsAt":"2020-01-01T00:00:00+0100"`, `"endsAt":"2020-01-01T00:00:00-07"`, `"endsAt":"1600000000"`, `"endsAt":" "`,
		`"startsAt":"2030-01-01T00:00:00Z","endsAt":"2020-01-01T00:00:00Z"`, `"startsAt":"0001-01-01T00:00:00Z","endsAt":"2020-01-01T00:00:00Z"`, `"startsAt":"9999-12-31T23:59:59Z"`, `"startsAt":"2099-01-01T00:00:00Z"`,
		ended + `,"generatorURL":"http://x/y?z"`, ended + `,"generatorURL":""`, ended + `,"generatorURL":"::"`, ended + `,"generatorURL":"x y"`, ended + `,"generatorURL":"/x"`, ended + `,"generatorURL":"x"`, ended + `,"generatorURL":1`, ended + `,"generatorURL":null`, ended + `,"generatorURL":"http://[::1"`, ended + `,"generatorURL":"mailto:a@b"`, ended + `,"generatorURL":"http://a b/"`, ended + `,"generatorURL":"%zz"`, ended + `,"generatorURL":"http://x/%zz"`, ended + `,"generatorURL":"javascript:alert(1)"`,
		ended + `,"annotations":{}`, ended + `,"annotations":null`, ended + `,"annotations":{"a":""}`, ended + `,"annotations":{"":"x"}`, ended + `,"annotations":[]`, ended + `,"annotations":{"a":1}`, ended + `,"annotations":"x"`, ended + `,"annotations":{"a b":"c"}`,
		ended + `,"unknown":1`, ended + `,"STARTSAT":"2020-01-01T00:00:00Z"`, ended + `,"labels":{}`, ended + `,"labels":null`, ended + `,"fingerprint":"x","status":{"state":"active"},"receivers":[]`,
	} {
		bodies = append(bodies, `[{"labels":{"gone":"x"},`+fields+`}]`)
	}
	for _, labels := range []string{`"a b":"c"`, `"a-b":"c"`, `"0":"c"`, `"ü":"é"`, `"a":"\u0000"`, `"a":"\ud800"`, "\"a\":\"\xff\"", "\"\xff\":\"a\"", `"a":"b","a":"c"`, `"a":"b","a":""`, `"__name__":"x"`, `"alertname":"` + strings.Repeat("x", 5000) + `"`, `"a":"b\n"`, `"a\n":"b"`} {
		bodies = append(bodies, `[{"labels":{`+labels+`},`+ended+`}]`)
	}
	return bodies
}

// silenceBodies are bodies of POST /api/v2/silences that make no silence.
func silenceBodies() []string {
	times := `"startsAt":"2020-01-01T00:00:00Z","endsAt":"2099-01-01T00:00:00Z"`
	who := `"createdBy":"ann","comment":"why"`
	one := `"matchers":[{"name":"a","value":"b","isRegex":false}]`
	bodies := []string{
		` `, `null`, `[]`, `{}`, `{`, `1`, `"a"`, `[{}]`, "\xff", `{"x":1}`, `{` + one + `}`, `{` + times + `}`, `{` + one + `,` + times + `}`, `{` + one + `,` + who + `}`, `{` + times + `,` + who + `}`,
		`{` + one + `,` + times + `,"comment":"x"}`, `{` + one + `,` + times + `,"createdBy":"x"}`, `{` + one + `,` + times + `,"createdBy":null,"comment":null}`, `{` + one + `,` + times + `,"createdBy":1,"comment":"x"}`,
		`{` + one + `,` + who + `,"startsAt":"2020-01-01T00:00:00Z"}`, `{` + one + `,` + who + `,"endsAt":"2099-01-01T00:00:00Z"}`,
	}
	for _, t := range [][2]string{
		{"2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z"}, {"2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"}, {"2099-01-01T00:00:00Z", "2099-01-01T00:00:00Z"}, {"x", "2099-01-01T00:00:00Z"}, {"2020-01-01T00:00:00Z", "x"}, {"", ""}, {"", "2020-01-01T00:00:00Z"}, {"2020-01-01", "2020-01-02"}, {"2099-01-02T00:00:00Z", "2099-01-01T00:00:00Z"},
	} {
		bodies = append(bodies, fmt.Sprintf(`{%s,%s,"startsAt":%q,"endsAt":%q}`, one, who, t[0], t[1]))
	}
	for _, m := range []string{
		`[]`, `null`, `{}`, `"x"`, `[null]`, `[{}]`, `[1]`, `[{"name":"a","value":"b"}]`, `[{"name":"a","isRegex":false}]`, `[{"value":"b","isRegex":false}]`, `[{"name":"","value":"b","isRegex":false}]`, `[{"name":null,"value":"b","isRegex":false}]`, `[{"name":"a","value":null,"isRegex":false}]`,
		`[{"name":"a","value":"b","isRegex":"x"}]`, `[{"name":"a","value":"b","isRegex":null}]`, `[{"name":"a","value":1,"isRegex":false}]`, `[{"name":"a","value":"","isRegex":false}]`, `[{"name":"a","value":".*","isRegex":true}]`, `[{"name":"a","value":"","isRegex":true}]`, `[{"name":"a","value":"(","isRegex":true}]`, `[{"name":"a","value":"a)|(b","isRegex":true}]`, `[{"name":"a","value":"(?=x)","isRegex":true}]`, `[{"name":"a","value":"a{1001}","isRegex":true}]`, `[{"name":"a","value":"b","isRegex":false,"isEqual":"x"}]`, `[{"name":"a","value":"x","isRegex":true},{"name":"b","value":"[","isRegex":true}]`,
		`[{"name":"a","value":"","isRegex":false,"isEqual":true},{"name":"b","value":".*","isRegex":true}]`, `[{"name":"a","value":"","isRegex":false,"isEqual":false}]`,
	} {
		bodies = append(bodies, `{`+times+`,`+who+`,"matchers":`+m+`}`)
	}
	for _, id := range []string{`"11111111-1111-4111-8111-111111111111"`, `"x"`, `1`, `"{S0}x"`, `{}`} {
		bodies = append(bodies, `{"id":`+id+`,`+one+`,`+times+`,`+who+`}`)
	}
	return bodies
}
