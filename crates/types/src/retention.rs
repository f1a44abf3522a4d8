//! How long records are kept, and what sweeps removed.

use crate::ids::SweepId;
use crate::permission::named;
use crate::reference::VersionRef;
use crate::versions::Stage;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

named! {
    /// What has a term of its own.
    RecordClass {
        AuditPayloads = "audit-payloads",
        ArchivedArtifacts = "archived-artifacts",
        RetiredArtifacts = "retired-artifacts",
        Mails = "mails",
        Sessions = "sessions",
    }
}

impl RecordClass {
    /// The shortest term, in days.
    #[must_use]
    pub const fn least(self) -> u32 {
        match self {
            Self::AuditPayloads | Self::ArchivedArtifacts => 30,
            Self::RetiredArtifacts | Self::Mails => 7,
            Self::Sessions => 1,
        }
    }

    /// What people call it, one and several.
    #[must_use]
    pub const fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::AuditPayloads => ("audit payload", "audit payloads"),
            Self::ArchivedArtifacts => ("archived version’s files", "archived versions’ files"),
            Self::RetiredArtifacts => ("retired version’s files", "retired versions’ files"),
            Self::Mails => ("mail record", "mail records"),
            Self::Sessions => ("session record", "session records"),
        }
    }

    /// What people call it as the head of a row or field.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::AuditPayloads => "Audit payloads",
            Self::ArchivedArtifacts => "Files of archived versions",
            Self::RetiredArtifacts => "Files of retired versions",
            Self::Mails => "Mail records",
            Self::Sessions => "Session records",
        }
    }

    /// What it holds, and from when its term counts.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::AuditPayloads => {
                "Details of audit entries, from when they happened. Their leaves stay for ever."
            }
            Self::ArchivedArtifacts => {
                "Files of versions that left production, from when they were archived."
            }
            Self::RetiredArtifacts => {
                "Files of versions that are never used again, from when they were retired."
            }
            Self::Mails => "To whom which mail went, from when it was sent.",
            Self::Sessions => "Sign-ins of the client’s own people, from when they ended.",
        }
    }
}

/// The longest term, in days: a hundred years. Without a term, for ever.
pub const DAYS_MAX: u32 = 36_525;

/// How many days each class is kept; absent: for ever.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    #[serde(default)]
    pub audit_payloads: Option<u32>,
    #[serde(default)]
    pub archived_artifacts: Option<u32>,
    #[serde(default)]
    pub retired_artifacts: Option<u32>,
    #[serde(default)]
    pub mails: Option<u32>,
    #[serde(default)]
    pub sessions: Option<u32>,
}

impl Terms {
    /// The term of a class.
    #[must_use]
    pub const fn of(&self, class: RecordClass) -> Option<u32> {
        match class {
            RecordClass::AuditPayloads => self.audit_payloads,
            RecordClass::ArchivedArtifacts => self.archived_artifacts,
            RecordClass::RetiredArtifacts => self.retired_artifacts,
            RecordClass::Mails => self.mails,
            RecordClass::Sessions => self.sessions,
        }
    }

    /// Checks every term against its bounds.
    ///
    /// # Errors
    /// Names the first class out of bounds, and what is possible.
    pub fn check(&self) -> Result<(), (RecordClass, String)> {
        for class in RecordClass::ALL {
            let title = class.title();
            match self.of(*class) {
                Some(days) if days < class.least() => {
                    let least = class.least();
                    return Err((*class, format!("{title} are kept for at least {}.", days_words(least))));
                }
                Some(days) if days > DAYS_MAX => {
                    return Err((
                        *class,
                        format!(
                            "{title}: a term has at most {DAYS_MAX} days. Without one, they are kept for ever."
                        ),
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What is different from before, a phrase each.
    #[must_use]
    pub fn changes(&self, before: &Self) -> Vec<String> {
        let changed = RecordClass::ALL.iter().filter(|class| self.of(**class) != before.of(**class));
        let phrase = |class: &RecordClass| {
            let (_, noun) = class.nouns();
            format!("{noun} {} instead of {}", term_words(self.of(*class)), term_words(before.of(*class)))
        };
        changed.map(phrase).collect()
    }
}

/// A term in words.
#[must_use]
pub fn term_words(days: Option<u32>) -> String {
    days.map_or_else(|| "for ever".into(), |days| format!("for {}", days_words(days)))
}

/// Days in words: years where they come out even.
#[must_use]
pub fn days_words(days: u32) -> String {
    // 365.25 days a year, rounded up: a term is never shorter than its name.
    let years = (1..=100_u32).find(|years| (years * 1461).div_ceil(4) == days);
    match (years, days) {
        (Some(1), _) => "a year".into(),
        (Some(years), _) => format!("{years} years"),
        (None, 1) => "a day".into(),
        (None, days) => format!("{days} days"),
    }
}

/// Terms that suit many.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Template {
    pub name: String,
    pub title: String,
    pub terms: Terms,
}

/// The templates, the longest first.
#[must_use]
pub fn templates() -> Vec<Template> {
    let template =
        |name: &str, title: &str, [audit, archived, retired, mails, sessions]: [Option<u32>; 5]| {
            let terms = Terms {
                audit_payloads: audit,
                archived_artifacts: archived,
                retired_artifacts: retired,
                mails,
                sessions,
            };
            Template { name: name.into(), title: title.into(), terms }
        };
    vec![
        template("for-ever", "Keep everything", [None; 5]),
        template("ten-years", "Ten years", [Some(3653), Some(3653), Some(3653), Some(731), Some(366)]),
        template("seven-years", "Seven years", [Some(2557), Some(2557), Some(2557), Some(731), Some(366)]),
        template("one-year", "One year", [Some(366), Some(366), Some(90), Some(90), Some(30)]),
    ]
}

/// A tenant's retention policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Retention {
    pub terms: Terms,
    /// Counts changes; 0 before the first.
    pub revision: u32,
    /// Who changed it last; absent for the operator's console.
    pub set_by: Option<String>,
    pub set_at: Option<DateTime<Utc>>,
    /// From when sweeps follow it: a day after it was set. Nothing is swept in between.
    pub effective_at: Option<DateTime<Utc>>,
    pub templates: Vec<Template>,
}

/// New terms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionSet {
    pub terms: Terms,
    /// The revision that was looked at; refused when there is a newer one.
    #[serde(default)]
    pub revision: Option<u32>,
}

/// What the next sweep would remove, as things stand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SweepPreview {
    /// When it is due; absent where no term is set.
    pub at: Option<DateTime<Utc>>,
    /// Whether a hold on the whole tenant stops it.
    pub held: bool,
    pub classes: Vec<PreviewClass>,
    /// Versions whose files would go, at most 100.
    pub versions: Vec<PreviewVersion>,
    /// Versions past their term whose files stay, and why; at most 100.
    pub kept: Vec<PreviewKept>,
}

/// One class in a preview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PreviewClass {
    pub class: RecordClass,
    pub days: Option<u32>,
    pub items: u64,
    /// Bytes of what would go; files that other versions share stay.
    pub bytes: u64,
    /// Whether there are more than were counted.
    pub more: bool,
}

/// A version whose files would go.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PreviewVersion {
    pub version: VersionRef,
    pub stage: Stage,
    pub since: DateTime<Utc>,
    pub size: u64,
}

