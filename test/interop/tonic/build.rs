// PROTOC says which protoc.
fn main() {
    let protos = "../proto";
    tonic_prost_build::configure()
        .compile_protos(&[format!("{protos}/grpc/testing/test.proto")], &[protos.to_string()])
        .unwrap();
    println!("cargo:rerun-if-changed={protos}");
}
