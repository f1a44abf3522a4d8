//! How events about provider pins read.

use super::Event;

impl Event {
    pub(super) fn sentence_pin(&self, actor: &str) -> String {
        match self {
            Self::PinSet { model, endpoint, pinned, golden, .. } => {
                let prompts = match golden.len() {
                    0 => "by its identity alone".to_owned(),
                    1 => "with 1 golden prompt".to_owned(),
                    many => format!("with {many} golden prompts"),
                };
                format!("{actor} set the watch on {pinned} at {endpoint}, which {model} uses, {prompts}.")
            }
            Self::PinRemoved { model, pinned, .. } => {
                format!("{actor} removed the watch on {pinned}, which {model} uses.")
            }
            Self::PinRecorded { model, endpoint, pinned, .. } => {
                format!("What {endpoint} serves as {pinned}, which {model} uses, was recorded.")
            }
            Self::PinChanged { model, endpoint, pinned, changes, .. } => {
                let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
                format!(
                    "{endpoint} no longer serves {pinned} as {model} was tested with it: {}.",
                    changes.join("; ")
                )
            }
            Self::PinAlertClosed { version, pinned, .. } => {
                format!("The alert about {pinned} is closed: {version} was evaluated on what it is now.")
            }
            other => format!("{actor}: {}.", other.name()),
        }
    }
}
