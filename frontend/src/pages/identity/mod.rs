//! Sign-in, one's own login, the first visit, and API tokens.

pub(crate) mod account;
pub(crate) mod server;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod tokens;
