//! Members of a client, staff of an agency, and invitations.

pub(crate) mod invitation;
pub(crate) mod members;
pub(crate) mod server;
pub(crate) mod staff;
