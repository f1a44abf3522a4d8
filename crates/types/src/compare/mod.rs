//! Versions side by side: what differs between two to five of them, of any
//! kind. Pure, so that server, pages and `wh` say the same.

mod code;
mod files;
mod markdown;
mod metrics;
mod prompts;
mod rows;
mod settings;

pub use code::CommitRange;
pub use files::{FileRow, FileState};
pub use markdown::markdown;
pub use metrics::{Delta, Measured, MetricChange, Verdict};
pub use prompts::{Hunk, Line, LineChange, PromptDiff, Span};
pub use rows::{MetricRow, evaluations, metric_changes};
pub use settings::{Part, Row, settings_of};

use crate::context::{Evaluation, components};
use crate::permission::named;
use crate::reference::VersionRef;
use crate::versions::VersionSummary;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The fewest and the most versions side by side.
pub const VERSIONS_MIN: usize = 2;
pub const VERSIONS_MAX: usize = 5;
/// The most rows of one list; a version has no more files.
const ITEMS_MAX: usize = 10_000;

/// What is compared, and how much of it is asked for.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CompareQuery {
    /// Two to five versions of the client, `project/model@3`; the first is what the others are compared with.
    #[param(min_items = 2, max_items = 5, example = json!(["claims/fraud@2", "claims/fraud@3"]))]
    pub version: Vec<String>,
    /// What is the same everywhere as well; only differences unless given.
    #[serde(default)]
    pub all: bool,
    /// `json` unless given.
    #[serde(default)]
    #[param(inline)]
    pub format: CompareFormat,
}

named! {
    /// How a comparison is written.
    CompareFormat {
        Json = "json",
        /// For a pull request.
        Markdown = "markdown",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro derives the same for all its enums")]
impl Default for CompareFormat {
    fn default() -> Self {
        Self::Json
    }
}

/// A version to compare, with everything that was measured of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Side {
    pub summary: VersionSummary,
    pub context: Value,
    /// Those of the context, and what was measured later.
    pub evaluations: Vec<Evaluation>,
}

/// Versions side by side. Every list of values is in the order of `versions`,
/// the first of which is what the others are compared with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Comparison {
    pub versions: Vec<VersionSummary>,
    /// Whether what is the same everywhere is listed, too.
    pub all: bool,
    pub metrics: Listed<MetricRow>,
    /// Data, configuration, code, dependencies and composition, as flat settings.
    pub parts: Vec<Part>,
    /// The commits between the first version's and each; null where there are none.
    pub commits: Vec<Option<CommitRange>>,
    pub files: Listed<FileRow>,
    pub prompts: Listed<PromptDiff>,
}

impl Eq for Comparison {}

/// Rows, and how many there are besides.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// How many are the same in all versions and were not asked for.
    pub same: usize,
    /// How many more differ than are listed.
    pub omitted: usize,
}

impl<T> Listed<T> {
    fn of(rows: Vec<T>, all: bool, differs: impl Fn(&T) -> bool) -> Self {
        let (mut items, same): (Vec<T>, Vec<T>) = rows.into_iter().partition(|row| all || differs(row));
        let omitted = items.len().saturating_sub(ITEMS_MAX);
        items.truncate(ITEMS_MAX);
        Self { items, same: same.len(), omitted }
    }
}

/// What became of something from the first version to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Same,
    Added,
    Removed,
    Changed,
}

impl Change {
    /// The change in a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }

    fn between<T: PartialEq>(values: &[Option<T>], of: usize) -> Self {
        match (values.first().and_then(Option::as_ref), values.get(of).and_then(Option::as_ref)) {
            (None, Some(_)) => Self::Added,
            (Some(_), None) => Self::Removed,
            (before, after) if before == after => Self::Same,
            _ => Self::Changed,
        }
    }
}

/// Whether any value is another than the first.
fn differs<T: PartialEq>(values: &[Option<T>]) -> bool {
    values.iter().any(|value| Some(value) != values.first())
}

