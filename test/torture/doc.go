// Package torture kills the real alertd again and again under a storm of
// alerts, silences and failing receivers, takes its disk away, damages its
// database and steps its clock, and looks from outside whether anything that it
// had promised was lost.
package torture
