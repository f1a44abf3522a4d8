//! Lists, which the API gives page by page.

use crate::http::Client;
use crate::output;
use crate::urls::Path;
use crate::{args, error};
use anyhow::Result;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use weighhouse_types::page::{MAX_LIMIT, Page};

/// What there is of a list, up to what was asked for.
pub(crate) struct List {
    items: Vec<Value>,
    next: Option<String>,
}

impl List {
    /// Reads pages until there is as much as was asked for.
    pub(crate) async fn read(
        client: &Client,
        path: &Path,
        filter: &[(&str, String)],
        args::Limit { limit }: args::Limit,
    ) -> Result<Self> {
        let (mut items, mut next) = (Vec::new(), None);
        loop {
            let left = limit.saturating_sub(u32::try_from(items.len())?);
            let mut query = filter.to_vec();
            query.push(("limit", left.min(MAX_LIMIT).to_string()));
            query.extend(next.take().map(|cursor| ("cursor", cursor)));
            let page: Page<Value> = client.read(path, &query).await?.decode()?;
            let came = page.items.len();
            items.extend(page.items);
            next = page.next;
            if next.is_none() || came == 0 || items.len() >= usize::try_from(limit)? {
                return Ok(Self { items, next });
            }
        }
    }

    /// The items as the type that the API documents for them.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<Vec<T>, error::Error> {
        let item = |item: &Value| T::deserialize(item);
        let items: Result<_, _> = self.items.iter().map(item).collect();
        items.map_err(error::unreadable)
    }

    /// Prints it as one page of the API, as long as it is.
    pub(crate) fn json(self) -> Result<()> {
        let mut page = json!({ "items": self.items });
        if let (Some(next), Some(page)) = (self.next, page.as_object_mut()) {
            page.insert("next".into(), next.into());
        }
        output::json(&page)
    }

    /// Prints a text of it, and whether there is more.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        output::print(text)?;
        if self.next.is_some() {
            let count = self.items.len();
            eprintln!("there are more than these {count}: a higher --limit lists them");
        }
        Ok(())
    }
}
