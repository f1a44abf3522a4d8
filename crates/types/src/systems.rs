//! Systems of versions: what they hold, who uses a version, which
//! combinations are known to work, and what a promotion would break.

use crate::permission::named;
use crate::reference::VersionRef;
use crate::versions::Stage;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A version's place in systems.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Composition {
    /// What it holds, by role; empty unless it is a system.
    pub parts: Vec<SystemPart>,
    /// The system versions that hold it, those in production first.
    pub used_by: Vec<SystemUse>,
    /// What putting it into production would do to other systems.
    pub affected: Vec<AffectedSystem>,
}

/// A version that a system holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SystemPart {
    pub role: String,
    pub version: VersionRef,
    pub digest: String,
    pub stage: Stage,
    /// The version of its model that is in production now.
    pub production: Option<u32>,
}

/// A system version that holds a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SystemUse {
    pub system: VersionRef,
    pub role: String,
    pub stage: Stage,
}

/// A system in production or staging that holds another version of a model
/// whose version is about to go into production.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AffectedSystem {
    pub system: VersionRef,
    pub stage: Stage,
    pub role: String,
    /// What it holds.
    pub holds: VersionRef,
    /// What would be in production in its place.
    pub instead: VersionRef,
    /// What is known of the system with that in place.
    pub known: Known,
    /// What that rests on.
    pub because: String,
    /// The newest version of the system that holds what is to come; promoting
    /// that moves both as one.
    pub successor: Option<u32>,
}

impl AffectedSystem {
    /// Whether it would be broken, or nobody knows: a system in production
    /// that is not known to work with what is to come.
    #[must_use]
    pub const fn endangered(&self) -> bool {
        matches!(self.stage, Stage::Production) && matches!(self.known, Known::Unknown | Known::Incompatible)
    }

    /// What would happen to it, in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { system, stage, role, holds, instead, because, .. } = self;
        let outcome = match self.known {
            Known::Compatible | Known::Observed => "is known to work with it",
            Known::Unknown => "is not known to work with it",
            Known::Incompatible => "breaks with it",
        };
        let next = self.successor.map_or_else(String::new, |number| {
            format!(" {}@{number} holds {instead}: promote that, and both move as one.", system.model)
        });
        format!(
            "{system}, in {stage}, holds {holds} as ‘{role}’; {instead} would be there instead, and the system {outcome} ({because}).{next}"
        )
    }
}

named! {
    /// What is known of versions together.
    Known {
        /// Somebody said so.
        Compatible = "compatible",
        /// They were in production together, and it did not end in a rollback.
        Observed = "observed",
        Unknown = "unknown",
        /// Somebody said so.
        Incompatible = "incompatible",
    }
}

named! {
    /// What somebody says of two versions together.
    Verdict {
        Compatible = "compatible",
        Incompatible = "incompatible",
    }
}

/// Say whether two versions work together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompatibilityState {
    /// The other version, `project/model@N`. Of a system and a version: the
    /// system with that version in place of what it holds of the model.
    #[schema(min_length = 1, max_length = 400)]
    pub with: String,
    pub verdict: Verdict,
    /// On what it rests; it stands in the record for good.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    pub reason: String,
}

/// What somebody said of two versions together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Statement {
    pub verdict: Verdict,
    pub reason: String,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Two versions and what is known of them together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Combination {
    pub one: VersionRef,
    pub other: VersionRef,
    pub known: Known,
    /// The latest of what was said.
    pub statement: Option<Statement>,
    /// How many statements there are; the log has them all.
    pub statements: u32,
    /// When they were in production together last, and since when: the last
    /// such span of time.
    pub together: Option<Together>,
    /// Whether a system version holds both.
    pub in_one_system: bool,
}

/// A span of time in which two versions were in production together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Together {
    pub from: DateTime<Utc>,
    /// Absent while it lasts.
    pub until: Option<DateTime<Utc>>,
    /// Whether it ended in a rollback of either.
    pub rolled_back: bool,
}

named! {
    /// What is done about a promotion that would break a system in production, or may.
    BrokenSystems {
        /// It is said, on the request and in the mail.
        Warn = "warn",
        /// It is refused.
        Block = "block",
    }
}

/// A tenant's policy about systems.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SystemPolicy {
    pub broken_systems: BrokenSystems,
    /// How often it was set; 0 is the policy that every tenant begins with.
    pub revision: u32,
    pub set_by: Option<String>,
    pub set_at: Option<DateTime<Utc>>,
}

/// Set a tenant's policy about systems.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemPolicySet {
    pub broken_systems: BrokenSystems,
    /// The revision that was looked at; refused when it is another by now.
    #[serde(default)]
    pub revision: Option<u32>,
}
