//! A comparison as Markdown, for a pull request.

use super::{
    Change, Comparison, FileRow, FileState, Hunk, MetricChange, MetricRow, Part, PromptDiff, Verdict, tally,
};
use crate::text::{bytes, metric, plural};
use std::fmt::Write as _;

/// The most rows of one table; hosts refuse comments that are too long.
const ROWS_MAX: usize = 100;

/// Writes a comparison: what was measured in the open, the rest to unfold.
#[must_use]
pub fn markdown(comparison: &Comparison) -> String {
    let labels = comparison.labels();
    let mut out = head(comparison, &labels);
    if comparison.is_same() {
        out.push_str("\nThe versions are the same.\n");
    }
    out.push_str(&metrics(comparison, &labels));
    for part in comparison.parts.iter().filter(|part| !part.list.items.is_empty()) {
        out.push_str(&settings(part, &labels));
    }
    out.push_str(&commits(comparison, &labels));
    out.push_str(&files(comparison, &labels));
    for prompt in &comparison.prompts.items {
        out.push_str(&prompt_text(prompt, &labels));
    }
    out
}

fn head(comparison: &Comparison, labels: &[String]) -> String {
    let first = comparison.versions.first().map(|version| &version.reference.model);
    let one_model = first.filter(|_| labels.iter().all(|label| label.starts_with('@')));
    let of = one_model.map_or_else(String::new, |model| format!("{}: ", code(&model.to_string())));
    let versions: Vec<String> = labels.iter().map(|label| code(label)).collect();
    let mut out = format!("### {of}{}\n\n", versions.join(" → "));
    table_head(&mut out, &[""], labels);
    let mut row = |name: &str, cell: &dyn Fn(&crate::versions::VersionSummary) -> String| {
        let cells = comparison.versions.iter().map(cell);
        table_row(&mut out, std::iter::once(name.to_owned()).chain(cells));
    };
    row("Stage", &|version| version.stage.to_string());
    row("Registered", &|version| {
        format!("{}, by {}", version.created_at.format("%Y-%m-%d %H:%M UTC"), escape(&version.author))
    });
    row("Digest", &|version| code(version.digest.get(..12).unwrap_or(&version.digest)));
    row("Files", &|version| format!("{}, {}", plural(version.files, "file"), bytes(version.size)));
    out
}

fn metrics(comparison: &Comparison, labels: &[String]) -> String {
    let rows = &comparison.metrics.items;
    if rows.is_empty() {
        let why = if comparison.metrics.same > 0 { "No metric differs." } else { "Nothing was measured." };
        return format!("\n{why}\n");
    }
    let mut out = "\n#### Metrics\n\n".to_owned();
    for (of, label) in labels.iter().enumerate().skip(1) {
        let changes = comparison.metric_changes(of);
        let worst = changes.iter().filter(|change| change.delta.verdict.is_worse());
        let worst = worst.min_by(|a, b| a.gain().total_cmp(&b.gain()));
        let _ = writeln!(
            out,
            "{}: {}.{}",
            code(label),
            tally(&changes),
            worst.map(worst_text).unwrap_or_default()
        );
    }
    out.push('\n');
    table_head(&mut out, &["Test set", "Metric"], labels);
    for row in rows.iter().take(ROWS_MAX) {
        let set = row.slice.as_ref().map_or_else(
            || escape(&row.dataset),
            |slice| format!("{}, {}", escape(&row.dataset), escape(slice)),
        );
        let direction = if row.higher_is_better { "↑" } else { "↓" };
        let cells = (0..labels.len()).map(|of| metric_cell(row, of));
        table_row(&mut out, [set, format!("{} {direction}", escape(&row.metric))].into_iter().chain(cells));
    }
    more(&mut out, rows.len(), comparison.metrics.omitted);
    out
}

fn worst_text(change: &MetricChange) -> String {
    let place = change.slice.as_deref().unwrap_or("the whole set");
    format!(
        " Worst: {} on {}, {} ({}).",
        escape(&change.metric),
        escape(&change.dataset),
        escape(place),
        change.size()
    )
}

