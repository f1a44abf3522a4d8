//! What a scan of a version's files found: what they would run when loaded.

use crate::permission::named;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

named! {
    /// How much a finding matters.
    Severity {
        /// Runs something that no model needs to be loaded.
        Danger = "danger",
        /// Could not be read whole, so that nothing can be said of the rest.
        Warning = "warning",
        /// Runs code of a library that the scanner does not know.
        Note = "note",
    }
}

/// The result of a scan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Scan {
    /// The scanner and the revision of its lists.
    pub scanner: String,
    /// How many files were read, and their bytes.
    pub files: u64,
    pub bytes: u64,
    /// How many files there are of each format.
    pub formats: BTreeMap<String, u64>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// How many findings more there were than are listed.
    #[serde(default)]
    pub more: u64,
    /// Everything that pickles import, as `module.name`: the first thousand.
    #[serde(default)]
    pub imports: Vec<String>,
}

/// One thing that a scan found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Finding {
    pub severity: Severity,
    /// The file; inside of an archive `file!entry`.
    pub path: String,
    /// Where in it, in bytes.
    pub offset: u64,
    /// What it is, such as `os.system`.
    pub what: String,
    /// Why it matters, in a sentence.
    pub why: String,
}

impl Scan {
    /// How many findings there are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// What it says, in a few words.
    #[must_use]
    pub fn summary(&self) -> String {
        let dangers: Vec<&str> = self
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Danger)
            .map(|finding| finding.what.as_str())
            .take(3)
            .collect();
        let notes = self.count(Severity::Note);
        match (dangers.len(), self.count(Severity::Warning)) {
            (0, 0) if notes == 0 => "scan: nothing found".into(),
            (0, 0) => format!("scan: no danger, {notes} unknown imports"),
            (0, warnings) => format!("scan: {warnings} not readable"),
            _ => format!("scan: DANGER, {} would run on loading", dangers.join(", ")),
        }
    }
}