/// Compares versions with the first of them.
#[must_use]
pub fn compare(sides: Vec<Side>, all: bool) -> Comparison {
    let evaluations: Vec<&[Evaluation]> = sides.iter().map(|side| side.evaluations.as_slice()).collect();
    let contexts: Vec<&Value> = sides.iter().map(|side| &side.context).collect();
    Comparison {
        all,
        metrics: rows::listed(&evaluations, all),
        parts: settings::parts(&contexts, all),
        commits: code::ranges(&contexts),
        files: files::listed(&contexts, all),
        prompts: prompts::listed(&contexts, all),
        versions: sides.into_iter().map(|side| side.summary).collect(),
    }
}

/// The components that differ between two contexts, as a page calls them.
#[must_use]
pub fn components_changed(before: &Value, after: &Value) -> Vec<&'static str> {
    let differs = |key: &(&str, &str)| before.get(key.0) != after.get(key.0);
    components().filter(differs).map(|(_, title)| title).collect()
}

/// Reads the versions that are asked for, all of one tenant and each once.
///
/// # Errors
/// Says what is wrong with them.
pub fn versions_asked(tenant: &str, texts: &[String]) -> Result<Vec<VersionRef>, String> {
    let within = |text: &String| -> Result<VersionRef, String> {
        let whole = if text.matches('/').count() == 1 { format!("{tenant}/{text}") } else { text.clone() };
        let version: VersionRef = whole.parse()?;
        let own = version.model.tenant == tenant;
        own.then_some(version)
            .ok_or_else(|| format!("‘{text}’ is of another client; only versions of one client are compared"))
    };
    let versions = texts.iter().map(within).collect::<Result<Vec<_>, _>>()?;
    if let Some(twice) = (1..).zip(&versions).find_map(|(n, v)| versions.iter().skip(n).find(|w| *w == v)) {
        return Err(format!("{twice} is named twice; name each version once"));
    }
    if !(VERSIONS_MIN..=VERSIONS_MAX).contains(&versions.len()) {
        return Err(format!(
            "{VERSIONS_MIN} to {VERSIONS_MAX} versions are compared, and {} were named",
            versions.len()
        ));
    }
    Ok(versions)
}

impl Comparison {
    /// The versions' references, in order.
    pub fn references(&self) -> impl Iterator<Item = &VersionRef> {
        self.versions.iter().map(|version| &version.reference)
    }

    /// What to call each version: `@3` where all are of one model.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        let first = self.versions.first().map(|version| &version.reference.model);
        let one_model = self.references().all(|version| Some(&version.model) == first);
        let one_project = self.references().all(|v| Some(&v.model.project) == first.map(|m| &m.project));
        let label = |version: &VersionRef| match (one_model, one_project) {
            (true, _) => format!("@{}", version.number),
            (false, true) => format!("{}@{}", version.model.model, version.number),
            (false, false) => format!("{}/{}@{}", version.model.project, version.model.model, version.number),
        };
        self.references().map(label).collect()
    }

    /// What became of a version's metrics, against the first.
    #[must_use]
    pub fn metric_changes(&self, of: usize) -> Vec<MetricChange> {
        self.metrics.items.iter().filter_map(|row| row.change(of)).collect()
    }

    /// Whether nothing at all differs.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.versions.iter().all(|v| Some(&v.digest) == self.versions.first().map(|first| &first.digest))
            && self
                .metrics
                .items
                .iter()
                .flat_map(MetricRow::changes)
                .all(|c| c.delta.verdict == Verdict::Same)
    }
}

