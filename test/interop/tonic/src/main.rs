// grpc.testing.TestService on tonic, for interop_client.
// usage: tonic-interop-server --port PORT [--use_tls --tls_cert_file FILE --tls_key_file FILE]
use std::{collections::HashMap, fs, pin::Pin, time::Duration};

use tokio::sync::mpsc;
use tokio_stream::{wrappers::ReceiverStream, Stream, StreamExt};
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

pub mod pb {
    tonic::include_proto!("grpc.testing");
}
use pb::{test_service_server::*, *};

const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";

type Out = Pin<Box<dyn Stream<Item = Result<StreamingOutputCallResponse, Status>> + Send>>;
type Sender = mpsc::Sender<Result<StreamingOutputCallResponse, Status>>;

fn zeros(size: i32) -> Option<Payload> {
    Some(Payload { r#type: 0, body: vec![0; size as usize] })
}

fn wanted_status(wanted: &Option<EchoStatus>) -> Result<(), Status> {
    match wanted {
        Some(s) if s.code != 0 => Err(Status::new(s.code.into(), s.message.clone())),
        _ => Ok(()),
    }
}

fn echo<T, U>(request: &Request<T>, message: U) -> Response<U> {
    let mut response = Response::new(message);
    if let Some(value) = request.metadata().get(ECHO_INITIAL) {
        response.metadata_mut().insert(ECHO_INITIAL, value.clone());
    }
    response
}

/// false: the call is over.
async fn answer(parameters: &[ResponseParameters], out: &Sender) -> bool {
    for wanted in parameters {
        tokio::time::sleep(Duration::from_micros(wanted.interval_us as u64)).await;
        if out.send(Ok(StreamingOutputCallResponse { payload: zeros(wanted.size) })).await.is_err() {
            return false;
        }
    }
    true
}

struct Service;

#[tonic::async_trait]
impl TestService for Service {
    type StreamingOutputCallStream = Out;
    type FullDuplexCallStream = Out;
    type HalfDuplexCallStream = Out;

    async fn empty_call(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(echo(&request, Empty {}))
    }

    async fn unary_call(&self, request: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        let wanted = request.get_ref();
        wanted_status(&wanted.response_status)?;
        Ok(echo(&request, SimpleResponse { payload: zeros(wanted.response_size), ..Default::default() }))
    }

    async fn cacheable_unary_call(&self, request: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        self.unary_call(request).await
    }

    async fn streaming_output_call(&self, request: Request<StreamingOutputCallRequest>) -> Result<Response<Out>, Status> {
        let (out, responses) = mpsc::channel(4);
        let response = echo(&request, Box::pin(ReceiverStream::new(responses)) as Out);
        tokio::spawn(async move { answer(&request.get_ref().response_parameters, &out).await });
        Ok(response)
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut requests = request.into_inner();
        let mut sum = 0;
        while let Some(message) = requests.next().await {
            sum += message?.payload.map_or(0, |payload| payload.body.len() as i32);
        }
        Ok(Response::new(StreamingInputCallResponse { aggregated_payload_size: sum }))
    }

    // tonic has no way to set trailers of a stream that ends with OK: custom_metadata asks for them and fails.
    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Out>, Status> {
        let (out, responses) = mpsc::channel(4);
        let response = echo(&request, Box::pin(ReceiverStream::new(responses)) as Out);
        let mut requests = request.into_inner();
        tokio::spawn(async move {
            while let Some(message) = requests.next().await {
                let end = match message {
                    Ok(message) => match wanted_status(&message.response_status) {
                        Ok(()) if answer(&message.response_parameters, &out).await => continue,
                        Ok(()) => return,
                        Err(status) => status,
                    },
                    Err(status) => status,
                };
                let _ = out.send(Err(end)).await;
                return;
            }
        });
        Ok(response)
    }

    async fn half_duplex_call(
        &self,
        _: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Out>, Status> {
        Err(Status::unimplemented("half_duplex_call"))
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("unimplemented_call"))
    }
}

/// "--name=value", "--name value" and "--name".
fn flags() -> HashMap<String, String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut found = HashMap::new();
    for (i, word) in words.iter().enumerate() {
        let Some(flag) = word.strip_prefix("--") else { continue };
        let next = words.get(i + 1).filter(|next| !next.starts_with("--"));
        match flag.split_once('=') {
            Some((name, value)) => found.insert(name.into(), value.into()),
            None => found.insert(flag.into(), next.cloned().unwrap_or("true".into())),
        };
    }
    found
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flags = flags();
    let flag = |name: &str| flags.get(name).ok_or(format!("--{name} is missing"));
    let mut server = Server::builder();
    if flags.contains_key("use_tls") {
        let identity = Identity::from_pem(fs::read(flag("tls_cert_file")?)?, fs::read(flag("tls_key_file")?)?);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let service = TestServiceServer::new(Service).accept_compressed(Gzip).send_compressed(Gzip);
    server.add_service(service).serve(format!("127.0.0.1:{}", flag("port")?).parse()?).await?;
    Ok(())
}
