package prom

import (
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
}

// readAnswer takes a JSON body apart.
func readAnswer(body []byte) (*answer, error) {
	a := &answer{}
	out := jsoniter.NewStream(jsoniter.ConfigDefault, nil, 512)
	in := jsoniter.ParseBytes(jsoniter.ConfigDefault, body)
	if in.WhatIsNext() != jsoniter.ObjectValue {
		return nil, unreadable()
	}
	var wrong error
	out.WriteObjectStart()
	first := true
	in.ReadMapCB(func(in *jsoniter.Iterator, key string) bool {
		if !first {
			out.WriteMore()
		}
		first = false
		out.WriteObjectField(key)
		switch key {
		case "data":
			wrong = a.readData(in, out)
			return wrong == nil
		case "status":
			a.status = text(in)
			out.WriteString(a.status)
		case "isPartial":
			a.partial = in.WhatIsNext() == jsoniter.BoolValue && in.ReadBool()
			out.WriteBool(a.partial)
		default:
			_, _ = out.Write(in.SkipAndReturnBytes())
		}
		return true
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
	var result []byte // where it comes before its type is known
	var wrong error
	in.ReadMapCB(func(in *jsoniter.Iterator, key string) bool {
		switch {
		case key == "resultType":
			kind = text(in)
		case key == "result" && kind == vectorType:
			a.vector, wrong = readVector(in)
		case key == "result":
			result = in.SkipAndReturnBytes()
		default:
			in.Skip()
		}
		return wrong == nil
	})
	if wrong == nil && kind == vectorType && a.vector == nil {
		a.vector, wrong = readVector(jsoniter.ParseBytes(jsoniter.ConfigDefault, result))
	}
	if kind == vectorType || result == nil {
		result = []byte("[]")
	}
	out.WriteObjectStart()
	out.WriteObjectField("resultType")
	out.WriteString(kind)
	out.WriteMore()
	out.WriteObjectField("result")
	_, _ = out.Write(result)
	out.WriteObjectEnd()
	return wrong
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
