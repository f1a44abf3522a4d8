//! The portfolio and a client's home.

pub(crate) mod guide;
pub(crate) mod home;
pub(crate) mod portfolio;
pub(crate) mod server;
