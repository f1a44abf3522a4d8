//! What every feature stands on. Imports no feature.

pub mod app;
pub mod authz;
pub mod config;
pub mod ctx;
pub mod db;
pub mod error;
pub mod idempotency;
pub mod jobs;
mod jwt;
pub(crate) mod log;
pub mod mail;
pub mod metrics;
pub mod migrate;
pub mod outbox;
pub mod page;
pub mod password;
pub mod schedule;
pub mod secret;
pub mod store;
mod tls;
pub mod tx;
