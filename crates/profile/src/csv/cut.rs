//! Cutting a file into chunks of whole records.

use super::Chunk;
use crate::error::Error;
use memchr::{memchr_iter, memrchr, memrchr2_iter};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Read as _;

/// Bytes read at once.
const BLOCK: usize = 1 << 20;
/// The longest record. Beyond it, a quote is not closed more likely than not.
const RECORD_MAX: usize = 16 << 20;

/// Reads a file, hashes it, and cuts it where records end.
pub(crate) struct Cutter<'a> {
    file: File,
    state: Sha256,
    read: &'a (dyn Fn(u64) + Sync),
    /// What came after the last cut.
    rest: Vec<u8>,
    /// The line that `rest` begins at.
    line: u64,
    ended: bool,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(file: File, read: &'a (dyn Fn(u64) + Sync)) -> Self {
        Self { file, state: Sha256::new(), read, rest: Vec::new(), line: 1, ended: false }
    }

    /// The next chunk; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>, Error> {
        let mut scanned = 0;
        let mut inside = false;
        while !self.ended {
            self.fill()?;
            let new = self.rest.get(scanned..).unwrap_or_default();
            if let Some(end) = record_end(new, inside) {
                return Ok(Some(self.cut(scanned + end)));
            }
            inside ^= memchr_iter(b'"', new).count() % 2 == 1;
            scanned = self.rest.len();
            if scanned > RECORD_MAX {
                // Whoever reads it finds the quote, if there is one.
                return Ok(Some(self.cut(scanned)));
            }
        }
        let rest = self.rest.len();
        Ok((rest > 0).then(|| self.cut(rest)))
    }

    fn fill(&mut self) -> Result<(), Error> {
        let before = self.rest.len();
        let got = self.file.by_ref().take(u64::try_from(BLOCK).unwrap_or(0)).read_to_end(&mut self.rest)?;
        self.state.update(self.rest.get(before..).unwrap_or_default());
        (self.read)(u64::try_from(got).unwrap_or(0));
        self.ended = got == 0;
        Ok(())
    }

    fn cut(&mut self, end: usize) -> Chunk {
        let mut rest = Vec::with_capacity(BLOCK + BLOCK / 4);
        rest.extend_from_slice(self.rest.get(end..).unwrap_or_default());
        let mut bytes = std::mem::replace(&mut self.rest, rest);
        bytes.truncate(end);
        let line = self.line;
        self.line += u64::try_from(memchr_iter(b'\n', &bytes).count()).unwrap_or(0);
        Chunk { line, bytes }
    }

    /// The digest of the file, once all of it was read.
    pub(crate) fn digest(self) -> String {
        hex::encode(self.state.finalize())
    }
}

/// Where the last record ends that is whole: behind the last line end outside
/// of quotes. `inside` says whether the bytes begin within quotes.
fn record_end(bytes: &[u8], inside: bool) -> Option<usize> {
    let quotes = memchr_iter(b'"', bytes).count();
    if quotes == 0 {
        return if inside { None } else { memrchr(b'\n', bytes).map(|at| at + 1) };
    }
    let mut quoted = inside ^ (quotes % 2 == 1);
    for at in memrchr2_iter(b'"', b'\n', bytes) {
        match bytes.get(at) {
            Some(b'"') => quoted = !quoted,
            _ if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}
