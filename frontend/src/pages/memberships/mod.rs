//! Members of a client, staff of an agency, and invitations.

pub(crate) mod invitation;
pub(crate) mod members;
mod roster;
pub(crate) mod server;
pub(crate) mod staff;
