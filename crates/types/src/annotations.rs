//! Annotations: what people say of a model or a version. They lie beside it,
//! outside the digest, change, and have a history of their own.

use crate::page::PageQuery;
use crate::permission::named;
use crate::reference::VersionRef;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most tags of one model or version.
pub const TAGS_MAX: usize = 100;
/// The longest name of a tag, in characters.
pub const TAG_KEY_MAX: usize = 250;
/// The longest value of a tag, in characters.
pub const TAG_VALUE_MAX: usize = 5_000;

/// Tags by name.
pub type Tags = BTreeMap<String, String>;

/// What is said of a version.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Annotations {
    pub description: String,
    pub tags: Tags,
    /// Names that stand for it; always empty for a model.
    pub aliases: Vec<String>,
}

/// What to say of a model or version; what is left out stays as it is.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Annotate {
    /// The new description; an empty text removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 10_000)]
    pub description: Option<String>,
    /// Tags to set; `null` removes one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Option<String>>,
    /// What the caller saw. Where it is no longer so, nothing is changed (409).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

/// What stood there when the caller looked, of what is to be changed.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `null` where there was none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Option<String>>,
}

/// A name that stands for one version of a model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Alias {
    pub name: String,
    pub version: VersionRef,
    pub digest: String,
}

/// Gives an alias to a version, taking it from the one that has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AliasSet {
    /// The version's number.
    #[schema(minimum = 1)]
    pub version: u32,
    /// The version that the caller believes to have it, 0 for none; refused (409) when it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u32>,
}

named! {
    /// What a change was made to.
    ChangeOf {
        Description = "description",
        Tag = "tag",
        Alias = "alias",
    }
}

/// Something that changed, as the audit log says it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Change {
    pub what: ChangeOf,
    /// The tag's or alias's name; empty for a description.
    pub key: String,
    /// Absent where there was nothing.
    pub before: Option<String>,
    /// Absent where it was removed.
    pub after: Option<String>,
}

/// One change, in the history of a model or version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnnotationChange {
    /// The version; absent for what was said of the model, and for aliases.
    pub version: Option<u32>,
    #[serde(flatten)]
    pub change: Change,
    pub at: DateTime<Utc>,
    pub by: String,
}

/// Which changes are asked for.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AnnotationQuery {
    /// Where the previous page ended: its `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Items wanted, 1 to 200; 50 unless given.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only what concerns a version: its own, and the aliases that came to it or left it.
    #[serde(default)]
    pub version: Option<u32>,
}

impl AnnotationQuery {
    /// The page of the list.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}

impl Change {
    /// What changed, as the end of a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { what, key, .. } = self;
        let (before, after) = (self.before.as_deref().map(short), self.after.as_deref().map(short));
        match (what, before, after) {
            (ChangeOf::Description, _, None) => "removed the description".into(),
            (ChangeOf::Description, None, Some(_)) => "wrote the description".into(),
            (ChangeOf::Description, Some(_), Some(_)) => "changed the description".into(),
            (ChangeOf::Tag, None, Some(after)) => format!("set the tag {key} to “{after}”"),
            (ChangeOf::Tag, Some(before), Some(after)) => {
                format!("changed the tag {key} from “{before}” to “{after}”")
            }
            (ChangeOf::Tag, before, None) => {
                format!("removed the tag {key} (“{}”)", before.unwrap_or_default())
            }
            (ChangeOf::Alias, None, Some(after)) => format!("gave the alias {key} to version {after}"),
            (ChangeOf::Alias, Some(before), Some(after)) => {
                format!("moved the alias {key} from version {before} to version {after}")
            }
            (ChangeOf::Alias, before, None) => {
                format!("took the alias {key} from version {}", before.unwrap_or_default())
            }
        }
    }
}

/// As much of a value as a sentence bears.
fn short(text: &str) -> String {
    let shown: String = text.chars().take(100).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}
