//! How events of the experiment tracker read.

use super::Event;

impl Event {
    pub(super) fn sentence_tracking(&self, actor: &str) -> String {
        match self {
            Self::ExperimentCreated { project, name, .. } => {
                format!("{actor} created the experiment “{name}” in {project}.")
            }
            Self::ExperimentRenamed { project, name, before, .. } => {
                format!("{actor} renamed the experiment “{before}” in {project} to “{name}”.")
            }
            Self::ExperimentDeleted { project, name, .. } => {
                format!("{actor} deleted the experiment “{name}” in {project}; it can be restored.")
            }
            Self::ExperimentRestored { project, name, .. } => {
                format!("{actor} restored the experiment “{name}” in {project}.")
            }
            Self::RunDeleted { project, run, name } => {
                format!("{actor} deleted the run “{name}” ({run}) in {project}; it can be restored.")
            }
            Self::RunRestored { project, run, name } => {
                format!("{actor} restored the run “{name}” ({run}) in {project}.")
            }
            other => format!("{actor}: {}.", other.name()),
        }
    }
}
