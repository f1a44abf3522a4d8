//! Attestations: what comes to a version after it was registered. Appended to
//! its digest, never edited.

mod evaluation;
mod scan;
mod signature;

pub use evaluation::{Band, Evaluated, bands, latest};
pub use scan::{Finding, Scan, Severity};
pub use signature::{Certificate, Signature, Signer, SignerAdd};

use crate::context::{self, ContextError};
use crate::ids::AttestationId;
use crate::page::PageQuery;
use crate::permission::named;
use crate::reference::VersionRef;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest model card, in bytes.
pub const CARD_MAX: usize = 256 << 10;
/// The longest comment, in characters.
pub const COMMENT_MAX: usize = 10_000;
/// The largest signature bundle, in bytes: the statement names every file.
pub const BUNDLE_MAX: usize = 8 << 20;

named! {
    /// What kind of attestation it is.
    AttestationKind {
        Evaluation = "evaluation",
        ModelCard = "model_card",
        Scan = "scan",
        Signature = "signature",
        Comment = "comment",
    }
}

impl AttestationKind {
    /// Whether a decision is about it as well: a new one voids approvals.
    #[must_use]
    pub const fn is_evidence(self) -> bool {
        matches!(self, Self::Evaluation | Self::Scan | Self::Signature)
    }

    /// What people call it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Evaluation => "evaluation",
            Self::ModelCard => "model card",
            Self::Scan => "scan",
            Self::Signature => "signature",
            Self::Comment => "comment",
        }
    }
}

/// Attest something about a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestationAdd {
    /// `evaluation`, `model_card` or `signature`. Scans are the installation's own.
    pub kind: AttestationKind,
    /// An `Evaluated`, a `ModelCard`, or the signature's bundle as its maker wrote it.
    #[schema(value_type = Object)]
    pub body: Value,
}

/// Say something about a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// What to say, in CommonMark.
    #[schema(min_length = 1, max_length = 10000, pattern = r"\S")]
    pub text: String,
}

/// What a model is for, how it was made, and where it fails.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// The card in CommonMark. HTML in it is shown as text.
    pub markdown: String,
}

/// Which attestations are asked for, and which page of them.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AttestationQuery {
    /// Where the previous page ended: its `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Items wanted, 1 to 200; 50 unless given.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only attestations of this kind.
    #[serde(default)]
    #[param(inline)]
    pub kind: Option<AttestationKind>,
}

impl AttestationQuery {
    /// The page of the list that is left.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}

/// An attestation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attestation {
    pub id: AttestationId,
    pub version: VersionRef,
    pub kind: AttestationKind,
    /// SHA-256 over the RFC 8785 canonical JSON of `{"body", "kind", "version_digest"}`, lower-case hex.
    pub digest: String,
    /// Who attested it; absent where the installation did.
    pub by: Option<String>,
    pub at: DateTime<Utc>,
    /// What is attested, by its kind: `Evaluated`, `ModelCard`, `Scan`, `Signature` or `Comment`.
    #[schema(value_type = Object)]
    pub body: Value,
}

impl Eq for Attestation {}

impl Attestation {
    /// What it says, in a few words.
    #[must_use]
    pub fn summary(&self) -> String {
        summary(self.kind, &self.body)
    }
}

/// What an attestation says, in a few words.
#[must_use]
pub fn summary(kind: AttestationKind, body: &Value) -> String {
    let read = match kind {
        AttestationKind::Evaluation => Evaluated::deserialize(body).map(|it| it.summary()),
        AttestationKind::ModelCard => Ok("model card".to_owned()),
        AttestationKind::Scan => Scan::deserialize(body).map(|it| it.summary()),
        AttestationKind::Signature => Signature::deserialize(body).map(|it| it.summary()),
        AttestationKind::Comment => Ok("comment".to_owned()),
    };
    read.unwrap_or_else(|_| kind.title().to_owned())
}

/// Checks the body that somebody attests.
///
/// # Errors
/// Says what is wrong, and where below `body`.
pub fn check(kind: AttestationKind, body: &Value) -> Result<(), ContextError> {
    context::check_value(body, "body", 0)?;
    match kind {
        AttestationKind::Evaluation => context::parse::<Evaluated>(body, "body")?.check(),
        AttestationKind::ModelCard => {
            let ModelCard { markdown } = context::parse(body, "body")?;
            text_check(&markdown, "body.markdown", markdown.len() <= CARD_MAX, "256 KiB")
        }
        AttestationKind::Comment => {
            let Comment { text } = context::parse(body, "body")?;
            text_check(&text, "text", text.chars().count() <= COMMENT_MAX, "10,000 characters")
        }
        AttestationKind::Signature => match body {
            Value::Object(_) => Ok(()),
            _ => Err(ContextError::new("body", "must be the bundle, a JSON object")),
        },
        AttestationKind::Scan => Err(ContextError::new(
            "kind",
            "‘scan’ is attested by the installation alone: it scans every version by itself",
        )),
    }
}

fn text_check(text: &str, field: &str, fits: bool, most: &str) -> Result<(), ContextError> {
    if text.trim().is_empty() {
        return Err(ContextError::new(field, "is empty; write what there is to say"));
    }
    if fits { Ok(()) } else { Err(ContextError::new(field, format!("has more than {most}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wrong_bodies_name_the_place() {
        let set = json!({"dataset": "a", "metrics": {"auc": 0.9}});
        let cases = [
            (AttestationKind::Evaluation, json!({"results": []}), "body.results"),
            (AttestationKind::Evaluation, json!({"results": [set], "who": "me"}), "body.who"),
            (
                AttestationKind::Evaluation,
                json!({"results": [{"dataset": "a", "metrics": {"auc": "high"}}]}),
                "body.results[0].metrics.auc",
            ),
            (
                AttestationKind::Evaluation,
                json!({"results": [{"dataset": "a", "metrics": {}}]}),
                "body.results[0].metrics",
            ),
            (AttestationKind::ModelCard, json!({"markdown": " \n"}), "body.markdown"),
            (AttestationKind::ModelCard, json!({"markdown": "x".repeat(CARD_MAX + 1)}), "body.markdown"),
            (AttestationKind::Comment, json!({"text": "é".repeat(COMMENT_MAX + 1)}), "text"),
            (AttestationKind::Signature, json!([]), "body"),
            (AttestationKind::Scan, json!({}), "kind"),
        ];
        for (kind, body, field) in cases {
            assert_eq!(check(kind, &body).expect_err(field).field, field);
        }
        assert!(check(AttestationKind::Comment, &json!({"text": "é".repeat(COMMENT_MAX)})).is_ok());
    }
}
