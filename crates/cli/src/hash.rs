//! Hashing a file while it is read: the whole, and every part of 8 MiB.

use sha2::{Digest as _, Sha256};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use weighhouse_ledger::Hash;
use weighhouse_types::blobs;

/// Read at once. Divides a part, so that no chunk crosses its end.
const CHUNK: u64 = 1024 * 1024;
/// Chunks in memory per file: what one thread reads while the other hashes.
const CHUNKS: usize = 4;

/// The digests of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hashed {
    pub(crate) whole: Hash,
    /// In order; a file of one part has one, equal to the whole.
    pub(crate) parts: Vec<Hash>,
}

/// Hashes `size` bytes, in memory that does not grow with them. `read` is told
/// of bytes as they are read.
///
/// # Errors
/// When reading fails, or there are not exactly `size` bytes.
pub(crate) fn hash(reader: impl Read + Send, size: u64, read: &(dyn Fn(u64) + Sync)) -> io::Result<Hashed> {
    let mut source = Source { reader, left: size, read };
    let hashed = if size <= blobs::PART_SIZE { hash_small(&mut source)? } else { hash_large(&mut source)? };
    source.expect_end()?;
    Ok(hashed)
}

/// One part: its digest is the whole's.
fn hash_small<R: Read>(source: &mut Source<'_, R>) -> io::Result<Hashed> {
    let mut chunk = Vec::new();
    let mut state = Sha256::new();
    while source.fill(&mut chunk)? {
        state.update(&chunk);
    }
    let whole = finish(state);
    Ok(Hashed { whole, parts: vec![whole] })
}

/// Two threads: this one reads and hashes parts, the other hashes the whole.
/// A fixed set of chunks goes round between them.
fn hash_large<R: Read + Send>(source: &mut Source<'_, R>) -> io::Result<Hashed> {
    let (full, to_hash) = sync_channel(CHUNKS);
    let (used, free) = sync_channel(CHUNKS);
    for _ in 0..CHUNKS {
        let _ = used.send(Vec::new());
    }
    std::thread::scope(|scope| {
        let whole = scope.spawn(move || hash_whole(&to_hash, &used));
        let parts = hash_parts(source, full, &free);
        match whole.join() {
            Ok(whole) => Ok(Hashed { whole, parts: parts? }),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn hash_whole(to_hash: &Receiver<Vec<u8>>, used: &SyncSender<Vec<u8>>) -> Hash {
    let mut state = Sha256::new();
    for chunk in to_hash {
        state.update(&chunk);
        let _ = used.send(chunk);
    }
    finish(state)
}

fn hash_parts<R: Read>(
    source: &mut Source<'_, R>,
    full: SyncSender<Vec<u8>>,
    free: &Receiver<Vec<u8>>,
) -> io::Result<Vec<Hash>> {
    let mut parts = Vec::new();
    let mut state = Sha256::new();
    let mut in_part = 0;
    // The other thread ends early only by a panic, which its join reports.
    while let Ok(mut chunk) = free.recv() {
        if !source.fill(&mut chunk)? {
            break;
        }
        state.update(&chunk);
        in_part += CHUNK;
        if in_part == blobs::PART_SIZE {
            parts.push(finish(std::mem::take(&mut state)));
            in_part = 0;
        }
        if full.send(chunk).is_err() {
            break;
        }
    }
    if in_part > 0 {
        parts.push(finish(state));
    }
    Ok(parts)
}

fn finish(state: Sha256) -> Hash {
    Hash::from(<[u8; 32]>::from(state.finalize()))
}

/// A reader that must hold a known number of bytes.
struct Source<'a, R> {
    reader: R,
    left: u64,
    read: &'a (dyn Fn(u64) + Sync),
}

impl<R: Read> Source<'_, R> {
    /// Puts the next chunk into `chunk`, whole but for the last; false at the end.
    fn fill(&mut self, chunk: &mut Vec<u8>) -> io::Result<bool> {
        let want = self.left.min(CHUNK);
        chunk.clear();
        if want == 0 {
            return Ok(false);
        }
        chunk.reserve_exact(usize::try_from(want).unwrap_or(0));
        self.reader.by_ref().take(want).read_to_end(chunk)?;
        let got = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if got != want {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter"));
        }
        self.left -= got;
        (self.read)(got);
        Ok(true)
    }

    fn expect_end(&mut self) -> io::Result<()> {
        match self.reader.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it became longer")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn bytes(size: u64) -> Vec<u8> {
        (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect()
    }

    fn digest(bytes: &[u8]) -> Hash {
        finish(Sha256::new().chain_update(bytes))
    }

    #[test]
    fn whole_and_parts_are_what_the_contract_says() {
        let sizes = [
            0,
            1,
            CHUNK,
            blobs::PART_SIZE - 1,
            blobs::PART_SIZE,
            blobs::PART_SIZE + 1,
            3 * blobs::PART_SIZE + 5,
        ];
        for size in sizes {
            let content = bytes(size);
            let read = AtomicU64::new(0);
            let hashed = hash(content.as_slice(), size, &|n| {
                read.fetch_add(n, Ordering::Relaxed);
            })
            .unwrap();
            assert_eq!(hashed.whole, digest(&content), "{size}");
            let mut rest = content.as_slice();
            let parts: Vec<_> = (1..=blobs::part_count(size))
                .map(|n| {
                    let (part, after) = rest.split_at(usize::try_from(blobs::part_size(size, n)).unwrap());
                    rest = after;
                    digest(part)
                })
                .collect();
            assert_eq!(hashed.parts, parts, "{size}");
            assert_eq!(read.into_inner(), size);
        }
    }

    #[test]
    fn a_file_that_changes_its_length_is_refused() {
        for size in [10, 2 * blobs::PART_SIZE] {
            let content = bytes(size);
            assert!(hash(content.as_slice(), size + 1, &|_| ()).is_err());
            assert!(hash(content.as_slice(), size - 1, &|_| ()).is_err());
        }
    }

    #[test]
    fn an_error_of_reading_ends_both_threads() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("disk"))
            }
        }
        assert!(hash(Broken, 3 * blobs::PART_SIZE, &|_| ()).is_err());
    }
}
