//! Uploading files: numbered parts with digests, complete only when verified.

use serde::{Deserialize, Serialize};

/// The size of every part but a file's last, in bytes.
pub const PART_SIZE: u64 = 8 * 1024 * 1024;

/// The largest file, in bytes: 2 TiB.
pub const FILE_MAX: u64 = 2 << 40;

/// The most small files sent in one request.
pub const BATCH_FILES_MAX: usize = 200;

/// What stands before each file in such a request, in bytes: its SHA-256, and
/// its size in four bytes, the highest first.
pub const BATCH_HEAD: usize = 36;

/// The largest body of small files, in bytes.
pub const BATCH_MAX: usize = 4 * 1024 * 1024;

/// A file about to be sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlobQuery {
    /// SHA-256 of the whole file, lower-case hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sha256: String,
    /// Bytes, at most 2 TiB.
    #[schema(maximum = 2_199_023_255_552_u64)]
    pub size: u64,
}

/// Files about to be sent; at most 1,000 a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlobsQuery {
    #[schema(max_items = 1000)]
    pub files: Vec<BlobQuery>,
}

/// What the server holds of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BlobStatus {
    pub sha256: String,
    /// Whole and verified: nothing needs to be sent.
    pub present: bool,
    /// The parts that were sent before, when it is not whole yet.
    pub parts: Vec<PartStatus>,
}

/// A part that the server holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PartStatus {
    /// From 1.
    pub number: u32,
    /// SHA-256 of the part, lower-case hex.
    pub sha256: String,
}

/// How many parts a file of a size has; an empty file has one empty part.
#[must_use]
pub const fn part_count(size: u64) -> u64 {
    if size == 0 { 1 } else { size.div_ceil(PART_SIZE) }
}

/// The size of a part (numbered from 1) of a file, in bytes; zero past its end.
#[must_use]
pub const fn part_size(size: u64, number: u64) -> u64 {
    let start = number.saturating_sub(1).saturating_mul(PART_SIZE);
    let rest = size.saturating_sub(start);
    if rest < PART_SIZE { rest } else { PART_SIZE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_add_up_to_the_file(size in 0..5 * PART_SIZE) {
            let sum: u64 = (1..=part_count(size)).map(|n| part_size(size, n)).sum();
            prop_assert_eq!(sum, size);
        }
    }
}
