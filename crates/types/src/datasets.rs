//! Datasets and feature pipelines: what model versions are made of, as
//! immutable versions of their own. A tenant has many names of each, and a
//! name has versions 1, 2, 3 …

mod drift;
mod profile;

pub use drift::{Change, ColumnDrift, Drift, DriftQuery, Side, psi};
pub use profile::{ColumnKind, ColumnProfile, Numbers, Profile, QUANTILES, TOP_MAX, TopValue, VALUE_MAX};

use crate::context::{ContextError, TimeRange, sha256_check};
use crate::ids::DataVersionId;
use crate::permission::named;
use crate::reference::{VersionRef, model_name_check};
use crate::versions::Stage;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The most columns of a schema or a profile.
pub const COLUMNS_MAX: usize = 5_000;
/// The longest text of a field such as a URI or a note, in characters.
const TEXT_MAX: usize = 2_000;
/// The largest whole number that canonical JSON carries exactly (2^53 - 1).
const COUNT_MAX: u64 = (1 << 53) - 1;

named! {
    /// What a registered version of data is.
    Class {
        Dataset = "dataset",
        Pipeline = "pipeline",
    }
}

/// A version of a dataset or pipeline inside its tenant: `name@3`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DataRef {
    pub name: String,
    pub number: u32,
}

impl fmt::Display for DataRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.number)
    }
}

impl FromStr for DataRef {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("‘{s}’ names no version of data: write name@3");
        let (name, number) = s.rsplit_once('@').ok_or_else(wrong)?;
        data_name_check(name)?;
        if number.starts_with(['+', '0']) {
            return Err(wrong());
        }
        Ok(Self { name: name.into(), number: number.parse::<u32>().ok().ok_or_else(wrong)? })
    }
}

/// Checks the name of a dataset or pipeline: the rules of a model's name.
///
/// # Errors
/// Says what is wrong with it.
pub fn data_name_check(name: &str) -> Result<(), String> {
    model_name_check(name).map_err(|e| e.replace("a model's name", "a name"))
}

/// The SHA-256 that a digest as people write it holds: `sha256:` may stand
/// before it.
#[must_use]
pub fn bare_sha256(digest: &str) -> Option<&str> {
    let bare = digest.strip_prefix("sha256:").unwrap_or(digest);
    sha256_check(bare).is_ok().then_some(bare)
}

/// A column of a dataset, or a field that a pipeline takes or gives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    #[schema(min_length = 1, max_length = 1000)]
    pub name: String,
    /// As its store calls it, such as `int64` or `timestamp`.
    #[serde(rename = "type")]
    #[schema(max_length = 200)]
    pub kind: String,
}

/// A dataset version, as registered. The data itself stays where it is.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetRecord {
    /// Where the data is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// SHA-256 of the data's bytes, lower-case hex; or a snapshot must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub content_digest: Option<String>,
    /// The snapshot or version of the table that it was read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Which part it is: `train`, `test`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_range: Option<TimeRange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Its columns, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5_000)]
    pub schema: Vec<Field>,
    /// What its columns hold, as `wh data add` finds it. Lists leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

/// A version of a feature pipeline, as registered.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineRecord {
    /// Where its code is: `https://git.example/features@4f2a9c1`; or the
    /// digest of an artifact must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// SHA-256 of its artifact, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub content_digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it does, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5_000)]
    pub steps: Vec<String>,
    /// What it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5_000)]
    pub input: Vec<Field>,
    /// What it gives: the model's features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 5_000)]
    pub output: Vec<Field>,
}

/// What can be registered as versions under a name.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    const CLASS: Class;

    /// Checks what the form alone does not say.
    ///
    /// # Errors
    /// Says what is wrong and where.
    fn check(&self) -> Result<(), ContextError>;

    /// SHA-256 of the content, lower-case hex, where there is one.
    fn content_digest(&self) -> Option<&str>;
}

impl Record for DatasetRecord {
    const CLASS: Class = Class::Dataset;

