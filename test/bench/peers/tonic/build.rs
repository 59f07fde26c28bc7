fn main() -> Result<(), Box<dyn std::error::Error>> {
    // payload as bytes::Bytes: the fastest ordinary configuration
    tonic_prost_build::configure()
        .bytes(".")
        .compile_protos(&["../../bench.proto"], &["../.."])?;
    Ok(())
}
