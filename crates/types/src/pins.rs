//! Provider pins: whether a provider still serves the model that versions
//! were tested with.

use crate::ids::PinAlertId;
use crate::reference::{ModelRef, VersionRef};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most golden prompts of a watch.
pub const GOLDEN_MAX: usize = 20;
/// The longest golden prompt, in bytes.
pub const PROMPT_MAX: usize = 16 * 1024;
/// Minutes between two looks.
pub const MINUTES: std::ops::RangeInclusive<u32> = 5..=10_080;

/// What to watch of a model's provider, and how often.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PinSet {
    /// The base of an API that speaks OpenAI's protocol; the newest version's own unless given.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The model as the provider names it; the newest version's own unless given.
    #[serde(default)]
    pub pinned: Option<String>,
    /// The provider's API key. Kept sealed and never shown; the one that is kept stays unless
    /// one is given, an empty one takes it away, and another server's address needs it anew.
    #[serde(default)]
    #[schema(write_only)]
    pub secret: Option<String>,
    /// Minutes between two looks.
    #[serde(default = "every_minutes")]
    #[schema(minimum = 5, maximum = 10_080)]
    pub every_minutes: u32,
    /// Prompts whose answers are compared, asked at temperature 0.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub golden: Vec<Golden>,
}

const fn every_minutes() -> u32 {
    60
}

impl std::fmt::Debug for PinSet {
    /// Leaves out the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PinSet")
            .field("endpoint", &self.endpoint)
            .field("pinned", &self.pinned)
            .finish_non_exhaustive()
    }
}

/// A prompt whose answer is known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// To tell it from the others.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    pub name: String,
    /// What the system's message says; none unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    #[schema(min_length = 1, pattern = r"\S")]
    pub prompt: String,
    /// SHA-256 of the answer with its blanks made single, lower-case hex. The first answer is
    /// recorded unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub expected: Option<String>,
}

/// What a provider said of itself and how it answered.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Observation {
    pub identity: Identity,
    /// Golden prompts' answers by name.
    pub answers: BTreeMap<String, GoldenAnswer>,
}

/// Who a provider says that it is. What it does not say is absent.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Identity {
    /// The id under `/models`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_as: Option<String>,
    /// When the provider made it, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<String>,
    /// The model that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_fingerprint: Option<String>,
}

impl Identity {
    /// What it says, by the names that the provider uses.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("id", self.listed_as.clone()),
            ("created", self.created.map(|at| at.to_string())),
            ("owned_by", self.owned_by.clone()),
            ("model", self.model.clone()),
            ("system_fingerprint", self.system_fingerprint.clone()),
        ]
    }
}

/// An answer to a golden prompt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GoldenAnswer {
    /// SHA-256 of the answer with its blanks made single.
    pub digest: String,
    /// The answer, cut where it is long; absent where only a digest was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether it was the same when asked twice; what is not is shown and not compared.
    pub steady: bool,
}

/// One thing that is not as it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PinChange {
    /// `system_fingerprint` and the like, or `answer to NAME`.
    pub what: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl std::fmt::Display for PinChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.what.starts_with("answer") {
            return write!(f, "the {} is another one", self.what);
        }
        let side = |side: &Option<String>| {
            side.as_deref().map_or_else(|| "nothing".to_owned(), |s| format!("‘{s}’"))
        };
        write!(f, "{} was {} and is {}", self.what, side(&self.before), side(&self.after))
    }
}

/// How a watch stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PinState {
    /// Nobody watches.
    Unwatched,
    /// Not looked at yet.
    New,
    /// As it was recorded.
    Steady,
    /// Something changed, and what is in use was not evaluated since.
    Changed,
    /// The endpoint does not answer as it should: no change, and no assurance either.
    Unreachable,
}

/// What is watched of a model's provider, and what was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Pin {
    pub state: PinState,
    pub watch: Option<PinWatch>,
    /// Newest first; the latest twenty.
    pub alerts: Vec<PinAlert>,
}

/// A watch as it was set, and its last looks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PinWatch {
    pub endpoint: String,
    /// The model as the provider names it.
    pub pinned: String,
    /// Whether an API key is kept.
    pub has_secret: bool,
    pub every_minutes: u32,
    pub golden: Vec<Golden>,
    pub set_by: String,
    pub set_at: DateTime<Utc>,
    /// The last look that was answered.
    pub seen_at: Option<DateTime<Utc>>,
    /// Since when the endpoint does not answer as it should, and how.
    pub unreachable_since: Option<DateTime<Utc>>,
    pub trouble: Option<String>,
    /// When it is looked at next.
    pub due_at: DateTime<Utc>,
    /// What is compared with.
    pub observed: Option<Observation>,
    pub observed_at: Option<DateTime<Utc>>,
}

/// A provider changed what it serves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PinAlert {
    pub id: PinAlertId,
    pub model: ModelRef,
    pub pinned: String,
    pub endpoint: String,
    pub opened_at: DateTime<Utc>,
    pub changes: Vec<PinChange>,
    pub before: Observation,
    pub after: Observation,
    /// Absent while versions wait to be evaluated.
    pub closed: Option<PinClosed>,
}

/// How an alert ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PinClosed {
    pub at: DateTime<Utc>,
    /// The version that was evaluated, or registered with what the provider is now.
    pub by: VersionRef,
}

/// Which alerts are asked for.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PinAlertQuery {
    /// Where the previous page ended: its `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Items wanted, 1 to 200; 50 unless given.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only those that are open.
    #[serde(default)]
    pub open: bool,
}