    fn check(&self) -> Result<(), ContextError> {
        let given = self.content_digest.is_some() || self.snapshot.is_some();
        required(
            given,
            "content_digest",
            "is missing: give the data's SHA-256, or the `snapshot` of its table",
        )?;
        digest_check(&self.content_digest)?;
        for (field, text) in
            [("uri", &self.uri), ("snapshot", &self.snapshot), ("split", &self.split), ("note", &self.note)]
        {
            text_check(field, text.as_deref())?;
        }
        required(self.rows.is_none_or(|rows| rows <= COUNT_MAX), "rows", "is more than 2^53 - 1")?;
        fields_check("schema", &self.schema)?;
        let Some(profile) = &self.profile else { return Ok(()) };
        profile.check()?;
        let rows = self.rows.is_none_or(|rows| rows == profile.rows);
        required(rows, "profile.rows", "differs from `rows`: it is a profile of other data")?;
        let known: BTreeSet<&str> = self.schema.iter().map(|field| field.name.as_str()).collect();
        let stray = profile.columns.iter().position(|column| !known.contains(column.name.as_str()));
        match stray.filter(|_| !known.is_empty()) {
            Some(n) => Err(ContextError::new(format!("profile.columns[{n}].name"), "is not in `schema`")),
            None => Ok(()),
        }
    }

    fn content_digest(&self) -> Option<&str> {
        self.content_digest.as_deref()
    }
}

impl Record for PipelineRecord {
    const CLASS: Class = Class::Pipeline;

    fn check(&self) -> Result<(), ContextError> {
        let given = self.content_digest.is_some() || self.code.is_some();
        required(
            given,
            "code",
            "is missing: say where its code is, or give the `content_digest` of its artifact",
        )?;
        digest_check(&self.content_digest)?;
        text_check("code", self.code.as_deref())?;
        text_check("note", self.note.as_deref())?;
        required(self.steps.len() <= COLUMNS_MAX, "steps", "holds too many; at most 5,000 are allowed")?;
        for (n, step) in self.steps.iter().enumerate() {
            text_check(&format!("steps[{n}]"), Some(step))?;
        }
        fields_check("input", &self.input)?;
        fields_check("output", &self.output)
    }

    fn content_digest(&self) -> Option<&str> {
        self.content_digest.as_deref()
    }
}

fn required(holds: bool, field: &str, detail: &str) -> Result<(), ContextError> {
    if holds { Ok(()) } else { Err(ContextError::new(field, detail)) }
}

fn digest_check(digest: &Option<String>) -> Result<(), ContextError> {
    let checked = digest.as_deref().map_or(Ok(()), sha256_check);
    checked.map_err(|e| ContextError::new("content_digest", e))
}

fn text_check(field: &str, text: Option<&str>) -> Result<(), ContextError> {
    let Some(text) = text else { return Ok(()) };
    let count = text.chars().count();
    required(!text.trim().is_empty(), field, "is empty; leave it out")?;
    required(count <= TEXT_MAX, field, "is longer than 2,000 characters")?;
    required(!text.contains('\0'), field, "holds the character NUL, which no store keeps; remove it")
}

fn fields_check(field: &str, fields: &[Field]) -> Result<(), ContextError> {
    required(fields.len() <= COLUMNS_MAX, field, "holds too many; at most 5,000 are allowed")?;
    let mut seen = BTreeSet::new();
    for (n, column) in fields.iter().enumerate() {
        text_check(&format!("{field}[{n}].name"), Some(&column.name))?;
        text_check(&format!("{field}[{n}].type"), Some(&column.kind))?;
        let new = seen.insert(column.name.as_str());
        required(new, &format!("{field}[{n}].name"), "stands here a second time")?;
    }
    Ok(())
}

/// A version of a dataset or pipeline, on record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Registered<T> {
    pub id: DataVersionId,
    pub name: String,
    /// 1, 2, 3 … under its name, without gaps.
    pub number: u32,
    /// SHA-256 over the RFC 8785 canonical JSON of what was registered, lower-case hex.
    pub digest: String,
    pub author: String,
    pub created_at: DateTime<Utc>,
    #[serde(flatten)]
    pub record: T,
    /// The model versions that were made of it, newest first, at most 200; lists leave it out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<UsedBy>,
}

impl<T> Registered<T> {
    /// How model versions name it.
    #[must_use]
    pub fn reference(&self) -> DataRef {
        DataRef { name: self.name.clone(), number: self.number }
    }
}

named! {
    /// What something registered is to a model version.
    Use {
        Data = "data",
        Features = "features",
        Evaluation = "evaluation",
    }
}

/// A model version that was made of something registered, or measured on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsedBy {
    pub version: VersionRef,
    pub stage: Stage,
    /// As which component of its context.
    pub component: Use,
}

/// What a model version was made of, or measured on, where that is registered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Input {
    /// In which component of the context.
    pub component: Use,
    /// Which entry of the component, from 0.
    pub position: u32,
    pub class: Class,
    pub name: String,
    pub number: u32,
    /// The dataset's part, such as `train`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

#[cfg(test)]
mod tests;
