//! What every feature stands on. Imports no feature.

pub mod app;
pub mod authz;
pub mod breached;
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
pub mod network;
pub mod outbox;
pub mod page;
pub mod password;
pub(crate) mod recent;
pub mod schedule;
pub mod secret;
pub(crate) mod sql;
pub mod store;
pub mod throttle;
mod tls;
pub mod tx;
