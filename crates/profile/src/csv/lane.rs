//! Reading records, and what each column's values are.

use super::{Chunk, Header};
use crate::column::Column;
use crate::error::Error;
use crate::value::{self, Value};
use memchr::{memchr, memchr_iter, memchr3};
use std::borrow::Cow;
use weighhouse_types::datasets::ColumnKind;

/// What one lane, or all, found.
pub(crate) struct Found {
    pub(crate) columns: Vec<Column>,
    /// The kind that each column's values need; absent where there was none.
    pub(crate) kinds: Vec<Option<ColumnKind>>,
    /// Whether values did not fit the kind that their column was read as.
    pub(crate) widened: bool,
}

impl Found {
    pub(crate) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.kinds.iter_mut().zip(&other.kinds) {
            *mine = match (*mine, *theirs) {
                (Some(a), Some(b)) => Some(value::wider(a, b)),
                (a, b) => a.or(b),
            };
        }
        self.widened |= other.widened;
        for (mine, theirs) in self.columns.iter_mut().zip(other.columns) {
            mine.merge(theirs);
        }
    }
}

struct Slot {
    column: Column,
    /// As what the values are read.
    kind: ColumnKind,
    /// What they need, where that is more.
    needs: Option<ColumnKind>,
    /// Whether there was any value, here or before.
    any: bool,
}

/// Reads chunks, one after the other.
pub(crate) struct Lane {
    delimiter: u8,
    slots: Vec<Slot>,
}

impl Lane {
    pub(crate) fn new(delimiter: u8, columns: usize, kinds: &[Option<ColumnKind>]) -> Self {
        let kinds = kinds.iter().copied().chain(std::iter::repeat(None)).take(columns);
        let slot = |kind: Option<ColumnKind>| {
            let any = kind.is_some();
            // Until there is a value, the narrowest kind will do.
            let kind = kind.unwrap_or(ColumnKind::Integer);
            Slot { column: Column::new(kind), kind, needs: None, any }
        };
        Self { delimiter, slots: kinds.map(slot).collect() }
    }

    /// # Errors
    /// Names the line of a record that is broken.
    pub(crate) fn read(&mut self, chunk: &Chunk) -> Result<(), Error> {
        let text = text(chunk)?;
        let slots = &mut self.slots;
        let columns = slots.len();
        records(text, self.delimiter, chunk.line, columns, |n, field, quoted| {
            if let Some(slot) = slots.get_mut(n) {
                slot.add(field, quoted);
            }
        })
    }

    pub(crate) fn finish(self) -> Found {
        let widened = self.slots.iter().any(|slot| slot.needs.is_some());
        let kinds = self.slots.iter().map(|slot| slot.needs.or(slot.any.then_some(slot.kind))).collect();
        Found { columns: self.slots.into_iter().map(|slot| slot.column).collect(), kinds, widened }
    }
}

impl Slot {
    #[inline]
    fn add(&mut self, field: &str, quoted: bool) {
        if field.is_empty() || (!quoted && value::is_missing(field)) {
            self.column.add(Value::Missing);
            return;
        }
        if let Some(needs) = self.needs {
            if needs != ColumnKind::Text {
                self.needs = Some(value::wider(needs, value::kind(field)));
            }
            return;
        }
        match value::read(self.kind, field) {
            Some(value) => {
                self.any = true;
                self.column.add(value);
            }
            None => self.misfit(field),
        }
    }

    /// The value is of another kind than the column was read as.
    #[cold]
    fn misfit(&mut self, field: &str) {
        let kind = value::kind(field);
        self.needs = Some(if self.any { value::wider(self.kind, kind) } else { kind });
    }
}

/// A chunk as text.
pub(crate) fn text(chunk: &Chunk) -> Result<&str, Error> {
    std::str::from_utf8(&chunk.bytes).map_err(|e| {
        let line = chunk.line + lines(chunk.bytes.get(..e.valid_up_to()).unwrap_or_default());
        Error::line(line, "holds bytes that are not UTF-8: convert the file first")
    })
}

fn lines(bytes: &[u8]) -> u64 {
    u64::try_from(memchr_iter(b'\n', bytes).count()).unwrap_or(0)
}

/// The first record, where it ends, and how many lines it takes.
pub(crate) fn first_record(text: &str, delimiter: u8, line: u64) -> Result<(Vec<String>, usize, u64), Error> {
    let mut names = Vec::new();
    let mut reader = Reader { text, at: 0, delimiter, line };
    if text.is_empty() {
        return Ok((names, 0, 0));
    }
    loop {
        let field = reader.field()?;
        names.push(field.text.into_owned());
        if field.last {
            let end = reader.at;
            return Ok((names, end, lines(text.as_bytes().get(..end).unwrap_or_default())));
        }
    }
}

