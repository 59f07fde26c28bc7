// tonic server, one thread (tokio current_thread). usage: tonic-server PORT [--tls CERT KEY]
mod tls;
pub mod pb {
    tonic::include_proto!("bench");
}
use futures::{Stream, StreamExt};
use pb::bench_server::{Bench, BenchServer};
use std::pin::Pin;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

struct Service;
type Responses = Pin<Box<dyn Stream<Item = Result<pb::Resp, Status>> + Send>>;

#[tonic::async_trait]
impl Bench for Service {
    async fn unary(&self, request: Request<pb::Req>) -> Result<Response<pb::Resp>, Status> {
        Ok(Response::new(pb::Resp { payload: request.into_inner().payload }))
    }

    type ServerStreamStream = Responses;
    async fn server_stream(&self, request: Request<pb::StreamReq>) -> Result<Response<Responses>, Status> {
        let request = request.into_inner();
        let payload = bytes::Bytes::from(vec![b'x'; request.size as usize]);
        let responses = futures::stream::iter(0..request.count).map(move |_| Ok(pb::Resp { payload: payload.clone() }));
        Ok(Response::new(Box::pin(responses)))
    }

    async fn client_stream(&self, request: Request<Streaming<pb::Req>>) -> Result<Response<pb::Resp>, Status> {
        let mut requests = request.into_inner();
        let mut bytes = 0u64;
        while let Some(message) = requests.message().await? {
            bytes += message.payload.len() as u64;
        }
        Ok(Response::new(pb::Resp { payload: bytes.to_string().into_bytes().into() }))
    }

    type BidiStream = Responses;
    async fn bidi(&self, request: Request<Streaming<pb::Req>>) -> Result<Response<Responses>, Status> {
        let responses = request.into_inner().map(|m| m.map(|m| pb::Resp { payload: m.payload }));
        Ok(Response::new(Box::pin(responses)))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let mut server = Server::builder();
    if args.len() == 5 && args[2] == "--tls" {
        tls::use_one_cipher();
        let identity = Identity::from_pem(std::fs::read(&args[3])?, std::fs::read(&args[4])?);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let service = BenchServer::new(Service).max_decoding_message_size(64 << 20).max_encoding_message_size(64 << 20);
    server.add_service(service).serve(format!("127.0.0.1:{}", args[1]).parse()?).await?;
    Ok(())
}
