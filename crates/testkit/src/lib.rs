//! What tests share: a private Postgres with one database a test, a running
//! server on it, and people who call it.

mod db;
mod people;
mod server;

pub use db::Database;
pub use people::{Answer, Person};
pub use server::{JWT_KEY, Mail, Options, PASSWORD, Server};
