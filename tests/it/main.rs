//! Tests through the HTTP surface: one binary, a file per feature. Each test
//! has its own database and server; they run in parallel and in any order.

mod audit;
mod browser;
mod catalogue;
mod dropped;
mod forms;
mod fuzz;
mod idempotency;
mod identity;
mod jobs;
mod jwt;
mod mail;
mod openapi;
mod permission;
mod promotions;
mod proofs;
mod refusals;
mod registry;
mod routes;
mod store;
mod structure;
mod support;
mod tls;
