//! Tests through the HTTP surface: one binary, a file per feature. Each test
//! has its own database and server; they run in parallel and in any order.

mod attestations;
mod audit;
mod browser;
mod catalogue;
mod clock;
mod collect;
mod dropped;
mod forms;
mod fuzz;
mod holds;
mod idempotency;
mod identity;
mod jobs;
mod jwt;
mod mail;
mod openapi;
mod people;
mod permission;
mod pins;
mod promotions;
mod prompts;
mod proofs;
mod refusals;
mod registry;
mod retention;
mod routes;
mod scripts;
mod staff;
mod store;
mod structure;
mod support;
mod throttle;
mod tls;
