package alert

import "strings"

// OwnGroup is the group of the rules by which alertd watches itself.
const OwnGroup = "alertd"

// IntegrationLabel names, on an alert of alertd's own, the integration that it
// is about: receiver/kind/index.
const IntegrationLabel = "integration"

// StorageUnavailable is the name of the alert that nothing can be stored.
const StorageUnavailable = "StorageUnavailable"

// OwnRule returns the identity of a rule of alertd's own.
func OwnRule(name string) string { return OwnGroup + "/" + name }

// Concerns tells whether the alert is one of alertd's own about that
// integration. Nobody can be told by a channel that it is the channel that fails.
func (a *Alert) Concerns(integration string) bool {
	return strings.HasPrefix(a.RuleID, OwnGroup+"/") && a.Labels.Get(IntegrationLabel) == integration
}