fn metric_cell(row: &MetricRow, of: usize) -> String {
    let measured = row.values.get(of).copied().flatten();
    let value = measured.map_or_else(|| "–".into(), |measured| metric(measured.value));
    let repeats = measured.filter(|m| m.repeats > 1).map(|m| format!(" (mean of {})", m.repeats));
    let value = format!("{value}{}", repeats.unwrap_or_default());
    match row.change(of) {
        None => value,
        Some(change) if change.delta.verdict.is_worse() => format!("{value} (**{}**)", change.words()),
        Some(change) if change.delta.verdict == Verdict::Same => format!("{value} (=)"),
        Some(change) => format!("{value} ({})", change.words()),
    }
}

fn settings(part: &Part, labels: &[String]) -> String {
    let mut out = String::new();
    table_head(&mut out, &["Setting"], labels);
    for row in part.list.items.iter().take(ROWS_MAX) {
        let cells = (0..labels.len()).map(|of| row.text(of).map_or_else(|| "–".into(), |text| code(&text)));
        table_row(&mut out, std::iter::once(code(&row.path)).chain(cells));
    }
    more(&mut out, part.list.items.len(), part.list.omitted);
    let count =
        part.list.items.iter().filter(|row| (1..labels.len()).any(|of| row.change(of) != Change::Same));
    details(&format!("{}: {}", part.title, differ(count.count() + part.list.omitted)), &out)
}

fn commits(comparison: &Comparison, labels: &[String]) -> String {
    let line = |(label, range): (&String, &Option<super::CommitRange>)| {
        let range = range.as_ref()?;
        let short = |commit: &str| code(commit.get(..12).unwrap_or(commit));
        let commits = format!("{} → {}", short(&range.from), short(&range.to));
        let shown = range.url.as_ref().map_or_else(|| commits.clone(), |url| format!("[{commits}]({url})"));
        Some(format!("- Code of {}: {shown}\n", code(label)))
    };
    let lines: String = labels.iter().zip(&comparison.commits).filter_map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn files(comparison: &Comparison, labels: &[String]) -> String {
    let files = &comparison.files.items;
    if files.is_empty() {
        return String::new();
    }
    let mut out = String::new();
    table_head(&mut out, &["File"], labels);
    for row in files.iter().take(ROWS_MAX) {
        let cells = (0..labels.len()).map(|of| file_cell(row, of));
        table_row(&mut out, std::iter::once(code(&row.path)).chain(cells));
    }
    more(&mut out, files.len(), comparison.files.omitted);
    let count = files.iter().filter(|row| (1..labels.len()).any(|of| row.change(of) != Change::Same)).count();
    details(&format!("Files: {}", differ(count + comparison.files.omitted)), &out)
}

fn file_cell(row: &FileRow, of: usize) -> String {
    let change = row.change(of);
    let word = if of == 0 || change == Change::Same { String::new() } else { format!(", {}", change.word()) };
    match row.values.get(of).and_then(Option::as_ref) {
        Some(FileState { size, .. }) => format!("{}{word}", bytes(*size)),
        None if change == Change::Removed => "removed".into(),
        None => "–".into(),
    }
}

fn prompt_text(prompt: &PromptDiff, labels: &[String]) -> String {
    let mut out = String::new();
    for (of, label) in labels.iter().enumerate().skip(1) {
        let Some(Some(hunks)) = prompt.diffs.get(of) else { continue };
        let _ = writeln!(out, "{}: {}\n", code(label), prompt.change(of).word());
        if prompt.too_long {
            out.push_str("Too long to be shown line by line.\n\n");
        } else {
            let text = hunks.iter().map(hunk_text).collect::<Vec<_>>().join("@@\n");
            let fence = "`".repeat(fence_of(&text, 3));
            let _ = writeln!(out, "{fence}diff\n{text}{fence}\n");
        }
    }
    if out.is_empty() {
        return out;
    }
    details(&format!("Prompt {}", html(&prompt.name)), out.trim_end())
}

fn hunk_text(hunk: &Hunk) -> String {
    let line = |line: &super::Line| {
        let text: String = line.spans.iter().map(|span| span.text.as_str()).collect();
        format!("{}{}\n", line.change.sign(), text.replace('\r', ""))
    };
    hunk.lines.iter().map(line).collect()
}

fn differ(count: usize) -> String {
    if count == 1 { "1 differs".into() } else { format!("{count} differ") }
}

fn details(summary: &str, content: &str) -> String {
    format!("\n<details><summary>{summary}</summary>\n\n{}\n\n</details>\n", content.trim_end())
}

fn more(out: &mut String, rows: usize, omitted: usize) {
    let more = rows.saturating_sub(ROWS_MAX) + omitted;
    if more > 0 {
        let _ = writeln!(out, "\nand {more} more");
    }
}

fn table_head(out: &mut String, names: &[&str], labels: &[String]) {
    let first = labels.first().map(|label| format!("{} (base)", code(label)));
    let labels = first.into_iter().chain(labels.iter().skip(1).map(|label| code(label)));
    table_row(out, names.iter().map(|name| (*name).to_owned()).chain(labels.clone()));
    let rules = names.iter().map(|_| "---".to_owned()).chain(labels.map(|_| "---".to_owned()));
    table_row(out, rules);
}

fn table_row(out: &mut String, cells: impl Iterator<Item = String>) {
    let _ = writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
}

/// Text as code, whatever it holds.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let fence = "`".repeat(fence_of(&text, 1));
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

/// How many backticks go around a text, so that none in it ends it.
fn fence_of(text: &str, least: usize) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().map_or(least, |longest| least.max(longest + usize::from(longest > 0)))
}

