// tonic client, one thread, one connection.
// usage: tonic-client PORT unary OUTSTANDING COUNT [--tls CA] | tonic-client PORT stream COUNT SIZE [--tls CA]
mod tls;
pub mod pb {
    tonic::include_proto!("bench");
}
use pb::bench_client::BenchClient;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

/// What this process, of one thread, has run: /proc has ticks of 10 ms in stat, and nanoseconds here.
fn cpu_seconds() -> f64 {
    let schedstat = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    schedstat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

struct Stopwatch(f64, Instant);

impl Stopwatch {
    fn new() -> Self {
        Stopwatch(cpu_seconds(), Instant::now())
    }
    fn report(&self, n: u64) {
        let (wall, cpu) = (self.1.elapsed().as_secs_f64(), cpu_seconds() - self.0);
        let (rps, cpu_us) = (n as f64 / wall, cpu * 1e6 / n as f64);
        println!("{{\"n\":{n},\"wall_s\":{wall:.4},\"rps\":{rps:.0},\"cpu_us\":{cpu_us:.4}}}");
    }
}

async fn unary(client: &BenchClient<Channel>, outstanding: usize, count: u64) {
    let payload = bytes::Bytes::from(vec![b'x'; 16]);
    let left = Rc::new(Cell::new(count));
    let local = tokio::task::LocalSet::new();
    for _ in 0..outstanding {
        let (left, mut client, payload) = (left.clone(), client.clone(), payload.clone());
        local.spawn_local(async move {
            while left.get() > 0 {
                left.set(left.get() - 1);
                let response = client.unary(pb::Req { payload: payload.clone() }).await.unwrap();
                assert_eq!(response.get_ref().payload.len(), 16);
            }
        });
    }
    local.await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let endpoint = if args.len() == 7 && args[5] == "--tls" {
        tls::use_one_cipher();
        let authority = Certificate::from_pem(std::fs::read(&args[6])?);
        let tls = ClientTlsConfig::new().ca_certificate(authority).domain_name("foo.test.google.fr");
        Endpoint::new(format!("https://127.0.0.1:{}", args[1]))?.tls_config(tls)?
    } else {
        Endpoint::new(format!("http://127.0.0.1:{}", args[1]))?
    };
    let mut client = BenchClient::new(endpoint.connect().await?).max_decoding_message_size(64 << 20);
    if args[2] == "unary" {
        let (outstanding, count): (usize, u64) = (args[3].parse()?, args[4].parse()?);
        unary(&client, outstanding, count / 10 + 1).await; // warms up
        let watch = Stopwatch::new();
        unary(&client, outstanding, count).await;
        watch.report(count);
    } else {
        let (count, size): (u32, u32) = (args[3].parse()?, args[4].parse()?);
        let watch = Stopwatch::new();
        let mut responses = client.server_stream(pb::StreamReq { count, size }).await?.into_inner();
        let mut n = 0u64;
        while let Some(message) = responses.message().await? {
            assert_eq!(message.payload.len(), size as usize);
            n += 1;
        }
        assert_eq!(n, u64::from(count));
        watch.report(n);
    }
    Ok(())
}
