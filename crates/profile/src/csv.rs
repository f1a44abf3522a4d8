//! CSV: one thread reads, hashes, and cuts the file where records end; two
//! others read the records. The types of columns show as they pass; where a
//! later value needs a wider one, the file is read once more.

mod cut;
mod lane;

use crate::error::Error;
use crate::{Format, Profiled};
use cut::Cutter;
use lane::{Found, Lane};
use std::fs::File;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use weighhouse_types::datasets::{COLUMNS_MAX, ColumnKind, Field, Profile};

/// Threads that read records. Their number is part of what a profile says:
/// sums and sketches are put together in this order on every machine.
const LANES: usize = 2;
/// Chunks that wait for a lane.
const WAITING: usize = 2;

/// Whole records, with the line that the first begins at.
pub(crate) struct Chunk {
    pub(crate) line: u64,
    pub(crate) bytes: Vec<u8>,
}

/// The names of the columns, and what lies between them.
#[derive(Clone, Debug)]
struct Header {
    delimiter: u8,
    names: Vec<String>,
}

pub(crate) fn profile(path: &Path, read: &(dyn Fn(u64) + Sync)) -> Result<Profiled, Error> {
    let mut kinds: Option<Vec<Option<ColumnKind>>> = None;
    let mut first: Option<String> = None;
    // Every kind is as wide as the file needs after the first time.
    for silent in [false, true] {
        let told: &(dyn Fn(u64) + Sync) = if silent { &|_| () } else { read };
        let (header, sha256, found) = pass(path, kinds.take(), told)?;
        if first.get_or_insert_with(|| sha256.clone()) != &sha256 {
            break;
        }
        if !found.widened {
            return finish(header, sha256, found);
        }
        kinds = Some(found.kinds);
    }
    Err(Error::Unsupported("it changed while it was read: try again when nobody writes to it".into()))
}

fn finish(header: Header, sha256: String, found: Found) -> Result<Profiled, Error> {
    let rows = found.columns.first().map_or(0, crate::column::Column::rows);
    let named = header.names.into_iter().zip(found.columns);
    let columns: Vec<_> = named.map(|(name, column)| column.finish(name)).collect();
    let field = |column: &weighhouse_types::datasets::ColumnProfile| Field {
        name: column.name.clone(),
        kind: column.kind.as_str().into(),
    };
    let schema = columns.iter().map(field).collect();
    Ok(Profiled {
        format: Format::Csv,
        sha256,
        schema,
        profile: Profile { rows, columns },
        left_out: Vec::new(),
    })
}

/// Reads the file once. `kinds` are those of an earlier pass.
fn pass(
    path: &Path,
    kinds: Option<Vec<Option<ColumnKind>>>,
    read: &(dyn Fn(u64) + Sync),
) -> Result<(Header, String, Found), Error> {
    let mut cutter = Cutter::new(File::open(path)?, read);
    let mut chunk = cutter.next()?.unwrap_or(Chunk { line: 1, bytes: Vec::new() });
    let header = header(&mut chunk)?;
    let kinds = match kinds {
        Some(kinds) => kinds,
        None => lane::kinds(&header, &chunk)?,
    };
    let lanes = || Lane::new(header.delimiter, header.names.len(), &kinds);
    let found = std::thread::scope(|scope| {
        let mut ways = Vec::new();
        let mut threads = Vec::new();
        for _ in 0..LANES {
            let (way, chunks) = sync_channel::<Chunk>(WAITING);
            let mut lane = lanes();
            ways.push(way);
            threads.push(scope.spawn(move || {
                chunks.iter().try_for_each(|chunk| lane.read(&chunk))?;
                Ok(lane.finish())
            }));
        }
        let mut next = Some(chunk);
        let mut cut = Ok(());
        // A lane leaves early when it finds something wrong.
        for way in ways.iter().cycle() {
            let Some(chunk) = next.take() else { break };
            if way.send(chunk).is_err() {
                break;
            }
            match cutter.next() {
                Ok(chunk) => next = chunk,
                Err(error) => cut = Err(error),
            }
        }
        drop(ways);
        let ended: Vec<Result<Found, Error>> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        together(ended, cut)
    })?;
    Ok((header, cutter.digest(), found))
}

/// What the lanes found, as one; or the first thing wrong in the file.
fn together(ended: Vec<Result<Found, Error>>, cut: Result<(), Error>) -> Result<Found, Error> {
    let mut all: Option<Found> = None;
    let mut wrong: Option<Error> = None;
    for lane in ended {
        match (lane, &mut all) {
            (Ok(found), Some(all)) => all.merge(found),
            (Ok(found), None) => all = Some(found),
            (Err(error), _) => {
                wrong = Some(error).into_iter().chain(wrong).min_by_key(Error::at);
            }
        }
    }
    match (wrong, cut, all) {
        (Some(wrong), _, _) | (None, Err(wrong), _) => Err(wrong),
        (None, Ok(()), Some(all)) => Ok(all),
        (None, Ok(()), None) => Err(Error::Unsupported("it holds nothing".into())),
    }
}

/// Takes the header off the first chunk.
fn header(chunk: &mut Chunk) -> Result<Header, Error> {
    if chunk.bytes.starts_with(b"\xef\xbb\xbf") {
        chunk.bytes.drain(..3);
    }
    let text = lane::text(chunk)?;
    let delimiter = delimiter(text.lines().next().unwrap_or_default());
    let (names, end, lines) = lane::first_record(text, delimiter, chunk.line)?;
    if names.is_empty() {
        return Err(Error::line(chunk.line, "there is no header: the first line names the columns"));
    }
    if names.len() > COLUMNS_MAX {
        return Err(Error::Unsupported(format!(
            "it has {} columns; at most 5,000 can be profiled",
            names.len()
        )));
    }
    let mut seen = std::collections::BTreeSet::new();
    let unnamed =
        |(n, name): (usize, String)| if name.trim().is_empty() { format!("column_{}", n + 1) } else { name };
    let names: Vec<String> = names.into_iter().enumerate().map(unnamed).collect();
    if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(Error::line(
            chunk.line,
            format!("two columns are named ‘{twice}’; give each a name of its own"),
        ));
    }
    chunk.bytes.drain(..end);
    chunk.line += lines;
    Ok(Header { delimiter, names })
}

/// The most frequent of what stands between columns; a comma where none does.
fn delimiter(line: &str) -> u8 {
    let outside = line.split('"').step_by(2);
    let outside: Vec<&str> = outside.collect();
    let count = |mark: &u8| {
        outside.iter().map(|part| memchr::memchr_iter(*mark, part.as_bytes()).count()).sum::<usize>()
    };
    let marks = [b'|', b';', b'\t', b','];
    // The last of equals: the comma.
    marks.into_iter().max_by_key(count).unwrap_or(b',')
}

#[cfg(test)]
mod tests;
