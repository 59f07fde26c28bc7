// gRPC's own TestService on grpc-go, with what go-interop-server does not have: gzip, load reports, reflection, health,
// channelz, mutual TLS, a limit of streams.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/channelz/service"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/orca"
	"google.golang.org/grpc/reflection"
)

func main() {
	port := flag.Int("port", 10000, "")
	useTLS := flag.Bool("use_tls", false, "")
	cert := flag.String("tls_cert_file", "", "PEM certificate")
	key := flag.String("tls_key_file", "", "PEM key")
	ca := flag.String("client_ca", "", "PEM CA; requires client certificates")
	maxStreams := flag.Uint("max_streams", 0, "SETTINGS_MAX_CONCURRENT_STREAMS; 0 = not advertised")
	flag.Parse()
	o := []grpc.ServerOption{grpc.MaxRecvMsgSize(64 << 20), orca.CallMetricsServerOption(nil)}
	if *maxStreams > 0 {
		o = append(o, grpc.MaxConcurrentStreams(uint32(*maxStreams)))
	}
	if *useTLS {
		c, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			log.Fatal(err)
		}
		t := &tls.Config{Certificates: []tls.Certificate{c}}
		if *ca != "" {
			b, err := os.ReadFile(*ca)
			if err != nil {
				log.Fatal(err)
			}
			t.ClientCAs = x509.NewCertPool()
			t.ClientCAs.AppendCertsFromPEM(b)
			t.ClientAuth = tls.RequireAndVerifyClientCert
		}
		o = append(o, grpc.Creds(credentials.NewTLS(t)))
	}
	s := grpc.NewServer(o...)
	rec := orca.NewServerMetricsRecorder()
	// The smallest interval that orca.Register takes outside grpc-go itself.
	if err := orca.Register(s, orca.ServiceOptions{MinReportingInterval: 30 * time.Second, ServerMetricsProvider: rec}); err != nil {
		log.Fatal(err)
	}
	testgrpc.RegisterTestServiceServer(s, interop.NewTestServer(interop.NewTestServerOptions{MetricsRecorder: rec}))
	h := health.NewServer()
	h.SetServingStatus("grpc.testing.TestService", healthpb.HealthCheckResponse_SERVING)
	healthpb.RegisterHealthServer(s, h)
	service.RegisterChannelzServiceToServer(s)
	reflection.Register(s)
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(s.Serve(l))
}
