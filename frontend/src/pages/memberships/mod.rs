//! Members of a client, and invitations.

pub(crate) mod invitation;
pub(crate) mod members;
pub(crate) mod server;
