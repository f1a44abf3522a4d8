//! What the files of a model would run when somebody loads them, and whose
//! signature they bear. Files are read and never loaded.
//!
//! Pure, apart from the readers that are handed in. Every size, count and
//! depth has a bound: the files come from anywhere.

mod archive;
mod format;
mod imports;
mod pickle;
pub mod signature;

use format::Format;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek};
use weighhouse_types::attestations::{Finding, Scan, Severity};

/// The scanner and the revision of its lists: another one may find more.
pub const SCANNER: &str = "weighhouse-scan 1";
/// Findings that are listed.
const FINDINGS_MAX: usize = 500;
/// Imports that are listed.
const IMPORTS_MAX: usize = 1000;
/// Different things that are said of one file.
const SAID_MAX: usize = 10_000;
/// How deep archives may lie inside one another.
const NESTING_MAX: usize = 3;

/// What was found so far.
#[derive(Default, Debug)]
pub struct Report {
    files: u64,
    bytes: u64,
    formats: BTreeMap<String, u64>,
    findings: Vec<Finding>,
    more: u64,
    imports: BTreeSet<String>,
}

impl Report {
    fn finding(&mut self, finding: Finding) {
        // The worst are never dropped for lesser ones.
        if self.findings.len() >= FINDINGS_MAX {
            self.more += 1;
            let lesser = self.findings.iter().rposition(|known| known.severity > finding.severity);
            match lesser {
                Some(at) => drop(self.findings.remove(at)),
                None => return,
            }
        }
        self.findings.push(finding);
    }

    fn import(&mut self, name: &str) {
        if self.imports.len() < IMPORTS_MAX {
            self.imports.insert(name.to_owned());
        }
    }

    /// The result, the worst findings first.
    #[must_use]
    pub fn finish(mut self) -> Scan {
        self.findings.sort_by(|a, b| {
            (a.severity, &a.path, a.offset, &a.what).cmp(&(b.severity, &b.path, b.offset, &b.what))
        });
        self.findings.dedup();
        Scan {
            scanner: SCANNER.into(),
            files: self.files,
            bytes: self.bytes,
            formats: self.formats,
            findings: self.findings,
            more: self.more,
            imports: self.imports.into_iter().collect(),
        }
    }
}

/// Scans one file, or what lies inside of it.
#[derive(Debug)]
pub struct Scanner<'r> {
    report: &'r mut Report,
    path: String,
    depth: usize,
    /// What was said of this file: each thing once.
    said: BTreeSet<String>,
}

impl<'r> Scanner<'r> {
    /// A scan of the file of this path.
    pub fn new(report: &'r mut Report, path: &str) -> Self {
        Self { report, path: path.to_owned(), depth: 0, said: BTreeSet::new() }
    }

    /// Reads a file and reports what it would run.
    ///
    /// # Errors
    /// When the file cannot be read. What is wrong inside of it is a finding.
    pub fn file(mut self, file: &mut (impl Read + Seek)) -> io::Result<()> {
        let size = file.seek(io::SeekFrom::End(0))?;
        self.report.files += 1;
        self.report.bytes = self.report.bytes.saturating_add(size);
        let format = format::recognise(&self.path, file)?;
        *self.report.formats.entry(format.name().to_owned()).or_default() += 1;
        format::scan(&mut self, format, file)
    }

    /// The scan of an entry of this file.
    fn entry(&mut self, name: &str) -> Option<Scanner<'_>> {
        if self.depth >= NESTING_MAX {
            self.say(Severity::Warning, 0, "nested archives", "Archives lie too deep inside one another.");
            return None;
        }
        let path = format!("{}!{name}", self.path);
        Some(Scanner { report: self.report, path, depth: self.depth + 1, said: BTreeSet::new() })
    }

    fn say(&mut self, severity: Severity, offset: u64, what: &str, why: &str) {
        let what: String = what.chars().take(200).collect();
        if self.said.len() >= SAID_MAX || !self.said.insert(what.clone()) {
            return;
        }
        let finding = Finding { severity, path: self.path.clone(), offset, what, why: why.into() };
        self.report.finding(finding);
    }

    /// Reports something that a pickle imports.
    fn import(&mut self, offset: u64, module: &str, name: &str) {
        let what: String = format!("{module}.{name}").chars().take(200).collect();
        self.report.import(&what);
        match imports::judge(module, name) {
            imports::Verdict::Known => {}
            imports::Verdict::Danger(why) => self.say(Severity::Danger, offset, &what, why),
            imports::Verdict::Unknown => {
                self.say(Severity::Note, offset, &what, "Code of this library runs when the file is loaded.");
            }
        }
    }

    /// Reports why a pickle was not read to its end.
    fn unread(&mut self, offset: u64, why: &str) {
        self.say(Severity::Warning, offset, "not read to the end", why);
    }

    /// Reads a pickle from where the reader stands.
    fn pickle(&mut self, reader: impl Read, start: u64) -> io::Result<()> {
        pickle::scan(reader, start, self)
    }
}

impl Format {
    /// The format's name in a result.
    const fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Pickle => "pickle",
            Self::Numpy => "numpy",
            Self::Zlib => "zlib",
            Self::Gzip => "gzip",
            Self::Packed => "compressed",
            Self::Safetensors => "safetensors",
            Self::Gguf => "gguf",
            Self::Onnx => "onnx",
            Self::Json => "json",
            Self::Text => "text",
            Self::Other => "other",
        }
    }
}
