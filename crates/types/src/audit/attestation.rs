//! How events of attestations read.

use super::Event;
use crate::attestations::AttestationKind;

impl Event {
    pub(super) fn sentence_attestation(&self, actor: &str) -> String {
        match self {
            Self::AttestationAdded { version, kind, summary, evidence, .. } => {
                let what = match kind {
                    AttestationKind::Comment => format!("{actor} commented on {version}"),
                    AttestationKind::ModelCard => format!("{actor} attached a model card to {version}"),
                    _ => format!("{actor} attested on {version}: {summary}"),
                };
                match evidence {
                    Some(_) => {
                        format!("{what}. The open request has new evidence; earlier decisions are void.")
                    }
                    None => format!("{what}."),
                }
            }
            Self::SignerAdded { name, fingerprint, .. } => {
                format!("{actor} trusts signatures of {name}, key {}…", short(fingerprint))
            }
            Self::SignerRemoved { name, fingerprint, .. } => {
                format!("{actor} no longer trusts signatures of {name}, key {}…", short(fingerprint))
            }
            other => format!("{actor}: {}.", other.name()),
        }
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
