//! What tests share: a private Postgres with one database a test, a running
//! server on it, and people who call it.

mod certificates;
mod db;
mod people;
mod provider;
mod proxy;
mod s3;
mod server;
mod smtp;

pub use certificates::Certificates;
pub use db::Database;
pub use people::{Answer, Person};
pub use provider::{Mood, Provider, Serving};
pub use proxy::{Fault, Proxy};
pub use s3::Bucket;
pub use server::{JWT_KEY, Mail, Options, PASSWORD, Server};
pub use smtp::Smtp;

/// Chooses the process's TLS provider, before anything calls out.
fn tls_provider() {
    // A second choice is refused, and is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