/// A version past its term whose files stay.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PreviewKept {
    pub version: VersionRef,
    /// Why, in a few words.
    pub why: String,
}

/// One sweep: what it removed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sweep {
    pub id: SweepId,
    pub started_at: DateTime<Utc>,
    /// Absent while it goes on.
    pub finished_at: Option<DateTime<Utc>>,
    pub removed: Vec<SweptClass>,
}

/// What a sweep removed of one class.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SweptClass {
    pub class: RecordClass,
    /// Transactions that it took.
    pub batches: u64,
    pub items: u64,
    pub bytes: u64,
}

impl SweptClass {
    /// How many of what.
    #[must_use]
    pub fn words(&self) -> String {
        let (one, several) = self.class.nouns();
        format!("{} {}", self.items, if self.items == 1 { one } else { several })
    }
}

/// One transaction of a sweep.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SweepBatch {
    pub at: DateTime<Utc>,
    pub class: RecordClass,
    pub items: u64,
    pub bytes: u64,
    /// Which: a version, or the numbers of audit entries.
    pub what: String,
}

/// That the files of a version were removed, and by which rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ArtifactSwept {
    pub at: DateTime<Utc>,
    /// The stage that it had been in for too long.
    pub stage: Stage,
    /// The term that it was, in days.
    pub days: u32,
}

impl ArtifactSwept {
    /// What happened, when and why, and the way back.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "The files of this version were removed on {} by the client’s retention policy, which keeps files of {} versions for {}. Its record, digest and manifest stay. Pushing the same files with the same context again restores it.",
            self.at.format("%-d %B %Y, %H:%M UTC"),
            self.stage,
            days_words(self.days)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_within_bounds_and_differ() {
        let templates = templates();
        for template in &templates {
            assert_eq!(template.terms.check(), Ok(()), "{}", template.name);
        }
        let seven = templates.iter().find(|template| template.name == "seven-years").map(|t| t.terms);
        assert_eq!(seven.and_then(|terms| terms.audit_payloads).map(days_words), Some("7 years".into()));
    }

    #[test]
    fn terms_out_of_bounds_say_what_is_possible() {
        let cases = [
            (
                Terms { audit_payloads: Some(29), ..Terms::default() },
                "Audit payloads are kept for at least 30 days.",
            ),
            (Terms { sessions: Some(0), ..Terms::default() }, "Session records are kept for at least a day."),
            (
                Terms { mails: Some(36_526), ..Terms::default() },
                "Mail records: a term has at most 36525 days. Without one, they are kept for ever.",
            ),
        ];
        for (terms, words) in cases {
            assert_eq!(terms.check().map_err(|(_, why)| why), Err(words.into()));
        }
        assert_eq!(Terms { audit_payloads: Some(30), ..Terms::default() }.check(), Ok(()));
    }

    #[test]
    fn terms_read_well() {
        for (days, words) in
            [(1, "a day"), (30, "30 days"), (366, "a year"), (731, "2 years"), (2557, "7 years")]
        {
            assert_eq!(days_words(days), words);
        }
        let before = Terms { mails: Some(30), ..Terms::default() };
        let after = Terms { audit_payloads: Some(2557), ..Terms::default() };
        assert_eq!(
            after.changes(&before),
            [
                "audit payloads for 7 years instead of for ever",
                "mail records for ever instead of for 30 days"
            ]
        );
    }
}
