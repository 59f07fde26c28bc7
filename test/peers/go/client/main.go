// client TARGET [SECONDS]: grpc-go calls heddle_peer.Peer in every way it knows, or without a pause for so long. Ends
// with 1 at the first surprise.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"heddle_peer/pb"
)

const hardMessage = " 100 % nicht da: 天気 😀\t\r\n\"%E5%\x7f "

var connection *grpc.ClientConn

func check(ok bool, format string, values ...any) {
	if !ok {
		panic(fmt.Sprintf(format, values...))
	}
}

func checkOK(err error) { check(err == nil, "%v", err) }

func requestMetadata(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "echo-head", "a", "echo-tail", "a", "echo-head", "b", "echo-tail", "b",
		"echo-head-empty", "", "echo-head-bin", "\x00\xFF\x01,", "echo-tail-bin", "\x00\xFE\x02=")
}

func checkMetadata(headers, trailers metadata.MD) {
	for _, one := range []struct {
		from metadata.MD
		key  string
		want []string
	}{
		{headers, "echo-head", []string{"a", "b"}},
		{headers, "echo-head-empty", []string{""}},
		{headers, "echo-head-bin", []string{"\x00\xFF\x01,"}},
		{headers, "echo-tail", nil},
		{trailers, "echo-tail", []string{"a", "b"}},
		{trailers, "echo-tail-bin", []string{"\x00\xFE\x02="}},
		{trailers, "echo-head", nil},
	} {
		check(slices.Equal(one.from.Get(one.key), one.want), "%s is %q", one.key, one.from.Get(one.key))
	}
}

func unary(ctx context.Context, stub pb.PeerClient) {
	var headers, trailers metadata.MD
	response, err := stub.Echo(requestMetadata(ctx), &pb.Message{Payload: []byte("hello"), Number: 7},
		grpc.Header(&headers), grpc.Trailer(&trailers))
	checkOK(err)
	check(string(response.Payload) == "hello" && response.Number == 7, "wrong answer")
	checkMetadata(headers, trailers)
	_, err = stub.Echo(ctx, &pb.Message{})
	checkOK(err)
}

func serverStreaming(ctx context.Context, stub pb.PeerClient) {
	for _, count := range []int{0, 1, 2000} {
		call, err := stub.Download(requestMetadata(ctx), &pb.DownloadRequest{Count: int32(count), Size: 3000})
		checkOK(err)
		n := 0
		for {
			message, err := call.Recv()
			if err == io.EOF {
				break
			}
			checkOK(err)
			check(int(message.Number) == n && len(message.Payload) == 3000, "message %d is wrong", n)
			n++
		}
		check(n == count, "%d messages", n)
		headers, err := call.Header()
		checkOK(err)
		checkMetadata(headers, call.Trailer())
	}
}

func clientStreaming(ctx context.Context, stub pb.PeerClient) {
	for _, count := range []int{0, 1, 2000} {
		call, err := stub.Upload(requestMetadata(ctx))
		checkOK(err)
		for range count {
			checkOK(call.Send(&pb.Message{Payload: make([]byte, 3000)}))
		}
		total, err := call.CloseAndRecv()
		checkOK(err)
		check(int(total.Messages) == count && int(total.Bytes) == count*3000, "%v of %d", total, count)
		headers, err := call.Header()
		checkOK(err)
		checkMetadata(headers, call.Trailer())
	}
}

func bidiStreaming(ctx context.Context, stub pb.PeerClient) {
	call, err := stub.Chat(requestMetadata(ctx))
	checkOK(err)
	headers, err := call.Header() // before any message
	checkOK(err)
	for i := range 100 {
		checkOK(call.Send(&pb.Message{Number: int32(i)}))
		message, err := call.Recv()
		checkOK(err)
		check(int(message.Number) == i, "%d came back as %d", i, message.Number)
	}
	go func() {
		for i := range 1000 {
			call.Send(&pb.Message{Number: int32(i), Payload: make([]byte, 10_000)})
		}
		call.CloseSend()
	}()
	for i := range 1000 {
		message, err := call.Recv()
		checkOK(err)
		check(int(message.Number) == i && len(message.Payload) == 10_000, "%d came back as %d", i, message.Number)
	}
	_, err = call.Recv()
	check(err == io.EOF, "%v", err)
	checkMetadata(headers, call.Trailer())
}