/// What the metrics of a version say in a sentence: `worse in 1, better in 2`.
#[must_use]
pub fn tally(changes: &[MetricChange]) -> String {
    let count = |is: fn(Verdict) -> bool| changes.iter().filter(|c| is(c.delta.verdict)).count();
    let parts = [
        (count(Verdict::is_worse), "worse"),
        (count(|v| v == Verdict::Better), "better"),
        (count(|v| v == Verdict::WithinNoise), "within noise"),
        (count(|v| v == Verdict::Same), "the same"),
        (count(|v| v == Verdict::Incomparable), "not comparable"),
    ];
    let said =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Completeness, Kind};
    use crate::ids::VersionId;
    use crate::versions::Stage;
    use chrono::DateTime;
    use serde_json::json;

    /// A version of `north/claims/fraud` with a context.
    pub(super) fn side(number: u32, context: Value) -> Side {
        let at = DateTime::from_timestamp(1_764_000_000, 0).unwrap();
        let summary = VersionSummary {
            id: VersionId(uuid::Uuid::from_u128(number.into())),
            reference: format!("north/claims/fraud@{number}").parse().unwrap(),
            kind: Kind::of(&context),
            digest: format!("{number:0>64}"),
            stage: Stage::Development,
            stage_since: at,
            author: "Ann Ashe".into(),
            created_at: at,
            files: 0,
            size: 0,
            completeness: Completeness::of(&context, false),
        };
        Side { evaluations: evaluations(context.get("evaluation")), summary, context }
    }

    #[test]
    fn only_what_differs_unless_all_is_asked_for() {
        let context = |rate: f64| json!({"training": {"hyperparameters": {"rate": rate, "deep": 6}}});
        let sides = || vec![side(1, context(0.1)), side(2, context(0.2)), side(3, context(0.1))];
        let some = compare(sides(), false);
        let training = &some.parts[0];
        assert_eq!(
            (training.key.as_str(), training.list.items.len(), training.list.same),
            ("training", 1, 1)
        );
        assert_eq!(training.list.items[0].change(1), Change::Changed);
        assert_eq!(training.list.items[0].change(2), Change::Same);
        let all = compare(sides(), true);
        assert_eq!((all.parts[0].list.items.len(), all.parts[0].list.same), (2, 0));
    }

    #[test]
    fn components_that_differ_are_named() {
        let (one, other) = (json!({"code": {"commit": "a"}}), json!({"code": {"commit": "b"}, "data": []}));
        assert_eq!(components_changed(&one, &other), ["Training data", "Code"]);
        assert!(components_changed(&one, &one).is_empty());
    }

    #[test]
    fn versions_are_of_one_client_and_each_named_once() {
        let asked =
            |texts: &[&str]| versions_asked("aa", &texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        let found = asked(&["bb/c@1", "aa/bb/c@2"]).unwrap();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["aa/bb/c@1", "aa/bb/c@2"]);
        for (wrong, why) in [
            (vec!["bb/c@1"], "1 were named"),
            (vec!["bb/c@1", "zz/bb/c@2"], "another client"),
            (vec!["bb/c@1", "bb/c@2", "aa/bb/c@1"], "named twice"),
            (vec!["bb/c@1", "nonsense"], "not a version"),
            (vec!["b/c@1", "b/c@2", "b/c@3", "b/c@4", "b/c@5", "b/c@6"], "2 to 63"),
            (vec!["bb/c@1", "bb/c@2", "bb/c@3", "bb/c@4", "bb/c@5", "bb/c@6"], "6 were named"),
        ] {
            assert!(asked(&wrong).unwrap_err().contains(why), "{wrong:?}");
        }
    }

    #[test]
    fn a_version_is_called_by_what_tells_it_apart() {
        let labels = |names: [&str; 2]| {
            let mut sides: Vec<_> = [1, 2].map(|number| side(number, json!({}))).into();
            for (side, name) in sides.iter_mut().zip(names) {
                side.summary.reference = name.parse().unwrap();
            }
            compare(sides, false).labels()
        };
        assert_eq!(labels(["aa/bb/c@1", "aa/bb/c@2"]), ["@1", "@2"]);
        assert_eq!(labels(["aa/bb/c@1", "aa/bb/d@2"]), ["c@1", "d@2"]);
        assert_eq!(labels(["aa/bb/c@1", "aa/dd/c@1"]), ["bb/c@1", "dd/c@1"]);
    }
}
