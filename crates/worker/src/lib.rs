//! The worker: takes jobs from Postgres and runs them. Any number may run on
//! one database; a job is leased to one at a time.

mod runner;
mod schedule;

pub use runner::{run, run_short};
