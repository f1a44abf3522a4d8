//! Parquet: the columns one by one, page by page. Two threads take the next
//! column that nobody has, and one of them the digest first.

mod meaning;

use crate::column::Column;
use crate::error::Error;
use crate::value::Value;
use crate::{Format, Profiled, digest};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::DataType;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::schema::types::ColumnDescPtr;
use meaning::Meaning;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use weighhouse_types::datasets::{COLUMNS_MAX, ColumnKind, ColumnProfile, Field, Profile};

const THREADS: usize = 2;
/// Values read at once.
const BATCH: usize = 8192;

/// What a thread brought of a piece of work.
enum Piece {
    Digest(String),
    Column(usize, ColumnProfile),
}

pub(crate) fn profile(path: &Path, read: &(dyn Fn(u64) + Sync)) -> Result<Profiled, Error> {
    let file = open(path)?;
    let metadata = file.metadata().file_metadata();
    let columns = metadata.schema_descr().columns();
    if columns.len() > COLUMNS_MAX {
        let detail = format!("it has {} columns; at most 5,000 can be profiled", columns.len());
        return Err(Error::Unsupported(detail));
    }
    let rows = u64::try_from(metadata.num_rows()).unwrap_or(0);
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<Piece>, Error> {
        // A file of its own: copies of a handle share where they are.
        let file = open(path)?;
        let mut done = Vec::new();
        loop {
            match next.fetch_add(1, Ordering::Relaxed) {
                0 => done.push(Piece::Digest(digest::sha256(path, read)?)),
                n => match columns.get(n - 1) {
                    Some(column) if column.max_rep_level() == 0 => {
                        done.push(Piece::Column(n - 1, profile_column(&file, n - 1, column, rows)?));
                    }
                    Some(_) => {}
                    None => return Ok(done),
                },
            }
        }
    };
    let pieces: Vec<Piece> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        let joined =
            threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect::<Result<Vec<_>, _>>()
    })?
    .into_iter()
    .flatten()
    .collect();
    together(pieces, columns, rows)
}

fn open(path: &Path) -> Result<SerializedFileReader<File>, Error> {
    Ok(SerializedFileReader::new(File::open(path)?)?)
}

fn together(pieces: Vec<Piece>, columns: &[ColumnDescPtr], rows: u64) -> Result<Profiled, Error> {
    let (mut sha256, mut found) = (String::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Digest(digest) => sha256 = digest,
            Piece::Column(n, column) => found.push((n, column)),
        }
    }
    found.sort_by_key(|(n, _)| *n);
    let field = |column: &ColumnDescPtr| Field { name: name(column), kind: meaning::words(column) };
    let left_out = columns.iter().filter(|column| column.max_rep_level() > 0).map(name).collect();
    let schema = columns.iter().map(field).collect();
    let profile = Profile { rows, columns: found.into_iter().map(|(_, column)| column).collect() };
    Ok(Profiled { format: Format::Parquet, sha256, schema, profile, left_out })
}

fn name(column: &ColumnDescPtr) -> String {
    column.path().string()
}

fn profile_column(
    file: &SerializedFileReader<File>,
    n: usize,
    descriptor: &ColumnDescPtr,
    rows: u64,
) -> Result<ColumnProfile, Error> {
    let meaning = Meaning::of(descriptor);
    let mut column = Column::new(meaning.kind());
    for group in 0..file.num_row_groups() {
        let reader = file.get_row_group(group)?.get_column_reader(n)?;
        let at = |error: Error| Error::Parquet(format!("column ‘{}’: {error}", name(descriptor)));
        read_chunk(reader, &meaning, descriptor.max_def_level(), &mut column).map_err(at)?;
    }
    if column.rows() != rows {
        let detail = format!(
            "column ‘{}’ has {} rows of {rows}: the file is damaged",
            name(descriptor),
            column.rows()
        );
        return Err(Error::Parquet(detail));
    }
    Ok(column.finish(name(descriptor)))
}

fn read_chunk(
    reader: ColumnReader,
    meaning: &Meaning,
    optional: i16,
    column: &mut Column,
) -> Result<(), Error> {
    match reader {
        ColumnReader::BoolColumnReader(reader) => pump(reader, optional, column, |column, yes| {
            column.add(Value::Text(if *yes { "true" } else { "false" }));
            Ok(())
        }),
        ColumnReader::Int32ColumnReader(reader) => pump(reader, optional, column, |column, whole| {
            column.add(meaning.whole_32(*whole));
            Ok(())
        }),
        ColumnReader::Int64ColumnReader(reader) => pump(reader, optional, column, |column, whole| {
            column.add(meaning.whole(*whole));
            Ok(())
        }),
        ColumnReader::Int96ColumnReader(reader) => pump(reader, optional, column, |column, moment| {
            column.add(meaning::moment(crate::value::as_float(moment.to_millis()) / 1000.0));
            Ok(())
        }),
        ColumnReader::FloatColumnReader(reader) => pump(reader, optional, column, |column, number| {
            column.add(meaning::number(f64::from(*number)));
            Ok(())
        }),
        ColumnReader::DoubleColumnReader(reader) => pump(reader, optional, column, |column, number| {
            column.add(meaning::number(*number));
            Ok(())
        }),
        ColumnReader::ByteArrayColumnReader(reader) => {
            pump(reader, optional, column, |column, bytes| add_bytes(column, meaning, bytes.data()))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            pump(reader, optional, column, |column, bytes| add_bytes(column, meaning, bytes.data()))
        }
    }
}

fn add_bytes(column: &mut Column, meaning: &Meaning, bytes: &[u8]) -> Result<(), Error> {
    match meaning {
        Meaning::Text => match std::str::from_utf8(bytes) {
            Ok(text) => column.add(Value::Text(text)),
            Err(_) => {
                let row = column.rows() + 1;
                return Err(Error::Parquet(format!(
                    "row {row} holds bytes that are not UTF-8, in a column of text"
                )));
            }
        },
        Meaning::Decimal(scale) => column.add(meaning::decimal(bytes, *scale)),
        Meaning::Half => column.add(meaning::half(bytes)),
        _ => column.add_bytes(bytes),
    }
    Ok(())
}

/// Tells of every value of a column's part; rows without one are counted.
fn pump<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    optional: i16,
    column: &mut Column,
    mut each: impl FnMut(&mut Column, &T::T) -> Result<(), Error>,
) -> Result<(), Error> {
    let (mut levels, mut values) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
    loop {
        levels.clear();
        values.clear();
        let wanted = (optional > 0).then_some(&mut levels);
        let (rows, found, _) = reader.read_records(BATCH, wanted, None, &mut values)?;
        if rows == 0 {
            return Ok(());
        }
        values.iter().try_for_each(|value| each(column, value))?;
        column.add_missing(u64::try_from(rows.saturating_sub(found)).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests;
