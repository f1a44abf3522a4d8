//! `wh scan`: what files would run when loaded, offline.

use crate::{args, output, walk};
use anyhow::{Context as _, Result, bail};
use std::fs::File;
use weighhouse_scan::{Report, Scanner};
use weighhouse_types::attestations::{Finding, Scan, Severity};

/// Scans a file or folder, as the server scans what is registered.
pub(crate) fn scan(args: args::Scan) -> Result<()> {
    let walked = walk::walk(&args.path)?;
    let mut report = Report::default();
    for file in walked.files {
        let shown = file.local().display();
        let mut open = File::open(file.local()).with_context(|| format!("cannot open {shown}"))?;
        let scanned = Scanner::new(&mut report, &file.path).file(&mut open);
        scanned.with_context(|| format!("cannot read {shown}"))?;
    }
    let scan = report.finish();
    if args.output.json {
        output::json(&serde_json::to_value(&scan)?)?;
    } else {
        output::print(&text(&scan))?;
    }
    match (scan.count(Severity::Danger), scan.count(Severity::Warning)) {
        (0, 0) => Ok(()),
        (0, warnings) => bail!("{warnings} files could not be read to the end"),
        (dangers, _) => bail!("do not load these files: {dangers} dangerous imports"),
    }
}

fn text(scan: &Scan) -> String {
    let formats: Vec<String> =
        scan.formats.iter().map(|(format, count)| format!("{count} {format}")).collect();
    let head = format!("{} files read: {}\n", scan.files, formats.join(", "));
    if scan.findings.is_empty() {
        return format!("{head}nothing in them runs code that the scan does not know\n");
    }
    let row = |f: &Finding| {
        vec![
            f.severity.to_string(),
            f.what.clone(),
            format!("{} at byte {}", f.path, f.offset),
            f.why.clone(),
        ]
    };
    let rows: Vec<_> = scan.findings.iter().map(row).collect();
    let more = if scan.more > 0 { format!("and {} more\n", scan.more) } else { String::new() };
    format!("{head}{}{more}", output::table(&["", "what", "where", "why"], &rows))
}
