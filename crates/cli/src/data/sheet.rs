//! Datasets, their profiles and drift, as text.

use crate::output::{self, Sheet};
use url::Url;
use weighhouse_types::datasets::{
    Change, ColumnDrift, ColumnKind, ColumnProfile, DatasetRecord, Drift, Profile, Registered, UsedBy,
};

/// Model versions that are listed for people.
const USES_SHOWN: usize = 20;
/// Most frequent values of a column that are shown.
const TOP_SHOWN: usize = 3;
/// Columns that are shown.
const COLUMNS_SHOWN: usize = 100;

/// Versions, one a line.
pub(super) fn list(tenant: &str, versions: &[Registered<DatasetRecord>]) -> String {
    let row = |v: &Registered<DatasetRecord>| {
        vec![
            format!("{tenant}/{}", v.reference()),
            v.record.split.clone().unwrap_or_default(),
            v.record.rows.map_or_else(String::new, |rows| rows.to_string()),
            v.record.schema.len().to_string(),
            v.record.content_digest.as_deref().map_or_else(String::new, |d| output::short(d).to_owned()),
            output::cell_time(v.created_at),
            v.record.uri.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = versions.iter().map(row).collect();
    output::table(&["dataset", "split", "rows", "columns", "digest", "registered (UTC)", "where"], &rows)
}

/// A version with what is known of it.
pub(super) fn version(tenant: &str, version: &Registered<DatasetRecord>, page: &Url) -> String {
    let mut sheet = Sheet::new(&format!("{tenant}/{}", version.reference()));
    facts(&mut sheet, &version.record);
    sheet.line("registered", &format!("{} by {}", output::time(version.created_at), version.author));
    uses(&mut sheet, &version.used_by);
    sheet.line("page", page.as_str());
    format!("{}{}", sheet.text(), profiled(version.record.profile.as_ref()))
}

/// The model versions that were made of something.
pub(crate) fn uses(sheet: &mut Sheet, used_by: &[UsedBy]) {
    let line = |used: &UsedBy| format!("{} ({}, as {})", used.version, used.stage, used.component);
    sheet.lines("used by", used_by.iter().take(USES_SHOWN).map(line));
    if let Some(more @ 1..) = used_by.len().checked_sub(USES_SHOWN) {
        sheet.line("", &format!("and {more} more, which --json lists"));
    }
}

/// What would be registered.
pub(super) fn record(file: &str, record: &DatasetRecord) -> String {
    let mut sheet = Sheet::new(file);
    facts(&mut sheet, record);
    format!("{}{}", sheet.text(), profiled(record.profile.as_ref()))
}

fn facts(sheet: &mut Sheet, record: &DatasetRecord) {
    let range = record.time_range.as_ref().map(|range| format!("{} to {}", range.from, range.until));
    for (name, value) in [
        ("digest", record.content_digest.as_ref().map(|digest| format!("sha256:{digest}"))),
        ("snapshot", record.snapshot.clone()),
        ("split", record.split.clone()),
        ("rows", record.rows.map(|rows| rows.to_string())),
        ("covers", range),
        ("where", record.uri.clone()),
        ("note", record.note.clone()),
    ] {
        if let Some(value) = value {
            sheet.line(name, &value);
        }
    }
}

fn profiled(profile: Option<&Profile>) -> String {
    let Some(profile) = profile else { return String::new() };
    let rows: Vec<_> = profile.columns.iter().take(COLUMNS_SHOWN).map(column).collect();
    let more = match profile.columns.len().saturating_sub(COLUMNS_SHOWN) {
        0 => String::new(),
        more => format!("and {more} more columns, which --json lists\n"),
    };
    let head = ["column", "type", "missing", "distinct", "min", "mean", "max", "most frequent"];
    format!("\n{}{more}", output::table(&head, &rows))
}

fn column(column: &ColumnProfile) -> Vec<String> {
    let of = |pick: fn(&weighhouse_types::datasets::Numbers) -> f64| {
        column.numbers.as_ref().map_or_else(String::new, |numbers| value(column.kind, pick(numbers)))
    };
    let top = column.top.iter().take(TOP_SHOWN).map(|top| format!("{} ({})", top.value, top.count));
    vec![
        column.name.clone(),
        column.kind.to_string(),
        percent(column.missing_share()),
        column.distinct.to_string(),
        of(|numbers| numbers.min),
        of(|numbers| numbers.mean),
        of(|numbers| numbers.max),
        top.collect::<Vec<_>>().join(", "),
    ]
}

/// A number as its column's values are written.
fn value(kind: ColumnKind, value: f64) -> String {
    if kind == ColumnKind::Time {
        return time(value);
    }
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value}") } else { format!("{value:.4}") }
}

fn time(seconds: f64) -> String {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "saturates, and is no moment then"
    )]
    let at = chrono::DateTime::from_timestamp(seconds as i64, 0);
    at.map_or_else(|| seconds.to_string(), output::cell_time)
}

fn percent(share: f64) -> String {
    if share == 0.0 { "0 %".into() } else { format!("{:.1} %", share * 100.0) }
}

/// How two versions differ, what changed most first.
pub(super) fn drift(drift: &Drift, all: bool) -> String {
    let rows = |rows: Option<u64>| rows.map_or_else(|| "?".into(), |rows| rows.to_string());
    let mut text = format!(
        "{} ({} rows) against {} ({} rows)\n",
        drift.to,
        rows(drift.rows_to),
        drift.from,
        rows(drift.rows_from)
    );
    if !drift.profiled {
        text.push_str("one of them has no profile: only their columns are compared\n");
    }
    let shown: Vec<_> =
        drift.columns.iter().filter(|column| all || column.change != Change::Stable).map(changed).collect();
    let stable = drift.columns.iter().filter(|column| column.change == Change::Stable).count();
    if !shown.is_empty() {
        text.push_str(&output::table(&["column", "change", "PSI", "missing", "mean", "what"], &shown));
    }
    if !all && stable > 0 {
        text.push_str(&format!("{stable} column{} stable\n", if stable == 1 { " is" } else { "s are" }));
    }
    text
}

fn changed(column: &ColumnDrift) -> Vec<String> {
    let pair = |a: Option<f64>, b: Option<f64>, show: fn(f64) -> String| match (a, b) {
        (Some(a), Some(b)) => format!("{} → {}", show(a), show(b)),
        _ => String::new(),
    };
    let number = |number: f64| value(ColumnKind::Number, number);
    let listed = |word: &str, values: &[String]| {
        (!values.is_empty()).then(|| format!("{word}: {}", values.join(", ")))
    };
    let types = match (&column.type_from, &column.type_to) {
        (Some(a), Some(b)) if a != b => Some(format!("type {a} → {b}")),
        _ => None,
    };
    let what = [types, listed("new", &column.new_values), listed("vanished", &column.vanished_values)];
    vec![
        column.name.clone(),
        column.change.to_string(),
        column.psi.map_or_else(String::new, |psi| format!("{psi:.3}")),
        pair(column.missing_from, column.missing_to, percent),
        pair(column.mean_from, column.mean_to, number),
        what.into_iter().flatten().collect::<Vec<_>>().join("; "),
    ]
}
