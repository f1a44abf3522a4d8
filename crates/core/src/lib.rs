//! Every rule and every query of Weighhouse.
//!
//! One module a feature; each operation takes [`Ctx`] first, authorises,
//! applies its rule, queries, and commits together with its audit event.
//! The crate knows neither actix nor leptos.

pub mod attestations;
pub mod audit;
pub mod blobs;
pub mod holds;
pub mod identity;
pub mod jobs;
pub mod kernel;
pub mod memberships;
pub mod models;
pub mod notifications;
pub mod pins;
pub mod projects;
pub mod promotions;
pub mod prompts;
pub mod retention;
mod schema;
pub mod search;
pub mod tenancy;
pub mod versions;

pub use kernel::app::App;
pub use kernel::ctx::Ctx;
pub use kernel::error::{Error, Result};
