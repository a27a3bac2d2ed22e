package ghfake

import (
	"bytes"
	"net/http"
)

// asks reports whether a request only asks if it would be allowed: an issue or a label without any field. GitHub refuses
// it with 422 once it has seen that the permission is there, and changes nothing. It does not fit the description, as
// it is meant not to.
func asks(operation string, body []byte) bool {
	return string(bytes.TrimSpace(body)) == "{}" && (operation == http.MethodPost+" /repos/{owner}/{repo}/issues" ||
		operation == http.MethodPost+" /repos/{owner}/{repo}/labels")
}
