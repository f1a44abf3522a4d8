//! Numbers and names as people read them: the same words everywhere.

pub(crate) use weighhouse_types::text::{bytes, count, metric, names, plural};