/// Text as text: nothing in it is markup, calls people or makes links.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Hosts would make a person of it.
            '@' => out.push_str("&#64;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Text inside a tag that Markdown leaves alone.
fn html(text: &str) -> String {
    format!("<code>{}</code>", escape(text).replace('\\', ""))
}

#[cfg(test)]
mod tests {
    use super::super::{compare, tests::side};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pull_request_is_told_in_full() {
        let context = |auc: f64, east: f64, rate: f64, numpy: &str, commit: &str, prompt: &str| {
            json!({
                "artifact": {"files": [{"path": "model.onnx", "size": (auc * 10_000.0).round(), "sha256": commit}]},
                "training": {"hyperparameters": {"rate": rate, "deep": 6}},
                "environment": {"libraries": {"numpy": numpy}},
                "code": {"repository": "git@github.com:north/claims.git", "commit": commit},
                "llm": {"provider": "a", "model": "b", "prompts": {"system": {"template": prompt}}},
                "evaluation": [{"dataset": "holdout", "metrics": {"auc": auc}, "lower_is_better": ["flagged"],
                    "slices": [{"by": "region", "value": "East|West", "metrics": {"flagged": east}}]}],
            })
        };
        let before = context(0.8, 0.02, 0.1, "1.26.4", "aaaaaaaaaaaaaa", "Be kind.\nAnswer in one word.\n");
        let after = context(0.9, 0.06, 0.05, "2.0.1", "bbbbbbbbbbbbbb", "Be kind.\nAnswer in two words.\n");
        let text = markdown(&compare(vec![side(2, before), side(3, after)], false));
        let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/compare/golden.md");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(golden).unwrap());
    }

    #[test]
    fn nothing_in_a_value_is_markup() {
        assert_eq!(code("a`b|c\nd"), "``a`b\\|c d``");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(escape("<b>@ann *x* [a](b)"), "&lt;b&gt;&#64;ann \\*x\\* \\[a\\](b)");
        assert_eq!(fence_of("a ``` b", 3), 4);
    }

    #[test]
    fn the_same_versions_are_said_to_be_the_same() {
        let mut other = side(2, json!({"training": {"config": {"a": 1}}}));
        other.summary.digest = side(1, json!({})).summary.digest;
        let text = markdown(&compare(vec![side(1, other.context.clone()), other], false));
        assert!(text.contains("The versions are the same."), "{text}");
        assert!(!text.contains("<details>"), "{text}");
    }
}
