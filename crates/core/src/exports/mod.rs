//! A version in the open formats of others: a bill of materials, and where it
//! came from. Nothing is said that the record does not hold, and the same record
//! gives the same document each time.

mod cyclonedx;
mod slsa;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::Result;
use crate::kernel::tx::TenantTx;
use crate::{attestations, versions};
use serde_json::{Value, json};
use url::Url;
use weighhouse_types::context::Evaluation;
use weighhouse_types::exports::ExportFormat;
use weighhouse_types::permission::Action;
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::VersionSummary;

/// Writes a version in a format.
///
/// # Errors
/// When there is none of this number for the caller.
pub async fn version_export(ctx: &Ctx, reference: &VersionRef, format: ExportFormat) -> Result<Value> {
    let tenant = authz::tenant(ctx, &reference.model.tenant, Action::TenantRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let handle = authz::version(&mut tx, reference).await?;
    let (summary, context) = versions::summary_of(&mut tx, &handle).await?;
    let results = attestations::results_in_tx(&mut tx, &handle, &context).await?;
    tx.finish().await?;
    let record = Record { summary: &summary, context: &context, results: &results };
    Ok(match format {
        ExportFormat::CycloneDx => cyclonedx::bom(&record),
        ExportFormat::Slsa => slsa::statement(&record),
    })
}

/// What is written down of a version.
struct Record<'a> {
    summary: &'a VersionSummary,
    context: &'a Value,
    /// What was measured of it, with it or later.
    results: &'a [Evaluation],
}

impl<'a> Record<'a> {
    /// A part of the context, by the names on the way to it.
    fn at(&self, path: &[&str]) -> Option<&'a Value> {
        path.iter().try_fold(self.context, |value, key| value.get(*key)).filter(|value| !value.is_null())
    }

    /// The text there.
    fn text(&self, path: &[&str]) -> Option<&'a str> {
        self.at(path)?.as_str()
    }

    /// The items of a list there.
    fn list(&self, path: &[&str]) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.at(path).and_then(Value::as_array).into_iter().flatten()
    }

    /// The entries of an object there.
    fn entries(&self, path: &[&str]) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.at(path).and_then(Value::as_object).into_iter().flatten()
    }

    /// A library's package URL, where its language leaves no doubt.
    fn purl(&self, name: &str, version: &str) -> Option<String> {
        let mut languages = self.entries(&["environment", "languages"]).map(|(name, _)| name.to_lowercase());
        let python = languages.next().is_some_and(|first| first == "python") && languages.next().is_none();
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        let name = name.to_lowercase().replace('_', "-");
        let version = version.replace('+', "%2B");
        let known = python && plain(&name) && plain(&version.replace("%2B", ""));
        known.then(|| format!("pkg:pypi/{name}@{version}"))
    }
}

/// A text of a record's part.
fn text<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of.get(key)?.as_str()
}

/// A value as text: texts without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The algorithm and the lower-case hex of a digest, where it is one.
fn digest(text: &str) -> Option<(&'static str, String)> {
    let (name, hex) = text.split_once(':').unwrap_or(("sha256", text));
    let known = [("sha256", 64), ("sha384", 96), ("sha512", 128), ("sha1", 40), ("md5", 32)];
    let (name, length) = known.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?;
    let is = hex.len() == length && hex.bytes().all(|b| b.is_ascii_hexdigit());
    is.then(|| (name, hex.to_ascii_lowercase()))
}

/// An address, where a text is one.
fn address(text: &str) -> Option<String> {
    Url::parse(text).ok().map(String::from)
}

/// An object without what is `null` or empty.
fn object(fields: Value) -> Value {
    let Value::Object(mut map) = fields else { return fields };
    let empty =
        |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty) || *value == json!({});
    map.retain(|_, value| !empty(value));
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_told_by_their_names_and_lengths() {
        let hex = "AB".repeat(32);
        assert_eq!(digest(&format!("sha256:{hex}")), Some(("sha256", "ab".repeat(32))));
        assert_eq!(digest(&hex), Some(("sha256", "ab".repeat(32))));
        for none in ["sha256:ab", "etag:1", "", "xx"] {
            assert_eq!(digest(none), None, "{none}");
        }
    }
}
