//! The REST API under `/api/v1`: each handler decodes, makes one call into
//! core, and encodes. `routes` is the one table of what there is.

mod account;
mod attestations;
mod audit;
mod blobs;
mod csrf;
mod directory;
mod error;
mod extract;
mod health;
mod holds;
mod idempotency;
mod identity;
mod jobs;
mod memberships;
mod models;
mod notifications;
mod openapi;
mod pins;
mod projects;
mod promotions;
mod prompts;
mod proofs;
mod request;
mod retention;
mod routes;
mod search;
mod setup;
mod staff;
mod tenancy;
mod versions;

pub use csrf::refuse_cross_site;
pub use error::ApiError;
pub use openapi::document;
pub use request::{RequestId, trace};
pub use routes::{configure, configure_probes};
