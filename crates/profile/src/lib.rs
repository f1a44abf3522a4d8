//! Digest and profile of a file of data, in one pass where that is possible,
//! in memory that does not grow with it, on two threads.
//!
//! `csv` and `parquet` read; `column` gathers what one column holds, with the
//! sketches of `sketch` and `frequent`. What a profile says depends on the file
//! alone, never on how the threads came along: the same file has the same
//! profile on every machine.

mod column;
mod csv;
mod digest;
mod error;
mod frequent;
mod parquet;
mod sketch;
mod value;

pub use error::Error;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use weighhouse_types::datasets::{Field, Profile};

/// How a file holds its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Csv,
    Parquet,
}

/// What was found of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Profiled {
    pub format: Format,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// In the order of the file.
    pub schema: Vec<Field>,
    pub profile: Profile,
    /// Columns that the profile leaves out, because each row may hold many values.
    pub left_out: Vec<String>,
}

/// Reads a file. `read` is told of bytes as they pass.
///
/// # Errors
/// When it cannot be read, or is neither CSV nor Parquet; with the line where
/// a CSV file is broken.
pub fn profile(path: &Path, read: &(dyn Fn(u64) + Sync)) -> Result<Profiled, Error> {
    let mut begin = Vec::new();
    File::open(path)?.take(4096).read_to_end(&mut begin)?;
    match format(path, &begin)? {
        Format::Csv => csv::profile(path, read),
        Format::Parquet => parquet::profile(path, read),
    }
}

/// What the beginning of a file, and then its name, say that it is.
fn format(path: &Path, begin: &[u8]) -> Result<Format, Error> {
    let other = |what: &str, todo: &str| {
        Err(Error::Unsupported(format!("it is {what}: {todo}; CSV and Parquet files can be read")))
    };
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    match begin {
        [b'P', b'A', b'R', b'1', ..] => return Ok(Format::Parquet),
        [b'P', b'A', b'R', b'E', ..] => return other("an encrypted Parquet file", "decrypt it"),
        [0x1f, 0x8b, ..] => return other("compressed with gzip", "unpack it first"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => return other("compressed with zstd", "unpack it first"),
        [b'P', b'K', 3, 4, ..] => return other("a ZIP file or spreadsheet", "unpack or export it first"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return other("text in UTF-16", "store it as UTF-8"),
        [] => return Err(Error::Unsupported("it is empty: even a file without rows needs a header".into())),
        _ => {}
    }
    if begin.contains(&0) {
        return other("no text", "convert it");
    }
    match extension.as_str() {
        "parquet" | "pq" => {
            Err(Error::Unsupported("it does not begin as a Parquet file does: it is damaged".into()))
        }
        "json" | "jsonl" | "ndjson" => other("JSON", "convert it"),
        _ => Ok(Format::Csv),
    }
}