/// The kinds of the columns in a first chunk, as far as it tells.
pub(crate) fn kinds(header: &Header, chunk: &Chunk) -> Result<Vec<Option<ColumnKind>>, Error> {
    let mut kinds: Vec<Option<ColumnKind>> = vec![None; header.names.len()];
    let text = text(chunk)?;
    records(text, header.delimiter, chunk.line, header.names.len(), |n, field, quoted| {
        let missing = field.is_empty() || (!quoted && value::is_missing(field));
        if let Some(known) = kinds.get_mut(n).filter(|_| !missing)
            && *known != Some(ColumnKind::Text)
        {
            let kind = value::kind(field);
            *known = Some(known.map_or(kind, |known| value::wider(known, kind)));
        }
    })?;
    Ok(kinds)
}

/// Tells of every field: its column, its text, and whether it was quoted.
fn records(
    text: &str,
    delimiter: u8,
    line: u64,
    columns: usize,
    mut tell: impl FnMut(usize, &str, bool),
) -> Result<(), Error> {
    let mut reader = Reader { text, at: 0, delimiter, line };
    while reader.skip_empty_lines() {
        let begin = reader.at;
        let mut n = 0;
        loop {
            let field = reader.field()?;
            tell(n, &field.text, field.quoted);
            n += 1;
            if field.last {
                break;
            }
        }
        if n != columns {
            let s = if n == 1 { "" } else { "s" };
            let detail = format!("has {n} field{s}, and the header names {columns} columns");
            return Err(Error::line(reader.line_at(begin), detail));
        }
    }
    Ok(())
}

struct FieldRead<'t> {
    text: Cow<'t, str>,
    quoted: bool,
    /// Whether it is the last of its record.
    last: bool,
}

/// Fields one after the other, as RFC 4180 has them.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    delimiter: u8,
    line: u64,
}

impl<'t> Reader<'t> {
    /// Whether there is another record.
    #[inline]
    fn skip_empty_lines(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                None => return false,
                Some(b'\n') => self.at += 1,
                Some(b'\r') if bytes.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                Some(_) => return true,
            }
        }
    }

    #[inline]
    fn field(&mut self) -> Result<FieldRead<'t>, Error> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.first() == Some(&b'"') {
            return self.quoted();
        }
        let end = memchr3(self.delimiter, b'\n', b'"', rest).unwrap_or(rest.len());
        let (last, mut stop) = match rest.get(end) {
            Some(b'"') => {
                let line = self.line_at(self.at + end);
                return Err(Error::line(
                    line,
                    "has a quote inside of a field that does not begin with one: quote the field, and write its quotes twice",
                ));
            }
            Some(b'\n') => (true, end),
            Some(_) => (false, end),
            None => (true, end),
        };
        if last && rest.get(stop.wrapping_sub(1)) == Some(&b'\r') {
            stop -= 1;
        }
        let text = self.text.get(self.at..self.at + stop).unwrap_or_default();
        self.at += end + usize::from(end < rest.len());
        Ok(FieldRead { text: Cow::Borrowed(text), quoted: false, last })
    }

    fn quoted(&mut self) -> Result<FieldRead<'t>, Error> {
        let bytes = self.text.as_bytes();
        let begin = self.at + 1;
        let (mut end, mut doubled) = (begin, false);
        loop {
            let Some(found) = bytes.get(end..).and_then(|rest| memchr(b'"', rest)) else {
                return Err(Error::line(self.line_at(self.at), "opens a quote that is not closed"));
            };
            end += found;
            if bytes.get(end + 1) != Some(&b'"') {
                break;
            }
            (end, doubled) = (end + 2, true);
        }
        let inside = self.text.get(begin..end).unwrap_or_default();
        let text = if doubled { Cow::Owned(inside.replace("\"\"", "\"")) } else { Cow::Borrowed(inside) };
        let after = end + 1;
        let (last, next) = match (bytes.get(after), bytes.get(after + 1)) {
            (None, _) => (true, after),
            (Some(b'\n'), _) => (true, after + 1),
            (Some(b'\r'), Some(b'\n')) => (true, after + 2),
            (Some(b'\r'), None) => (true, after + 1),
            (Some(mark), _) if *mark == self.delimiter => (false, after + 1),
            _ => {
                return Err(Error::line(
                    self.line_at(end),
                    "has text behind a closing quote; a quote inside of quotes is written twice",
                ));
            }
        };
        self.at = next;
        Ok(FieldRead { text, quoted: true, last })
    }

    fn line_at(&self, at: usize) -> u64 {
        self.line + lines(self.text.as_bytes().get(..at).unwrap_or_default())
    }
}
