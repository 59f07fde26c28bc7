// heddle_peer.Peer by grpc-go. Prints where it listens.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"heddle_peer/pb"
)

type peer struct {
	pb.UnimplementedPeerServer
	woken atomic.Int64
}

func sendBackMetadata(ctx context.Context) {
	received, _ := metadata.FromIncomingContext(ctx)
	for key, values := range received {
		for _, value := range values {
			if key == "answer-encoding" {
				grpc.SetSendCompressor(ctx, value)
			}
			if strings.HasPrefix(key, "echo-head") {
				grpc.SetHeader(ctx, metadata.Pairs(key, value))
			}
			if strings.HasPrefix(key, "echo-tail") {
				grpc.SetTrailer(ctx, metadata.Pairs(key, value))
			}
		}
	}
}

func statusOf(request *pb.Failure) error {
	result := status.New(codes.Code(request.Code), request.Message)
	var details []protoadapt.MessageV1
	for _, detail := range request.Details {
		details = append(details, protoadapt.MessageV1Of(detail))
	}
	if len(details) != 0 {
		var err error
		if result, err = result.WithDetails(details...); err != nil {
			return err
		}
	}
	return result.Err()
}

func (*peer) Echo(ctx context.Context, request *pb.Message) (*pb.Message, error) {
	sendBackMetadata(ctx)
	return request, nil
}

func (*peer) Download(request *pb.DownloadRequest, out grpc.ServerStreamingServer[pb.Message]) error {
	sendBackMetadata(out.Context())
	payload := []byte(strings.Repeat("d", int(request.Size)))
	for i := int32(0); i < request.Count; i++ {
		if err := out.Send(&pb.Message{Payload: payload, Number: i}); err != nil {
			return err
		}
	}
	return nil
}

func (*peer) Upload(in grpc.ClientStreamingServer[pb.Message, pb.Total]) error {
	sendBackMetadata(in.Context())
	total := &pb.Total{}
	for {
		message, err := in.Recv()
		if err == io.EOF {
			return in.SendAndClose(total)
		}
		if err != nil {
			return err
		}
		total.Messages++
		total.Bytes += int64(len(message.Payload))
	}
}

func (*peer) Chat(both grpc.BidiStreamingServer[pb.Message, pb.Message]) error {
	sendBackMetadata(both.Context())
	if err := both.SendHeader(nil); err != nil {
		return err
	}
	for {
		message, err := both.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := both.Send(message); err != nil {
			return err
		}
	}
}

func (*peer) Fail(ctx context.Context, request *pb.Failure) (*pb.Message, error) {
	sendBackMetadata(ctx)
	return nil, statusOf(request)
}

func (*peer) FailLate(request *pb.Failure, out grpc.ServerStreamingServer[pb.Message]) error {
	sendBackMetadata(out.Context())
	if err := out.Send(&pb.Message{}); err != nil {
		return err
	}
	return statusOf(request)
}

func (p *peer) Sleep(_ *pb.Message, out grpc.ServerStreamingServer[pb.TimeLeft]) error {
	left := int64(-1)
	if deadline, ok := out.Context().Deadline(); ok {
		left = time.Until(deadline).Milliseconds()
	}
	if err := out.Send(&pb.TimeLeft{Milliseconds: left}); err != nil {
		return err
	}
	<-out.Context().Done()
	p.woken.Add(1)
	return out.Context().Err()
}

func (p *peer) Woken(context.Context, *pb.Message) (*pb.Total, error) {
	return &pb.Total{Messages: p.woken.Load()}, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	// No connection lives long: whatever is tested with this server is tested with GOAWAY.
	age := keepalive.ServerParameters{MaxConnectionAge: 300 * time.Millisecond, MaxConnectionAgeGrace: time.Minute}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(64<<20), grpc.KeepaliveParams(age))
	pb.RegisterPeerServer(server, &peer{})
	fmt.Println(listener.Addr())
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
