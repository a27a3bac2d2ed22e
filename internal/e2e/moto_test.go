//go:build moto

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// repository is the root of the repository, seen from this package.
const repository = "../.."

// motoServer is a running moto with a past.
type motoServer struct {
	url  string
	stop func()
}

// startMoto starts moto on a free port and waits until it answers.
func startMoto() (*motoServer, error) {
	python, err := filepath.Abs(repository + "/.cache/moto/bin/python")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(python); err != nil {
		return nil, fmt.Errorf("no moto at %s: run these tests with make moto, which installs it", python)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, repository+"/testdata/moto/server.py", strconv.Itoa(port))
	// The managed policies of AWS: AdministratorAccess and those of the quarantine.
	cmd.Env = append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	// It ends with its input, also when this process is killed and can stop nothing.
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting moto: %w", err)
	}
	m := &motoServer{
		url:  fmt.Sprintf("http://127.0.0.1:%d", port),
		stop: func() { _ = input.Close(); _ = cmd.Wait() },
	}
	if err := m.await(time.Minute); err != nil {
		m.stop()
		return nil, fmt.Errorf("moto does not answer: %w\n%s", err, log.Bytes())
	}
	return m, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (m *motoServer) await(limit time.Duration) error {
	var last error
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if last = get(m.url + "/moto-api/data.json"); last == nil {
			return nil
		}
	}
	return last
}

func get(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// reset forgets every account.
func (m *motoServer) reset(t *testing.T) {
	t.Helper()
	m.post(t, "/moto-api/reset", nil)
}

// fixture sends settings to the launcher: see testdata/moto/server.py.
func (m *motoServer) fixture(t *testing.T, settings map[string]any) {
	t.Helper()
	m.post(t, "/_fixture", settings)
}

func (m *motoServer) post(t *testing.T, path string, body any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(m.url+path, "application/json", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("moto: POST %s of %s: %s %s", path, data, resp.Status, answer)
	}
}
