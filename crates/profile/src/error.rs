//! What is wrong with a file.

/// Why a file has no profile.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A CSV file is broken at a line, counted from 1.
    #[error("line {line}: {detail}")]
    Line { line: u64, detail: String },
    /// The file as a whole is not what it should be.
    #[error("{0}")]
    Unsupported(String),
    /// A Parquet file is damaged, or uses what cannot be read.
    #[error("{0}")]
    Parquet(String),
}

impl Error {
    pub(crate) fn line(line: u64, detail: impl Into<String>) -> Self {
        Self::Line { line, detail: detail.into() }
    }

    /// The line of a broken CSV file; what has none comes first.
    pub(crate) fn at(&self) -> u64 {
        match self {
            Self::Line { line, .. } => *line,
            _ => 0,
        }
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Parquet(format!("the Parquet file cannot be read: {error}"))
    }
}
