//! The pages, a folder a feature. In each, `server.rs` is the only file that
//! names core: it loads what a page shows and holds the forms' server functions.

pub(crate) mod annotations;
pub(crate) mod audit;
pub(crate) mod compare;
pub(crate) mod datasets;
pub(crate) mod developers;
pub(crate) mod identity;
pub(crate) mod jobs;
pub(crate) mod lineage;
pub(crate) mod memberships;
pub(crate) mod models;
pub(crate) mod notifications;
pub(crate) mod pins;
pub(crate) mod projects;
pub(crate) mod promotions;
pub(crate) mod refusal;
pub(crate) mod retention;
pub(crate) mod search;
pub(crate) mod signers;
pub(crate) mod systems;
pub(crate) mod tenancy;
pub(crate) mod versions;
