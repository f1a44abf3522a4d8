//! What the pages of this feature need of core.

use super::text;
use leptos::prelude::*;
use serde_json::Value;
use weighhouse_core::{Ctx, Error, Result};

/// The API's description, as the API itself gives it.
#[derive(Clone, Copy)]
pub(crate) struct Document(pub(crate) &'static Value);

/// The document; nothing where the server was put together without it.
pub(super) fn document() -> &'static Value {
    use_context::<Document>().map_or(&Value::Null, |document| document.0)
}

/// The parts of the API: name and what it is about.
pub(super) fn tags(document: &'static Value) -> impl Iterator<Item = (&'static str, &'static str)> {
    let tags = document.get("tags").and_then(Value::as_array).into_iter().flatten();
    tags.map(|tag| (text(tag, "name"), text(tag, "description")))
}

/// A part by its name.
pub(super) fn tag(document: &'static Value, name: &str) -> Result<(&'static str, &'static str)> {
    tags(document).find(|(tag, _)| *tag == name).ok_or_else(|| Error::not_found("part of the API"))
}

/// Where this installation is reached.
pub(super) fn url(ctx: &Ctx) -> String {
    ctx.app().config.link("")
}
