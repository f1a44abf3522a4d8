//! What every part of Weighhouse agrees on: identifiers, requests and
//! responses, error codes and the permission table.
//!
//! The crate does no IO, names no framework and compiles to WebAssembly.

pub mod attestations;
pub mod audit;
pub mod blobs;
pub mod context;
pub mod error;
pub mod holds;
pub mod identity;
pub mod ids;
pub mod jobs;
pub mod memberships;
pub mod models;
pub mod notifications;
pub mod page;
pub mod paths;
pub mod permission;
pub mod pins;
pub mod projects;
pub mod promotions;
pub mod prompts;
pub mod reference;
pub mod retention;
pub mod search;
pub mod tenancy;
pub mod versions;
