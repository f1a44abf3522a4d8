//! What a file is, by its first bytes, and what that means for a scan.

use crate::{Scanner, archive};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use std::io::{self, Read, Seek, SeekFrom};
use weighhouse_types::attestations::Severity;

/// Formats that a scan tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// PyTorch since 1.6, `.npz`, Keras and others.
    Zip,
    Pickle,
    Numpy,
    /// Compressed by joblib.
    Zlib,
    Gzip,
    /// Compressed in a way that is not read here: bzip2, xz, lz4, zstd, 7z.
    Packed,
    Safetensors,
    Gguf,
    Onnx,
    Json,
    Text,
    Other,
}

/// Names under which people keep pickles: those without a magic number too.
const PICKLES: &[&str] = &[
    "pkl",
    "pickle",
    "pk",
    "p",
    "joblib",
    "pt",
    "pth",
    "ckpt",
    "bin",
    "dill",
    "cloudpickle",
    "model",
    "sav",
];
/// The most that is unpacked of one stream.
const UNPACKED_MAX: u64 = 16 << 30;
/// The longest header of a NumPy file.
const NUMPY_HEADER_MAX: u64 = 1 << 20;

fn extension(path: &str) -> String {
    let name = path.rsplit(['/', '!']).next().unwrap_or_default();
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

/// What a file is. What its bytes say wins over its name.
pub(crate) fn recognise(path: &str, file: &mut (impl Read + Seek)) -> io::Result<Format> {
    file.seek(SeekFrom::Start(0))?;
    let mut head = Vec::new();
    file.take(512).read_to_end(&mut head)?;
    let size = file.seek(SeekFrom::End(0))?;
    let name = extension(path);
    // Whoever reads an archive looks for its end, whatever it begins with.
    if archive::is_archive(file)? {
        return Ok(Format::Zip);
    }
    Ok(by_head(&head, size, &name))
}

/// The format by first bytes; pickles are looked at before any other name is believed.
fn by_head(head: &[u8], size: u64, name: &str) -> Format {
    let text = |head: &[u8]| head.iter().all(|b| matches!(b, 9 | 10 | 13 | 32..=126 | 128..));
    match head {
        [0x80, 0..=5, ..] => Format::Pickle,
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Format::Numpy,
        [b'G', b'G', b'U', b'F', ..] => Format::Gguf,
        [0x1f, 0x8b, ..] => Format::Gzip,
        [b'B', b'Z', b'h', ..]
        | [0xfd, b'7', b'z', b'X', b'Z', ..]
        | [0x04, 0x22, 0x4d, 0x18, ..]
        | [0x28, 0xb5, 0x2f, 0xfd, ..]
        | [b'7', b'z', 0xbc, 0xaf, ..]
        | [0x5d, 0, 0, ..] => Format::Packed,
        _ if is_safetensors(head, size) => Format::Safetensors,
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Format::Zlib,
        [b'Z', b'F', ..] if PICKLES.contains(&name) => Format::Packed,
        _ if PICKLES.contains(&name) => Format::Pickle,
        _ if name == "onnx" => Format::Onnx,
        [b'{' | b'[', ..] if text(head) => Format::Json,
        _ if !head.is_empty() && text(head) => Format::Text,
        _ => Format::Other,
    }
}

/// Eight bytes of length, then that much JSON.
fn is_safetensors(head: &[u8], size: u64) -> bool {
    let Some((length, rest)) = head.split_first_chunk::<8>() else { return false };
    let length = u64::from_le_bytes(*length);
    length >= 2 && length <= size.saturating_sub(8) && length < 100 << 20 && rest.first() == Some(&b'{')
}

/// Scans a file of a format from its beginning.
pub(crate) fn scan(
    scanner: &mut Scanner<'_>,
    format: Format,
    file: &mut (impl Read + Seek),
) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    match format {
        Format::Pickle => scanner.pickle(file, 0),
        Format::Zip => {
            archive::scan(scanner, file)?;
            // One that is a pickle at its beginning as well is loaded as one by some.
            file.seek(SeekFrom::Start(0))?;
            let mut head = [0; 2];
            let pickle = file.read_exact(&mut head).is_ok() && matches!(head, [0x80, 0..=5]);
            file.seek(SeekFrom::Start(0))?;
            if pickle { scanner.pickle(file, 0) } else { Ok(()) }
        }
        Format::Numpy => numpy(scanner, file),
        Format::Zlib => stream(scanner, &mut ZlibDecoder::new(file)),
        Format::Gzip => stream(scanner, &mut MultiGzDecoder::new(file)),
        Format::Packed => {
            scanner
                .unread(0, "It is compressed in a way that is not read here. Unpack it before registering.");
            Ok(())
        }
        Format::Safetensors | Format::Gguf | Format::Onnx | Format::Json | Format::Text | Format::Other => {
            Ok(())
        }
    }
}

/// Scans what comes out of a stream that cannot seek: an entry, or something compressed.
pub(crate) fn stream(scanner: &mut Scanner<'_>, reader: &mut dyn Read) -> io::Result<()> {
    let mut reader = reader.take(UNPACKED_MAX);
    let mut head = Vec::new();
    if let Err(error) = reader.by_ref().take(512).read_to_end(&mut head) {
        return damaged(scanner, error);
    }
    let name = extension(&scanner.path);
    let format = by_head(&head, u64::MAX, &name);
    let whole = io::Cursor::new(head).chain(reader);
    let scanned = match format {
        Format::Pickle => scanner.pickle(whole, 0),
        Format::Numpy => numpy(scanner, whole),
        Format::Zlib if PICKLES.contains(&name.as_str()) => {
            return match scanner.entry(&format!("unpacked.{name}")) {
                Some(mut inner) => stream(&mut inner, &mut ZlibDecoder::new(whole)),
                None => Ok(()),
            };
        }
        Format::Packed | Format::Gzip => {
            scanner.unread(0, "It is compressed once more, which is not read here.");
            Ok(())
        }
        _ => Ok(()),
    };
    scanned.or_else(|error| damaged(scanner, error))
}

/// Bytes that cannot be unpacked are the file's own trouble; all else is ours.
fn damaged(scanner: &mut Scanner<'_>, error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            scanner.unread(0, "What is compressed in it is damaged.");
            Ok(())
        }
        _ => Err(error),
    }
}

/// A NumPy file: an array of objects is a pickle behind the header.
fn numpy(scanner: &mut Scanner<'_>, mut reader: impl Read) -> io::Result<()> {
    let mut fixed = [0; 10];
    if reader.read_exact(&mut fixed).is_err() {
        return Ok(());
    }
    let [.., major, _, low, high] = fixed;
    let (length, before) = if major >= 2 {
        let mut rest = [0; 2];
        reader.read_exact(&mut rest)?;
        let [third, fourth] = rest;
        (u64::from(u32::from_le_bytes([low, high, third, fourth])), 12)
    } else {
        (u64::from(u16::from_le_bytes([low, high])), 10)
    };
    if length > NUMPY_HEADER_MAX {
        scanner.say(Severity::Warning, 8, "NumPy header", "The header is longer than any real one.");
        return Ok(());
    }
    let mut header = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut header)?;
    let header = String::from_utf8_lossy(&header);
    if header.contains("|O") || header.contains("'O'") || header.contains("O8") {
        scanner.pickle(reader, before + length)?;
    }
    Ok(())
}
