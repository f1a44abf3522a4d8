//! Models as a table for a spreadsheet (RFC 4180).

use weighhouse_types::models::Model;
use weighhouse_types::versions::Stage;

const COLUMNS: [&str; 10] = [
    "reference",
    "kind",
    "description",
    "tags",
    "aliases",
    "production",
    "production_since",
    "approved_by",
    "latest",
    "created_at",
];

/// The first line: the columns' names.
pub(super) fn head() -> String {
    let stages = Stage::ALL.map(|stage| format!("in_{stage}"));
    line(COLUMNS.map(str::to_owned).into_iter().chain(stages))
}

/// Adds a model's line.
pub(super) fn row(table: &mut String, tenant: &str, model: &Model) {
    let Model { project, name, description, kind, tags, aliases, .. } = model;
    let production = model.production.as_ref();
    let pairs = |pairs: Vec<String>| pairs.join("; ");
    let cells = [
        format!("{tenant}/{project}/{name}"),
        kind.to_string(),
        description.clone(),
        pairs(tags.iter().map(|(key, value)| format!("{key}={value}")).collect()),
        pairs(aliases.iter().map(|(alias, number)| format!("{alias}={number}")).collect()),
        production.map(|now| now.number.to_string()).unwrap_or_default(),
        production.map(|now| now.since.to_rfc3339()).unwrap_or_default(),
        production.map(|now| now.by.join(", ")).unwrap_or_default(),
        model.latest.map(|number| number.to_string()).unwrap_or_default(),
        model.created_at.to_rfc3339(),
    ];
    let count =
        |stage: Stage| model.stages.iter().find(|(of, _)| *of == stage).map_or(0, |(_, count)| *count);
    table.push_str(&line(cells.into_iter().chain(Stage::ALL.map(|stage| count(stage).to_string()))));
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<_> = cells.into_iter().map(|text| cell(&text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A text as a cell. Spreadsheets compute what begins like a formula: a quote
/// in front keeps it a text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_texts_and_stay_whole() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("-1,2", "\"'-1,2\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
