package config

import (
	"time"

	"github.com/prometheus/common/model"
)

// Silences is the `silences` section: of which of them people are reminded.
type Silences struct {
	EndingNotice model.Duration `yaml:"ending_notice"` // how long before the end of a long one; 0: never
	LongerThan   model.Duration `yaml:"longer_than"`   // what is a long one
}

// When notice is given of a silence's end, if the file does not say.
const (
	DefaultEndingNotice = time.Hour
	DefaultLongerThan   = 24 * time.Hour
)

func defaultSilences() Silences {
	return Silences{EndingNotice: model.Duration(DefaultEndingNotice), LongerThan: model.Duration(DefaultLongerThan)}
}
