// PROTOC says which protoc, HEDDLE_GRPC_PROTO where gRPC's protos are.
fn main() {
    let protos = std::env::var("HEDDLE_GRPC_PROTO").unwrap_or("/usr/share/grpc-proto".to_string());
    let test = format!("{protos}/grpc/testing/test.proto");
    println!("cargo:rerun-if-env-changed=HEDDLE_GRPC_PROTO");
    println!("cargo:rerun-if-changed={test}");
    tonic_prost_build::configure().compile_protos(&[test], &[protos]).unwrap();
}