func failures(ctx context.Context, stub pb.PeerClient) {
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		var trailers metadata.MD
		_, err := stub.Fail(requestMetadata(ctx), &pb.Failure{Code: int32(code), Message: hardMessage},
			grpc.Trailer(&trailers))
		got := status.Convert(err)
		check(got.Code() == code && got.Message() == hardMessage, "%v: %v %q", code, got.Code(), got.Message())
		check(slices.Equal(trailers.Get("echo-tail"), []string{"a", "b"}), "%v: trailers %v", code, trailers)
	}
}

func absentService(ctx context.Context, _ pb.PeerClient) {
	_, err := pb.NewAbsentClient(connection).Call(ctx, &pb.Message{})
	check(status.Code(err) == codes.Unimplemented, "%v", err)
}

func checkDetails(err error) {
	got := status.Convert(err)
	check(got.Code() == codes.DataLoss && got.Message() == hardMessage, "%v %q", got.Code(), got.Message())
	details := got.Details()
	check(len(details) == 2, "%d details", len(details))
	first, ok := details[0].(*pb.Detail)
	check(ok && first.Text == "one", "the first detail is %v", details[0])
	second, ok := details[1].(*pb.Detail)
	check(ok && len(second.Text) == 1000, "the second detail is %v", details[1])
}

func errorDetails(ctx context.Context, stub pb.PeerClient) {
	request := &pb.Failure{Code: int32(codes.DataLoss), Message: hardMessage,
		Details: []*pb.Detail{{Text: "one"}, {Text: string(bytes.Repeat([]byte{'2'}, 1000))}}}
	_, err := stub.Fail(ctx, request)
	checkDetails(err)
	call, err := stub.FailLate(ctx, request)
	checkOK(err)
	_, err = call.Recv()
	checkOK(err)
	_, err = call.Recv()
	checkDetails(err)
}

func woken(ctx context.Context, stub pb.PeerClient) int64 {
	total, err := stub.Woken(ctx, &pb.Message{})
	checkOK(err)
	return total.Messages
}

