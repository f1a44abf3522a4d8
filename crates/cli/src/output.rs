//! Printing results for people, and JSON for programs.

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::io::{ErrorKind, Write as _};

/// Prints text that may hold what others wrote.
///
/// # Errors
/// When standard output cannot be written; a reader that left is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    write(clean(text).as_bytes())
}

/// Prints the API's JSON.
pub(crate) fn json(value: &Value) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    write(text.as_bytes())
}

fn write(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(()),
    }
}

/// Text without what a terminal would obey.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// A moment, to the second, in UTC.
pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A moment, to the minute, in a column whose head says that it is UTC.
pub(crate) fn cell_time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// The `s` of more or fewer than one.
pub(crate) const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// A digest's beginning, enough to tell versions apart by eye.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// Names and their values, one a line, under a heading.
pub(crate) struct Sheet(String);

impl Sheet {
    /// Begins with a heading.
    pub(crate) fn new(heading: &str) -> Self {
        Self(format!("{}\n", heading.replace('\n', " ")))
    }

    /// Adds a line; `name` stands in a column of its own.
    pub(crate) fn line(&mut self, name: &str, value: &str) {
        self.0.push_str(&format!("  {name:<12}{}\n", value.replace('\n', " ")));
    }

    /// Adds lines, named at the first.
    pub(crate) fn lines(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        for (n, value) in values.into_iter().enumerate() {
            self.line(if n == 0 { name } else { "" }, &value);
        }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// Rows in columns as wide as their widest cell. On a terminal the last column
/// is cut to what fits beside the others; where nothing would fit, every row
/// has its cells below one another.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let terminal = console::Term::stdout();
    let width = terminal.is_term().then(|| terminal.size_checked()).flatten();
    table_within(width.map(|(_, columns)| usize::from(columns)), head, rows)
}

/// The least that is left of a last column that is cut.
const LAST_MIN: usize = 32;

fn table_within(space: Option<usize>, head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let width = |column: usize| {
        let cells = std::iter::once(&head).chain(rows).filter_map(|row| row.get(column));
        cells.map(|cell| console::measure_text_width(cell)).max().unwrap_or(0)
    };
    let mut widths: Vec<_> = (0..head.len()).map(width).collect();
    let others: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
    if let (Some(space), Some(last)) = (space, widths.last_mut()) {
        if others + LAST_MIN.min(*last) > space {
            return records(&head, rows);
        }
        *last = (*last).min(space.saturating_sub(others));
    }
    let line = |row: &Vec<String>| {
        let cell = |(cell, width): (&String, &usize)| {
            let cell = cell.replace('\n', " ");
            let cell = console::truncate_str(&cell, *width, "…");
            let blanks = width.saturating_sub(console::measure_text_width(&cell));
            format!("{cell}{}", " ".repeat(blanks))
        };
        let cells: Vec<_> = row.iter().zip(&widths).map(cell).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    std::iter::once(&head).chain(rows).map(line).collect()
}

/// Rows as their cells, named, one a line.
fn records(head: &[String], rows: &[Vec<String>]) -> String {
    let width = head.iter().map(|name| console::measure_text_width(name)).max().unwrap_or(0);
    let record = |row: &Vec<String>| -> String {
        let named = head.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        named.map(|(name, cell)| format!("{name:<width$}  {}\n", cell.replace('\n', " "))).collect()
    };
    rows.iter().map(record).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [vec!["@10".to_owned(), "production".into()], vec!["@9".into(), "é".into()]];
        assert_eq!(table(&["", "stage"], &rows), "     stage\n@10  production\n@9   é\n");
    }

    #[test]
    fn a_narrow_terminal_cuts_the_last_column_and_a_pipe_nothing() {
        let rows = [vec!["@1".to_owned(), "because it flags the East three times as often".into()]];
        let cut = table_within(Some(36), &["", "why"], &rows);
        assert_eq!(cut, "    why\n@1  because it flags the East three…\n");
        assert!(table_within(None, &["", "why"], &rows).contains("as often\n"));
        assert_eq!(
            table_within(Some(35), &["", "why"], &[rows[0].clone(), vec!["@2".into(), "no".into()]]),
            "     @1\nwhy  because it flags the East three times as often\n\n     @2\nwhy  no\n"
        );
    }

    #[test]
    fn terminals_are_not_obeyed() {
        assert_eq!(clean("a\u{1b}[2Jb\rc\n"), "a\u{fffd}[2Jb\u{fffd}c\n");
        let mut sheet = Sheet::new("x");
        sheet.line("reason", "two\nlines");
        assert_eq!(sheet.text(), "x\n  reason      two lines\n");
    }
}
