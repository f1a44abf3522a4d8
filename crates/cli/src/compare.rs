//! `wh compare`.

use crate::args::{self, VersionOf};
use crate::http::Client;
use crate::output;
use crate::urls::{self, Path};
use anyhow::{Result, anyhow};
use std::fmt::Write as _;
use weighhouse_types::compare::{Change, Comparison, FileRow, MetricRow, Part, PromptDiff, markdown, tally};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::text::{bytes, metric as number};

/// Compares versions, and prints what differs.
pub(crate) async fn compare(args: args::Compare) -> Result<()> {
    let versions = whole(&args.versions)?;
    let tenant = versions.first().map(|version| version.model.tenant.clone()).unwrap_or_default();
    let client = Client::from_config()?;
    let mut query: Vec<_> = versions.iter().map(|version| ("version", version.to_string())).collect();
    query.push(("all", args.all.to_string()));
    let answer = client.read(&Path::tenant(&tenant).join(["compare"]), &query).await?;
    if args.output.json {
        return output::json(&answer.json);
    }
    let comparison: Comparison = answer.decode()?;
    let page = urls::compare_page(client.base(), &tenant, &versions);
    output::print(&if args.markdown {
        format!("{}\n[All of it]({page})\n", markdown(&comparison))
    } else {
        format!("{}\n{page}\n", text(&comparison))
    })
}

/// The versions in full: a number alone is of the model before it.
fn whole(versions: &[VersionOf]) -> Result<Vec<VersionRef>> {
    let mut whole: Vec<VersionRef> = Vec::new();
    for version in versions {
        whole.push(match (version, whole.last()) {
            (VersionOf::Whole(version), _) => version.clone(),
            (VersionOf::Number(number), Some(last)) => {
                VersionRef { number: *number, model: last.model.clone() }
            }
            (VersionOf::Number(number), None) => {
                return Err(anyhow!(
                    "@{number} alone names no model: write tenant/project/model@{number} first"
                ));
            }
        });
    }
    Ok(whole)
}

fn text(comparison: &Comparison) -> String {
    let labels = comparison.labels();
    let mut out = comparison.references().map(ToString::to_string).collect::<Vec<_>>().join(" → ");
    out.push('\n');
    if comparison.is_same() {
        out.push_str("\nThe versions are the same.\n");
    }
    out.push_str(&metrics(comparison, &labels));
    for part in &comparison.parts {
        out.push_str(&settings(part, &labels));
    }
    for (label, range) in labels.iter().zip(&comparison.commits) {
        if let Some(url) = range.as_ref().and_then(|range| range.url.as_ref()) {
            let _ = writeln!(out, "\ncode of {label}: {url}");
        }
    }
    out.push_str(&files(comparison, &labels));
    for prompt in &comparison.prompts.items {
        out.push_str(&prompt_text(prompt, &labels));
    }
    out
}

fn metrics(comparison: &Comparison, labels: &[String]) -> String {
    let list = &comparison.metrics;
    if list.items.is_empty() {
        return if list.same > 0 { "\nNo metric differs.\n".into() } else { String::new() };
    }
    let tallies = labels.iter().enumerate().skip(1);
    let tallies = tallies.map(|(of, label)| format!("{label}: {}", tally(&comparison.metric_changes(of))));
    let rows: Vec<_> = list.items.iter().map(|row| metric_row(row, labels.len())).collect();
    let title = format!("Metrics ({})", tallies.collect::<Vec<_>>().join("; "));
    section(&title, &["test set", "metric"], labels, &rows, list.omitted)
}

fn metric_row(row: &MetricRow, versions: usize) -> Vec<String> {
    let set =
        row.slice.as_ref().map_or_else(|| row.dataset.clone(), |slice| format!("{}, {slice}", row.dataset));
    let cell = |of: usize| {
        let value = row.values.get(of).copied().flatten().map_or_else(|| "–".into(), |m| number(m.value));
        row.change(of).map_or_else(|| value.clone(), |change| format!("{value} ({})", change.words()))
    };
    let direction = if row.higher_is_better { "↑" } else { "↓" };
    [set, format!("{} {direction}", row.metric)].into_iter().chain((0..versions).map(cell)).collect()
}

fn settings(part: &Part, labels: &[String]) -> String {
    let cells = |of: usize, row: &weighhouse_types::compare::Row| row.text(of).unwrap_or_else(|| "–".into());
    let rows: Vec<Vec<String>> = part
        .list
        .items
        .iter()
        .map(|row| {
            std::iter::once(row.path.clone()).chain((0..labels.len()).map(|of| cells(of, row))).collect()
        })
        .collect();
    section(&part.title, &["setting"], labels, &rows, part.list.omitted)
}

fn files(comparison: &Comparison, labels: &[String]) -> String {
    let cell = |of: usize, row: &FileRow| match row.values.get(of).and_then(Option::as_ref) {
        Some(file) if of > 0 && row.change(of) != Change::Same => {
            format!("{} ({})", bytes(file.size), row.change(of).word())
        }
        Some(file) => bytes(file.size),
        None => "–".into(),
    };
    let rows: Vec<Vec<String>> = comparison
        .files
        .items
        .iter()
        .map(|row| {
            std::iter::once(row.path.clone()).chain((0..labels.len()).map(|of| cell(of, row))).collect()
        })
        .collect();
    section("Files", &["file"], labels, &rows, comparison.files.omitted)
}

/// A titled table, nothing where there are no rows.
fn section(title: &str, names: &[&str], labels: &[String], rows: &[Vec<String>], omitted: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: Vec<&str> = names.iter().copied().chain(labels.iter().map(String::as_str)).collect();
    let more = if omitted > 0 { format!("and {omitted} more\n") } else { String::new() };
    format!("\n{title}\n{}{more}", output::table(&head, rows))
}

fn prompt_text(prompt: &PromptDiff, labels: &[String]) -> String {
    let mut out = String::new();
    for (of, label) in labels.iter().enumerate().skip(1) {
        let Some(Some(hunks)) = prompt.diffs.get(of) else { continue };
        let _ = writeln!(out, "\nPrompt {}, {label}: {}", prompt.name, prompt.change(of).word());
        if prompt.too_long {
            out.push_str("too long to be shown line by line\n");
        }
        for line in hunks.iter().flat_map(|hunk| &hunk.lines) {
            let text: String = line.spans.iter().map(|span| span.text.as_str()).collect();
            let _ = writeln!(out, "{} {text}", line.change.sign());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_of_the_model_before_it() {
        let versions = |texts: &[&str]| -> Result<Vec<String>> {
            let parsed: Vec<VersionOf> = texts.iter().map(|text| text.parse().unwrap()).collect();
            Ok(whole(&parsed)?.iter().map(ToString::to_string).collect())
        };
        let found = versions(&["aa/bb/c@2", "@3", "aa/bb/d@1", "@2"]).unwrap();
        assert_eq!(found, ["aa/bb/c@2", "aa/bb/c@3", "aa/bb/d@1", "aa/bb/d@2"]);
        assert!(versions(&["@3", "aa/bb/c@2"]).unwrap_err().to_string().contains("names no model"));
    }
}
