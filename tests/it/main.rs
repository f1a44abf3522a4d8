//! Tests through the HTTP surface: one binary, a file per feature. Each test
//! has its own database and server; they run in parallel and in any order.

mod audit;
mod browser;
mod catalogue;
mod clock;
mod collect;
mod dropped;
mod forms;
mod holds;
mod identity;
mod jobs;
mod mail;
mod permission;
mod promotions;
mod registry;
mod retention;
mod routes;
mod structure;
mod support;
