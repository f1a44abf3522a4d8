//! Cursors: where a page ended, opaque to callers.

use super::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use weighhouse_types::page::{MAX_LIMIT, Page, PageQuery};

/// The key that the page starts after, if the caller gave one. Every list asks
/// for it first.
pub(crate) fn after<K: DeserializeOwned>(query: &PageQuery) -> Result<Option<K>> {
    if query.limit.is_some_and(|limit| !(1..=MAX_LIMIT).contains(&limit)) {
        return Err(Error::invalid("limit", format!("A page holds 1 to {MAX_LIMIT} items.")));
    }
    let Some(cursor) = &query.cursor else { return Ok(None) };
    let key = URL_SAFE_NO_PAD.decode(cursor).ok();
    let key = key.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    key.map(Some).ok_or_else(|| {
        Error::invalid("cursor", "This cursor is not one that a page of this list gave as ‘next’.")
    })
}

/// One row more than the page holds, to know whether there is a next one.
pub(crate) fn fetch(query: &PageQuery) -> i64 {
    i64::from(query.bounded_limit()) + 1
}

/// Cuts what was fetched to a page, with the cursor of the next one.
pub(crate) fn cut<T, K: Serialize>(
    query: &PageQuery,
    mut items: Vec<T>,
    key: impl Fn(&T) -> K,
) -> Result<Page<T>> {
    let limit = usize::try_from(query.bounded_limit()).map_err(Error::internal)?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(key);
    let next = next.map(|key| serde_json::to_vec(&key)).transpose().map_err(Error::internal)?;
    Ok(Page { items, next: next.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)) })
}
