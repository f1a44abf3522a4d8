//! How events of retention and holds read.

use super::Event;
use super::sentence::because;
use crate::retention::{RecordClass, SweptClass, days_words};

impl Event {
    pub(super) fn sentence_retention(&self, actor: &str) -> String {
        match self {
            Self::RetentionSet { terms, before, .. } => {
                format!("{actor} changed how long records are kept: {}.", terms.changes(before).join("; "))
            }
            Self::RetentionSwept { removed, .. } => {
                let removed: Vec<_> = removed.iter().map(SweptClass::words).collect();
                format!("{actor} finished a sweep: {}.", removed.join(", "))
            }
            Self::PayloadRedacted { ranges, count, days, .. } => {
                let runs: Vec<_> = ranges.iter().take(5).map(|(a, b)| run(*a, *b)).collect();
                let more = if ranges.len() > 5 { ", …" } else { "" };
                let entries = if *count == 1 { "entry" } else { "entries" };
                format!(
                    "{actor} removed the details of {count} {entries} older than {}: No. {}{more}. Their leaves stay.",
                    days_words(*days),
                    runs.join(", ")
                )
            }
            Self::ArtifactSwept { version, stage, days, .. } => format!(
                "{actor} removed the files of {version}, {stage} for more than {}. Its record stays.",
                days_words(*days)
            ),
            Self::ArtifactRestored { version, .. } => {
                format!("{actor} sent the files of {version} again, and it has them back.")
            }
            Self::MailsSwept { count, days, .. } => swept(actor, RecordClass::Mails, *count, *days),
            Self::SessionsSwept { count, days, .. } => swept(actor, RecordClass::Sessions, *count, *days),
            Self::BlobsCollected { files, bytes, .. } => {
                let noun = if *files == 1 { "file" } else { "files" };
                format!("{actor} gave up {files} stored {noun} that no version needs, {bytes} bytes.")
            }
            other => format!("{actor}: {}.", other.name()),
        }
    }

    pub(super) fn sentence_hold(&self, actor: &str) -> String {
        let on = |model: &Option<String>| model.clone().unwrap_or_else(|| "everything of the client".into());
        match self {
            Self::HoldPlaced { model, reason, owner, .. } => {
                format!("{actor} placed a legal hold on {}, owned by {owner}{}", on(model), because(reason))
            }
            Self::HoldLiftAsked { model, reason, .. } => {
                format!("{actor} asked to lift the legal hold on {}{}", on(model), because(reason))
            }
            Self::HoldLiftWithdrawn { model, .. } => {
                format!("{actor} turned down lifting the legal hold on {}; it stays.", on(model))
            }
            Self::HoldLifted { model, asked_by, reason, .. } => format!(
                "{actor} confirmed, after {asked_by} had asked, that the legal hold on {} is lifted{}",
                on(model),
                because(reason)
            ),
            other => format!("{actor}: {}.", other.name()),
        }
    }
}

fn run(first: u64, last: u64) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

fn swept(actor: &str, class: RecordClass, count: u64, days: u32) -> String {
    let removed = SweptClass { class, batches: 1, items: count, bytes: 0 };
    format!("{actor} removed {} older than {}.", removed.words(), days_words(days))
}
