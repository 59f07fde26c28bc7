// grpc-go client. usage:
//
//	go-client PORT unary OUTSTANDING COUNT
//	go-client PORT stream COUNT SIZE
//	go-client PORT check              (correctness of all four methods)
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"bench/pb"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func cpu() float64 {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}
func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
func atoi(s string) int { n, err := strconv.Atoi(s); must(err); return n }

func dial(port string) *grpc.ClientConn {
	c, err := grpc.NewClient("127.0.0.1:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20), grpc.MaxCallSendMsgSize(64<<20)))
	must(err)
	return c
}
func report(n int, t0 time.Time, c0 float64) {
	dt, dc := time.Since(t0).Seconds(), cpu()-c0
	fmt.Printf("{\"n\":%d,\"wall_s\":%.4f,\"rps\":%.0f,\"cpu_us\":%.4f}\n", n, dt, float64(n)/dt, dc*1e6/float64(n))
}

func main() {
	ctx := context.Background()
	port, mode := os.Args[1], os.Args[2]
	conn := dial(port)
	cl := pb.NewBenchClient(conn)
	switch mode {
	case "unary":
		m, n := atoi(os.Args[3]), atoi(os.Args[4])
		req := &pb.Req{Payload: make([]byte, 16)}
		for phase := 0; phase < 2; phase++ {
			total := n
			if phase == 0 {
				total = n/10 + 1
			}
			var left atomic.Int64
			left.Store(int64(total))
			var wg sync.WaitGroup
			c0, t0 := cpu(), time.Now()
			for i := 0; i < m; i++ {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for left.Add(-1) >= 0 {
						r, err := cl.Unary(ctx, req)
						must(err)
						if len(r.Payload) != 16 {
							log.Fatal("bad echo")
						}
					}
				}()
			}
			wg.Wait()
			if phase == 1 {
				report(total, t0, c0)
			}
		}
	case "stream":
		n, size := atoi(os.Args[3]), atoi(os.Args[4])
		c0, t0 := cpu(), time.Now()
		s, err := cl.ServerStream(ctx, &pb.StreamReq{Count: uint32(n), Size: uint32(size)})
		must(err)
		got := 0
		for {
			m, err := s.Recv()
			if err == io.EOF {
				break
			}
			must(err)
			if len(m.Payload) != size {
				log.Fatal("bad size")
			}
			got++
		}
		if got != n {
			log.Fatal("bad count ", got)
		}
		report(got, t0, c0)
	case "check":
		for _, size := range []int{0, 16, 1024, 65536, 1 << 20} {
			p := bytes.Repeat([]byte{0xa5}, size)
			r, err := cl.Unary(ctx, &pb.Req{Payload: p})
			must(err)
			if !bytes.Equal(r.Payload, p) {
				log.Fatal("unary echo mismatch at ", size)
			}
		}
		ss, err := cl.ServerStream(ctx, &pb.StreamReq{Count: 10000, Size: 16})
		must(err)
		got := 0
		for {
			m, err := ss.Recv()
			if err == io.EOF {
				break
			}
			must(err)
			if len(m.Payload) != 16 {
				log.Fatal("server stream size")
			}
			got++
		}
		if got != 10000 {
			log.Fatal("server stream count ", got)
		}
		cs, err := cl.ClientStream(ctx)
		must(err)
		for i := 0; i < 1000; i++ {
			must(cs.Send(&pb.Req{Payload: make([]byte, 100)}))
		}
		r, err := cs.CloseAndRecv()
		must(err)
		if string(r.Payload) != "100000" {
			log.Fatalf("client stream sum %q", r.Payload)
		}
		bs, err := cl.Bidi(ctx)
		must(err)
		for i := 0; i < 100; i++ {
			must(bs.Send(&pb.Req{Payload: []byte(strconv.Itoa(i))}))
			m, err := bs.Recv()
			must(err)
			if string(m.Payload) != strconv.Itoa(i) {
				log.Fatal("bidi echo")
			}
		}
		must(bs.CloseSend())
		if _, err := bs.Recv(); err != io.EOF {
			log.Fatal("bidi end ", err)
		}
		fmt.Println("ok")
	default:
		log.Fatal("what is ", mode, "?")
	}
}
