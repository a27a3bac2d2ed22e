package scansource

import (
	"archive/zip"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A secret in the name of a file, of one inside an archive, or of what could not be read is in no result.
func TestNoSecretInNames(t *testing.T) {
	const secret = "wJ4lrXUtnFEMIoK7MDENGybPxRfiCYzq7Rt4Kp9Z"
	dir := t.TempDir()
	write(t, filepath.Join(dir, testID+"_"+secret, "f"), testID)
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	f, err := z.Create("d/" + secret)
	if err == nil {
		_, err = f.Write([]byte(otherID))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "a.zip"), archive.String())
	write(t, filepath.Join(dir, secret+".7z"), "7z\xbc\xaf\x27\x1c")
	s := newScanner(Options{})
	if err := s.Path(dir, ""); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%+v", s.Result())
	if strings.Contains(got, secret) || strings.Count(got, "[secret]") < 4 {
		t.Error(got)
	}
}

// An id that is encoded in a name is shown as an id, which can be masked.
func TestEncodedIDInName(t *testing.T) {
	dir := t.TempDir()
	name := hex.EncodeToString([]byte(testID))
	write(t, filepath.Join(dir, "d", name+".txt"), testID)
	s := newScanner(Options{})
	if err := s.Path(dir, ""); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%+v", s.Result())
	if strings.Contains(got, name) || !strings.Contains(got, "d/"+testID+" in hex") {
		t.Error(got)
	}
}