func waitUntilWoken(ctx context.Context, stub pb.PeerClient, wanted int64) {
	for range 500 {
		if woken(ctx, stub) >= wanted {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	panic("the handler was not cancelled")
}

func deadline(ctx context.Context, stub pb.PeerClient) {
	before := woken(ctx, stub)
	short, cancel := context.WithTimeout(ctx, 400*time.Millisecond)
	defer cancel()
	call, err := stub.Sleep(short, &pb.Message{})
	checkOK(err)
	left, err := call.Recv()
	checkOK(err)
	check(left.Milliseconds > 0 && left.Milliseconds <= 400, "%d ms left", left.Milliseconds)
	_, err = call.Recv()
	check(status.Code(err) == codes.DeadlineExceeded, "%v", err)
	waitUntilWoken(ctx, stub, before+1)
}

func cancellation(ctx context.Context, stub pb.PeerClient) {
	before := woken(ctx, stub)
	for range 20 {
		short, cancel := context.WithCancel(ctx)
		call, err := stub.Sleep(short, &pb.Message{})
		checkOK(err)
		_, err = call.Recv()
		checkOK(err)
		cancel()
		_, err = call.Recv()
		check(status.Code(err) == codes.Canceled, "%v", err)
	}
	waitUntilWoken(ctx, stub, before+20)
}

func bigMessages(ctx context.Context, stub pb.PeerClient) {
	payload := bytes.Repeat([]byte{'b'}, 4<<20-100)
	response, err := stub.Echo(ctx, &pb.Message{Payload: payload})
	checkOK(err)
	check(bytes.Equal(response.Payload, payload), "wrong answer")
	_, err = stub.Echo(ctx, &pb.Message{Payload: make([]byte, 5<<20)})
	check(status.Code(err) == codes.ResourceExhausted, "%v", err)
	call, err := stub.Download(ctx, &pb.DownloadRequest{Count: 2, Size: 20 << 20})
	checkOK(err)
	for range 2 {
		message, err := call.Recv()
		checkOK(err)
		check(len(message.Payload) == 20<<20, "%d bytes", len(message.Payload))
	}
	_, err = call.Recv()
	check(err == io.EOF, "%v", err)
}

// More calls at a time than the server allows streams.
func manyAtOnce(ctx context.Context, stub pb.PeerClient) {
	var all sync.WaitGroup
	failures := make(chan error, 300)
	for worker := range 300 {
		all.Go(func() {
			for i := range 10 {
				number := int32(worker*100 + i)
				response, err := stub.Echo(ctx, &pb.Message{Number: number})
				if err == nil && response.Number != number {
					err = fmt.Errorf("%d was answered with %d", number, response.Number)
				}
				if err != nil {
					failures <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(failures)
	checkOK(<-failures)
}

// In both directions. What heddle saw of the requests comes back in "request-was".
func compressed(ctx context.Context, stub pb.PeerClient) {
	ctx = metadata.AppendToOutgoingContext(ctx, "answer-encoding", gzip.Name)
	use := grpc.UseCompressor(gzip.Name)
	for _, size := range []int{1, 10_000, 3_000_000} {
		payload := bytes.Repeat([]byte("z"), size)
		var trailers metadata.MD
		response, err := stub.Echo(ctx, &pb.Message{Payload: payload}, use, grpc.Trailer(&trailers))
		checkOK(err)
		check(bytes.Equal(response.Payload, payload), "wrong answer")
		check(slices.Equal(trailers.Get("request-was"), []string{gzip.Name}), "%v", trailers)
		call, err := stub.Chat(ctx, use)
		checkOK(err)
		for range 3 {
			checkOK(call.Send(&pb.Message{Payload: payload}))
			message, err := call.Recv()
			checkOK(err)
			check(bytes.Equal(message.Payload, payload), "wrong message")
		}
		checkOK(call.CloseSend())
		_, err = call.Recv()
		check(err == io.EOF, "%v", err)
	}
	_, err := stub.Echo(ctx, &pb.Message{Payload: make([]byte, 5<<20)}, use)
	check(status.Code(err) == codes.ResourceExhausted, "%v", err)
}

// While servers come and go, none of the calls may fail that wait for one to be there.
func flood(stub pb.PeerClient, seconds int) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	until := time.Now().Add(time.Duration(seconds) * time.Second)
	var all sync.WaitGroup
	var calls atomic.Int64
	for range 20 {
		all.Go(func() {
			for time.Now().Before(until) {
				if _, err := stub.Echo(ctx, &pb.Message{Number: 1}, grpc.WaitForReady(true)); err != nil {
					log.Fatalf("after %d calls: %v", calls.Load(), err)
				}
				call, err := stub.Download(ctx, &pb.DownloadRequest{Count: 3, Size: 10}, grpc.WaitForReady(true))
				for n := 0; err == nil; n++ {
					if _, err = call.Recv(); err == io.EOF && n != 3 {
						log.Fatalf("%d messages", n)
					}
				}
				if err != io.EOF {
					log.Fatalf("after %d calls: %v", calls.Load(), err)
				}
				calls.Add(2)
			}
		})
	}
	all.Wait()
	fmt.Printf("ok: %d calls without a pause\n", calls.Load())
}

func main() {
	var err error
	again := grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1, MaxDelay: 100 * time.Millisecond}}
	connection, err = grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(again),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		log.Fatal(err)
	}
	stub := pb.NewPeerClient(connection)
	if len(os.Args) > 2 {
		seconds, err := strconv.Atoi(os.Args[2])
		if err != nil {
			log.Fatal(err)
		}
		flood(stub, seconds)
		return
	}
	for _, test := range []struct {
		name string
		run  func(context.Context, pb.PeerClient)
	}{
		{"unary", unary}, {"server streaming", serverStreaming}, {"client streaming", clientStreaming},
		{"bidirectional streaming", bidiStreaming}, {"status codes and messages", failures},
		{"a service that is not there", absentService}, {"error details", errorDetails},
		{"deadline", deadline}, {"cancellation", cancellation},
		{"compressed messages", compressed}, {"big messages", bigMessages}, {"many calls at once", manyAtOnce},
	} {
		func() {
			defer func() {
				if what := recover(); what != nil {
					log.Fatalf("grpc-go calls heddle: %s: %v", test.name, what)
				}
			}()
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			defer cancel()
			test.run(ctx, stub)
			fmt.Println("ok:", test.name)
		}()
	}
}
