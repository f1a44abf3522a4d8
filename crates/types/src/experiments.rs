//! The experiment tracker: experiments, runs, and what runs log.

use crate::ids::{ExperimentId, RunId};
use crate::permission::named;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest name of an experiment, in characters.
pub const EXPERIMENT_NAME_MAX: usize = 500;
/// The longest key of a parameter, tag or metric, in characters.
pub const KEY_MAX: usize = 250;
/// The longest value of a parameter, in characters; what is longer is cut.
pub const PARAM_MAX: usize = 6_000;
/// The longest value of a run's tag, in characters; what is longer is cut.
pub const TAG_MAX: usize = 8_000;
/// The longest value of an experiment's tag, in characters.
pub const EXPERIMENT_TAG_MAX: usize = 20_000;
/// The most metric points in one request.
pub const BATCH_METRICS_MAX: usize = 1_000;
/// The most parameters, and the most tags, in one request.
pub const BATCH_VALUES_MAX: usize = 100;
/// The most points, parameters and tags in one request.
pub const BATCH_MAX: usize = 1_000;

/// A group of runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Experiment {
    pub id: ExperimentId,
    /// Its number in the project, by which MLflow clients know it.
    pub number: u32,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub tags: BTreeMap<String, String>,
}

named! {
    /// Which of what can be deleted is asked for.
    View {
        Active = "ACTIVE_ONLY",
        Deleted = "DELETED_ONLY",
        All = "ALL",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro derives the same for all its enums")]
impl Default for View {
    fn default() -> Self {
        Self::Active
    }
}

named! {
    /// Where a run stands.
    RunStatus {
        Running = "RUNNING",
        Scheduled = "SCHEDULED",
        Finished = "FINISHED",
        Failed = "FAILED",
        Killed = "KILLED",
    }
}

/// One execution of training code, without what it logged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunInfo {
    pub id: RunId,
    /// The number of its experiment in the project.
    pub experiment: u32,
    pub name: String,
    /// Who ran it, as the client says.
    pub user: String,
    pub status: RunStatus,
    /// Milliseconds since 1970, as the client says.
    pub start_time: i64,
    pub end_time: Option<i64>,
    /// Whether it, or its experiment, was deleted.
    pub deleted: bool,
}

/// A run with what it logged: parameters, tags, and the latest value of each
/// metric.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Run {
    #[serde(flatten)]
    pub info: RunInfo,
    pub params: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub metrics: BTreeMap<String, Point>,
}

/// One value of a metric.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Point {
    pub step: i64,
    /// Milliseconds since 1970, as the client says.
    pub at: i64,
    /// NaN as the string `NaN`: JSON has no number for it.
    #[serde(with = "nan")]
    #[schema(value_type = f64)]
    pub value: f64,
}

impl Point {
    /// Which of two values of a metric is the later: the greater step, then
    /// time, then value.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let by_time = (self.step, self.at).cmp(&(other.step, other.at));
        by_time.then_with(|| self.value.total_cmp(&other.value))
    }
}

/// A new run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunCreate {
    /// The number of its experiment.
    pub experiment: u32,
    /// Made up where it is empty.
    pub name: String,
    pub user: String,
    pub start_time: i64,
    pub tags: Vec<(String, String)>,
}

/// What a run logs at once; all of it is kept, or nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Batch {
    pub metrics: Vec<(String, Point)>,
    pub params: Vec<(String, String)>,
    pub tags: Vec<(String, String)>,
}

/// What changes about a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunUpdate {
    pub status: Option<RunStatus>,
    pub end_time: Option<i64>,
    pub name: Option<String>,
}

/// Numbers as JSON has them, and NaN.
mod nan {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Number {
        Number(f64),
        Text(String),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
    pub(super) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        if value.is_nan() { to.serialize_str("NaN") } else { to.serialize_f64(*value) }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        match Number::deserialize(from)? {
            Number::Number(value) => Ok(value),
            Number::Text(text) if text == "NaN" => Ok(f64::NAN),
            Number::Text(text) => Err(D::Error::custom(format!("‘{text}’ is no number"))),
        }
    }
}
