// The one cipher suite that every TLS case is measured with.
use rustls::crypto::{aws_lc_rs, CryptoProvider};

pub fn use_one_cipher() {
    let provider = CryptoProvider {
        cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256],
        ..aws_lc_rs::default_provider()
    };
    provider.install_default().expect("the first provider of this process");
}
