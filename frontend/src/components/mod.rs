//! What pages are built of. Islands and icons compile for server and browser,
//! the rest for the server alone.

pub mod icon;
pub mod islands;
pub mod relative;

#[cfg(feature = "ssr")]
pub(crate) mod card;
#[cfg(feature = "ssr")]
pub(crate) mod change;
#[cfg(feature = "ssr")]
pub(crate) mod chip;
#[cfg(feature = "ssr")]
pub(crate) mod command;
#[cfg(feature = "ssr")]
pub(crate) mod confirm;
#[cfg(feature = "ssr")]
pub(crate) mod field;
#[cfg(feature = "ssr")]
pub(crate) mod format;
#[cfg(feature = "ssr")]
pub(crate) mod frame;
#[cfg(feature = "ssr")]
pub(crate) mod gate;
#[cfg(feature = "ssr")]
pub(crate) mod gauge;
#[cfg(feature = "ssr")]
pub(crate) mod mark;
#[cfg(feature = "ssr")]
pub(crate) mod markdown;
#[cfg(feature = "ssr")]
pub(crate) mod metrics;
#[cfg(feature = "ssr")]
pub(crate) mod models;
#[cfg(feature = "ssr")]
pub(crate) mod note;
#[cfg(feature = "ssr")]
pub(crate) mod table;
#[cfg(feature = "ssr")]
pub(crate) mod time;
