//! SHA-256 of a file.

use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes read at once.
const CHUNK: usize = 1 << 20;

/// Reads a file to its end; `read` is told of bytes as they pass.
pub(crate) fn sha256(path: &Path, read: &(dyn Fn(u64) + Sync)) -> io::Result<String> {
    let (mut file, mut state) = (File::open(path)?, Sha256::new());
    let mut chunk = vec![0; CHUNK];
    loop {
        let got = file.read(&mut chunk)?;
        let Some(bytes) = chunk.get(..got).filter(|bytes| !bytes.is_empty()) else {
            return Ok(hex::encode(state.finalize()));
        };
        state.update(bytes);
        read(u64::try_from(got).unwrap_or(0));
    }
}
