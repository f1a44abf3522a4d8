//! What every feature stands on. Imports no feature.

pub mod app;
pub mod authz;
pub mod config;
pub mod ctx;
pub mod db;
pub mod error;
pub mod jobs;
mod log;
pub mod mail;
pub mod migrate;
pub mod outbox;
pub mod page;
pub mod password;
pub mod schedule;
pub mod secret;
pub(crate) mod sql;
pub mod store;
pub mod tx;
