package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// Bounds of a signing key, in bytes, as Standard Webhooks sets them.
const (
	minKey = 24
	maxKey = 64
)

// signingKey reads a secret as Standard Webhooks writes it, whsec_ and base64.
// Its errors do not show the secret.
func signingKey(text string) ([]byte, error) {
	encoded := strings.TrimPrefix(strings.TrimSpace(text), "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		key, err = base64.RawStdEncoding.DecodeString(encoded)
	}
	if err != nil {
		return nil, errors.New("the signing secret is not base64")
	}
	if len(key) < minKey || len(key) > maxKey {
		return nil, errors.New("the signing secret does not stand for 24 to 64 bytes")
	}
	return key, nil
}

// sign returns the value of the header webhook-signature:
// v1,base64(HMAC-SHA256(id.timestamp.body)).
func sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
