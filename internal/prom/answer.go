package prom

import (
	"encoding/json"
	"errors"
	"io"

	jsoniter "github.com/json-iterator/go"

	"alertd/internal/alert"
)

// answer is the body of an answer, taken apart in one pass. The API client
// would need ten times as long for a large vector, and reads what is missing in
// it as 0; it is given the rest.
type answer struct {
	status  string
	partial bool           // VictoriaMetrics says isPartial
	vector  []alert.Sample // nil where the result is none
	rest    []byte         // the answer, with an empty vector in place of the vector
	most    int            // elements that the vector may have
}

// readAnswer takes a JSON body apart, whose vector may have so many elements.
func readAnswer(body []byte, most int) (*answer, error) {
	a := &answer{most: most}
	out := jsoniter.NewStream(jsoniter.ConfigDefault, nil, 512)
	in := jsoniter.ParseBytes(jsoniter.ConfigDefault, body)
	if in.WhatIsNext() != jsoniter.ObjectValue {
		return nil, unreadable()
	}
	var wrong error
	object := members{Stream: out}
	out.WriteObjectStart()
	in.ReadMapCB(func(in *jsoniter.Iterator, key string) bool {
		switch key {
		case "data":
			object.add(key, nil)
			wrong = a.readData(in, out)
		case "status":
			a.status = text(in)
			object.add(key, quoted(a.status))
		case "isPartial":
			a.partial = in.WhatIsNext() == jsoniter.BoolValue && in.ReadBool()
		default:
			object.add(key, in.SkipAndReturnBytes())
		}
		return wrong == nil
	})
	out.WriteObjectEnd()
	if wrong != nil {
		return nil, wrong
	}
	if in.WhatIsNext(); !errors.Is(in.Error, io.EOF) {
		return nil, unreadable()
	}
	a.rest = out.Buffer()
	return a, nil
}

// readData reads the data of a query's answer, whichever of its two members
// comes first.
func (a *answer) readData(in *jsoniter.Iterator, out *jsoniter.Stream) error {
	if in.WhatIsNext() != jsoniter.ObjectValue {
		_, _ = out.Write(in.SkipAndReturnBytes())
		return nil
	}
	var kind string
	var result []byte // where it comes before its type is known, or is no vector
	var wrong error
	object := members{Stream: out}
	out.WriteObjectStart()
	in.ReadMapCB(func(in *jsoniter.Iterator, key string) bool {
		switch {
		case key == "resultType":
			kind = text(in)
		case key == "result" && kind == vectorType:
			a.vector, wrong = readVector(in, a.most)
		case key == "result":
			result = in.SkipAndReturnBytes()
		default:
			object.add(key, in.SkipAndReturnBytes())
		}
		return wrong == nil
	})
	if wrong == nil && kind == vectorType && a.vector == nil {
		a.vector, wrong = readVector(jsoniter.ParseBytes(jsoniter.ConfigDefault, result), a.most)
	}
	if kind == vectorType {
		result = []byte("[]")
	}
	if kind != "" {
		object.add("resultType", quoted(kind))
	}
	if result != nil {
		object.add("result", result)
	}
	out.WriteObjectEnd()
	return wrong
}

// members writes the members of an object.
type members struct {
	*jsoniter.Stream
	some bool
}

func (m *members) add(key string, value []byte) {
	if m.some {
		m.WriteMore()
	}
	m.some = true
	m.WriteObjectField(key)
	_, _ = m.Write(value)
}

func quoted(text string) []byte {
	data, _ := json.Marshal(text) // a string always has a JSON form
	return data
}

// text reads a string, or passes over what is none.
func text(in *jsoniter.Iterator) string {
	if in.WhatIsNext() != jsoniter.StringValue {
		in.Skip()
		return ""
	}
	return in.ReadString()
}

// unreadable is why a body is no answer; what it says may be anybody's page.
func unreadable() *Error {
	return unreachable("its answer cannot be read: it is cut short, or not JSON")
}
