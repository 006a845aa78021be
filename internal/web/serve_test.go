package web_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertd/internal/web"
)

// listening is a log that tells where the server listens.
type listening chan string

func (l listening) Write(line []byte) (int, error) {
	if _, rest, ok := strings.Cut(string(line), `msg="Listening on" address=`); ok {
		l <- strings.TrimSpace(rest)
	}
	return len(line), nil
}

// serve runs a server until the test ends and returns its address; stop ends it
// and waits.
func serve(t *testing.T, cfg web.ListenConfig, change ...func(*web.Deps)) (address string, stop func()) {
	t.Helper()
	lines := make(listening, 8)
	f := newFixture(t, append(change, func(d *web.Deps) { d.Logger = slog.New(slog.NewTextHandler(lines, nil)) })...)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	cfg.Address = "127.0.0.1:0"
	listener, err := f.server.Listen(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	go func() { done <- f.server.Serve(ctx, listener, cfg) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
		done <- nil
		select {
		case again := <-lines:
			t.Errorf("it said again that it listens: %s", again)
		default:
		}
	}
	t.Cleanup(stop)
	select {
	case address = <-lines:
	case err := <-done:
		t.Fatalf("Serve: %v", err)
	}
	return address, stop
}

func client(t *testing.T, cfg *tls.Config) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: cfg}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, c *http.Client, url string, user ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(user) == 2 {
		r.SetBasicAuth(user[0], user[1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServe(t *testing.T) {
	address, stop := serve(t, web.ListenConfig{})
	c := client(t, nil)
	if code, body := get(t, c, "http://"+address+"/api/v2/status"); code != 200 || !strings.Contains(body, `"address":"`+address+`"`) {
		t.Errorf("%d %s does not name %s as its peer", code, body, address)
	}
	stop()
	var d net.Dialer
	if conn, err := d.DialContext(t.Context(), "tcp", address); err == nil {
		_ = conn.Close()
		t.Error("it still listens")
	}
}

// What was begun is answered, though the program is being stopped.
func TestServeEndsGracefully(t *testing.T) {
	begun, end := make(chan none), make(chan none)
	address, stop := serve(t, web.ListenConfig{}, func(d *web.Deps) {
		d.Ready = func() error {
			begun <- none{}
			<-end
			return errors.New("slow but sure")
		}
	})
	answer := make(chan string, 1)
	c := client(t, nil)
	go func() {
		_, body := get(t, c, "http://"+address+"/-/ready")
		answer <- body
	}()
	<-begun
	stopped := make(chan none)
	go func() {
		stop()
		close(stopped)
	}()
	end <- none{}
	if got := <-answer; !strings.Contains(got, "slow but sure") {
		t.Errorf("answered %q", got)
	}
	<-stopped
}

type none struct{}

// One that never ends is cut off.
func TestServeEndsAnyway(t *testing.T) {
	begun, end := make(chan none), make(chan none)
	address, stop := serve(t, web.ListenConfig{ShutdownTimeout: time.Millisecond}, func(d *web.Deps) {
		d.Ready = func() error {
			close(begun)
			<-end
			return nil
		}
	})
	conn := dial(t, address)
	send(t, conn, "GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n")
	<-begun
	stop()
	close(end)
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func TestSlowClients(t *testing.T) {
	address, _ := serve(t, web.ListenConfig{ReadTimeout: 50 * time.Millisecond})
	for name, request := range map[string]string{
		"no end of headers": "GET / HTTP/1.1\r\nHost: x\r\nX-A: ",
		"no end of a body":  "POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[",
		"nothing at all":    "",
	} {
		conn := dial(t, address)
		send(t, conn, request)
		rest, err := io.ReadAll(conn) // until the server gives up
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "no end of a body" && !strings.Contains(string(rest), "408 Request Timeout") {
			t.Errorf("%s: %s", name, rest)
		}
	}
}

func TestTooManyHeaders(t *testing.T) {
	address, _ := serve(t, web.ListenConfig{})
	conn := dial(t, address)
	send(t, conn, "GET /?filter="+strings.Repeat("x", 200<<10))
	status, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(status, "431") {
		t.Errorf("%q %v, want 431", status, err)
	}
}

func TestWebConfigFile(t *testing.T) {
	dir := t.TempDir()
	pool := certificate(t, dir)
	file := filepath.Join(dir, "web.yml")
	// bcrypt of "secret", cost 4
	write(t, file, `
tls_server_config: {cert_file: cert.pem, key_file: key.pem}
basic_auth_users: {ann: $2a$04$phjGfvXaizDtM8/aaakvheYIsI1r4nXHhOBiIr5zLGIJBwMAyXIea}
`)
	address, _ := serve(t, web.ListenConfig{WebConfigFile: file})
	c := client(t, &tls.Config{RootCAs: pool, ServerName: "localhost"})
	if code, _ := get(t, c, "https://"+address+"/api/v2/alerts"); code != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", code)
	}
	if code, _ := get(t, c, "https://"+address+"/api/v2/alerts", "ann", "wrong"); code != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d", code)
	}
	if code, body := get(t, c, "https://"+address+"/api/v2/alerts", "ann", "secret"); code != http.StatusOK {
		t.Errorf("ann: %d %s", code, body)
	}
}

func TestServeFails(t *testing.T) {
	f := newFixture(t)
	file := filepath.Join(t.TempDir(), "web.yml")
	write(t, file, "tls_server_config: {cert_file: nowhere.pem, key_file: nowhere.pem}\n")
	_, err := f.server.Listen(t.Context(), web.ListenConfig{Address: "127.0.0.1:0", WebConfigFile: file})
	if err == nil || !strings.Contains(err.Error(), "nowhere.pem") || !strings.Contains(err.Error(), file) {
		t.Errorf("a certificate that is not there: %v", err)
	}
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, err = f.server.Listen(t.Context(), web.ListenConfig{Address: taken.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a port that is taken: %v", err)
	}
	if strings.Contains(f.log.String(), "Listening on") {
		t.Error("it said that it listens")
	}
}

// certificate writes cert.pem and key.pem for localhost into dir.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	write(t, filepath.Join(dir, "cert.pem"), string(certPEM))
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return pool
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
