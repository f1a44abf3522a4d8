//! ZIP archives, by their central directory as Python and PyTorch read them.

use crate::{Scanner, format};
use flate2::read::DeflateDecoder;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// The most entries that are looked at.
const ENTRIES_MAX: u64 = 100_000;
/// The end record and the longest comment behind it.
const TAIL: u64 = 22 + 65_535;

/// An entry of the directory.
struct Entry {
    name: String,
    encrypted: bool,
    method: u16,
    compressed: u64,
    header: u64,
}

/// The directory's place, as the end record says.
struct Directory {
    entries: u64,
    start: u64,
    /// What stands before the archive, which its offsets do not count.
    before: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The bytes of a range, fewer at the file's end.
fn bytes_at(file: &mut (impl Read + Seek), at: u64, most: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a file ends as an archive does.
pub(crate) fn is_archive(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    directory(file).map(|found| found.is_some())
}

fn directory(file: &mut (impl Read + Seek)) -> io::Result<Option<Directory>> {
    let size = file.seek(SeekFrom::End(0))?;
    let from = size.saturating_sub(TAIL);
    let tail = bytes_at(file, from, TAIL)?;
    let Some(end) = tail.windows(4).rposition(|four| four == b"PK\x05\x06") else { return Ok(None) };
    let record = tail.get(end..).unwrap_or_default();
    let (Some(entries), Some(length), Some(start)) =
        (u16_at(record, 10), u32_at(record, 12), u32_at(record, 16))
    else {
        return Ok(None);
    };
    let at = from.saturating_add(u64::try_from(end).unwrap_or(u64::MAX));
    if let Some(wide) = wide(file, at)? {
        return Ok(Some(wide));
    }
    let before = at.checked_sub(length).and_then(|real| real.checked_sub(start));
    Ok(before.map(|before| Directory { entries: entries.into(), start: start + before, before }))
}

/// The 64-bit end record, where there is one.
fn wide(file: &mut (impl Read + Seek), end: u64) -> io::Result<Option<Directory>> {
    let Some(locator) = end.checked_sub(20) else { return Ok(None) };
    let locator = bytes_at(file, locator, 20)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok(None);
    }
    let Some(at) = u64_at(&locator, 8) else { return Ok(None) };
    let record = bytes_at(file, at, 56)?;
    if !record.starts_with(b"PK\x06\x06") {
        return Ok(None);
    }
    let found = u64_at(&record, 32).zip(u64_at(&record, 48));
    Ok(found.map(|(entries, start)| Directory { entries, start, before: 0 }))
}

/// Scans every entry.
pub(crate) fn scan(scanner: &mut Scanner<'_>, file: &mut (impl Read + Seek)) -> io::Result<()> {
    let Some(directory) = directory(file)? else { return Ok(()) };
    if directory.entries > ENTRIES_MAX {
        scanner.unread(directory.start, "The archive has more entries than are looked at.");
    }
    let mut at = directory.start;
    for _ in 0..directory.entries.min(ENTRIES_MAX) {
        let Some((entry, next)) = entry(file, at, directory.before)? else {
            scanner.unread(at, "The archive's directory is damaged.");
            break;
        };
        if let Some(mut inner) = scanner.entry(&entry.name) {
            one(&mut inner, file, &entry)?;
        }
        at = next;
    }
    Ok(())
}

/// The directory's entry at a place, and where the next one is.
fn entry(file: &mut (impl Read + Seek), at: u64, before: u64) -> io::Result<Option<(Entry, u64)>> {
    let fixed = bytes_at(file, at, 46)?;
    if !fixed.starts_with(b"PK\x01\x02") {
        return Ok(None);
    }
    let lengths = [28, 30, 32].map(|at| u64::from(u16_at(&fixed, at).unwrap_or_default()));
    let [name, extra, comment] = lengths;
    let variable = bytes_at(file, at + 46, name + extra)?;
    let (Some(flags), Some(method), Some(compressed), Some(plain), Some(header)) =
        (u16_at(&fixed, 8), u16_at(&fixed, 10), u32_at(&fixed, 20), u32_at(&fixed, 24), u32_at(&fixed, 42))
    else {
        return Ok(None);
    };
    let (name_bytes, extra_bytes) =
        variable.split_at_checked(usize::try_from(name).unwrap_or_default()).unwrap_or((&variable, &[]));
    let (compressed, header) = widen(extra_bytes, plain, compressed, header);
    let name_text = String::from_utf8_lossy(name_bytes).chars().take(500).collect();
    let entry = Entry {
        name: name_text,
        encrypted: flags & 1 != 0,
        method,
        compressed,
        header: header.saturating_add(before),
    };
    Ok(Some((entry, at + 46 + name + extra + comment)))
}

/// Sizes and places beyond 32 bits stand in an extra field, those only that need it.
fn widen(mut extra: &[u8], plain: u64, compressed: u64, header: u64) -> (u64, u64) {
    const FULL: u64 = 0xffff_ffff;
    while let (Some(tag), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let field = extra.get(4..4 + usize::from(length)).unwrap_or_default();
        if tag == 1 {
            let mut words = field.chunks_exact(8).filter_map(|word| u64_at(word, 0));
            if plain == FULL {
                words.next();
            }
            let mut wide = |narrow| if narrow == FULL { words.next().unwrap_or(narrow) } else { narrow };
            return (wide(compressed), wide(header));
        }
        extra = extra.get(4 + usize::from(length)..).unwrap_or_default();
    }
    (compressed, header)
}

fn one(scanner: &mut Scanner<'_>, file: &mut (impl Read + Seek), entry: &Entry) -> io::Result<()> {
    if entry.encrypted {
        scanner.unread(0, "It is encrypted.");
        return Ok(());
    }
    let local = bytes_at(file, entry.header, 30)?;
    let lengths = u16_at(&local, 26).zip(u16_at(&local, 28)).filter(|_| local.starts_with(b"PK\x03\x04"));
    let Some((name, extra)) = lengths else {
        scanner.unread(entry.header, "The archive's entry is not where its directory says.");
        return Ok(());
    };
    file.seek(SeekFrom::Start(entry.header + 30 + u64::from(name) + u64::from(extra)))?;
    let mut packed = BufReader::with_capacity(64 << 10, file.take(entry.compressed));
    match entry.method {
        0 => format::stream(scanner, &mut packed),
        8 => format::stream(scanner, &mut DeflateDecoder::new(packed)),
        _ => {
            scanner.unread(entry.header, "It is compressed in a way that is not read here.");
            Ok(())
        }
    }
}
