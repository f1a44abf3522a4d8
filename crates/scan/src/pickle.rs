//! A pickle as the machine reads it that it is a program for: protocols 0 to
//! 5. Nothing is imported, called or built; what counts is which names it
//! would import. Where the machine would fail, this goes on: to read too much
//! is safe, to stop early is not.

mod machine;
mod value;

use crate::Scanner;
use machine::Machine;
use std::io::{self, BufReader, Read};
use value::Value;

/// The longest line of a text opcode.
const LINE_MAX: usize = 1 << 16;
/// The most opcodes of one file.
const OPCODES_MAX: u64 = 200_000_000;
/// The most pickles behind one another.
const PICKLES_MAX: usize = 64;
/// The pickles of PyTorch's old format; the bytes of tensors follow.
const TORCH_PICKLES: usize = 5;
/// How deep pickles lie inside one another: joblib's arrays of objects.
const NESTING_MAX: usize = 8;

/// Why reading ended before the pickle did.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The file's fault, with what is wrong.
    Form(&'static str),
    /// The reader's.
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Form("It ends in the middle of a pickle."),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Self::Form("What is compressed in it is damaged.")
            }
            _ => Self::Io(error),
        }
    }
}

/// Bytes one after the other, and where in the file they stand.
pub(crate) struct Tape<R> {
    reader: BufReader<R>,
    at: u64,
    opcodes: u64,
}

impl<R: Read> Tape<R> {
    fn byte(&mut self) -> Result<u8, Broken> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// The next byte, or the end.
    fn next(&mut self) -> Result<Option<u8>, Broken> {
        let mut one = [0];
        match self.reader.read(&mut one).map_err(Broken::from)? {
            0 => Ok(None),
            _ => {
                self.at += 1;
                Ok(Some(one[0]))
            }
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.at += u64::try_from(N).unwrap_or_default();
        Ok(bytes)
    }

    fn skip(&mut self, length: u64) -> Result<(), Broken> {
        let skipped = io::copy(&mut self.reader.by_ref().take(length), &mut io::sink())?;
        self.at = self.at.saturating_add(skipped);
        if skipped == length { Ok(()) } else { Err(Broken::Form("It ends in the middle of a pickle.")) }
    }

    /// A text of a length; only what can be a name is kept.
    fn text(&mut self, length: u64) -> Result<Value, Broken> {
        if length > value::TEXT_MAX {
            self.skip(length)?;
            return Ok(Value::Other);
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        self.reader.read_exact(&mut bytes)?;
        self.at = self.at.saturating_add(length);
        Ok(Value::text(&bytes))
    }

    /// A line, without its end.
    fn line(&mut self) -> Result<Vec<u8>, Broken> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => break,
                byte if line.len() < LINE_MAX => line.push(byte),
                // Longer than any name; the rest of it is passed over.
                _ => {}
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    }

    fn opcode(&mut self) -> Result<u8, Broken> {
        self.opcodes += 1;
        if self.opcodes > OPCODES_MAX {
            return Err(Broken::Form("It has more instructions than are looked at."));
        }
        self.byte()
    }
}

/// Scans the pickles that begin here, one behind the other.
pub(crate) fn scan(reader: impl Read, start: u64, scanner: &mut Scanner<'_>) -> io::Result<()> {
    let mut tape = Tape { reader: BufReader::with_capacity(64 << 10, reader), at: start, opcodes: 0 };
    let mut first = None;
    for number in 0..PICKLES_MAX {
        // What follows may be anything, such as the bytes of tensors: it is
        // read as a pickle, since it may be loaded as one, and is no fault if not.
        let tensors = number >= TORCH_PICKLES;
        let surely = number == 0 || first == Some(0x80) && !tensors;
        let mut machine = Machine::new(scanner, 0);
        machine.names_only = tensors;
        match machine.run(&mut tape, first) {
            Ok(()) => {}
            Err(Broken::Io(error)) => return Err(error),
            Err(Broken::Form(why)) => {
                if surely {
                    scanner.unread(tape.at, why);
                }
                return Ok(());
            }
        }
        first = match tape.next() {
            Ok(Some(byte)) => Some(byte),
            Ok(None) => return Ok(()),
            Err(Broken::Io(error)) => return Err(error),
            Err(Broken::Form(_)) => return Ok(()),
        };
    }
    scanner.unread(tape.at, "More pickles follow one another than are looked at.");
    Ok(())
}
