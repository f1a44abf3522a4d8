//! The machine: a stack, a memo, and the instructions.

use super::value::{self, Behind, Value};
use super::{Broken, NESTING_MAX, Tape};
use crate::Scanner;
use std::collections::HashMap;
use std::io::Read;
use std::rc::Rc;
use weighhouse_types::attestations::Severity;

/// The most values on the stack.
const STACK_MAX: usize = 4_000_000;
/// The most values in the memo, and what their texts may weigh together.
const MEMO_MAX: usize = 4_000_000;
const MEMO_WEIGHT_MAX: usize = 64 << 20;

pub(super) struct Machine<'s, 'r> {
    scanner: &'s mut Scanner<'r>,
    stack: Vec<Value>,
    memo: HashMap<u64, Value>,
    weight: usize,
    depth: usize,
    /// Whether this may well be the bytes of tensors: among them an import
    /// without a name is chance, one with a name is none.
    pub(super) names_only: bool,
}

impl<'s, 'r> Machine<'s, 'r> {
    pub(super) fn new(scanner: &'s mut Scanner<'r>, depth: usize) -> Self {
        Self { scanner, stack: Vec::new(), memo: HashMap::new(), weight: 0, depth, names_only: false }
    }

    fn nameless(&mut self, severity: Severity, at: u64, what: &str, why: &str) {
        if !self.names_only {
            self.scanner.say(severity, at, what, why);
        }
    }

    /// Reads up to the end of one pickle; `first` was read before.
    pub(super) fn run<R: Read>(&mut self, tape: &mut Tape<R>, first: Option<u8>) -> Result<(), Broken> {
        let mut next = first;
        loop {
            let opcode = match next.take() {
                Some(opcode) => opcode,
                None => tape.opcode()?,
            };
            if opcode == b'.' {
                return Ok(());
            }
            if !self.literal(opcode, tape)?
                && !self.imports(opcode, tape)?
                && !self.structure(opcode, tape)?
            {
                return Err(Broken::Form("It holds what is no instruction of a pickle."));
            }
            if self.stack.len() > STACK_MAX {
                return Err(Broken::Form("It keeps more values than are looked at."));
            }
        }
    }

    /// Numbers, and what has no content that counts.
    fn literal<R: Read>(&mut self, opcode: u8, tape: &mut Tape<R>) -> Result<bool, Broken> {
        let value = match opcode {
            b'N' | b']' | 0x88 | 0x89 | 0x8f | 0x97 => Value::Other,
            b'}' => Value::Dict(Vec::new()),
            b')' => Value::tuple(Vec::new()),
            b'J' => Value::Int(i32::from_le_bytes(tape.array()?).into()),
            b'K' => Value::Int(tape.byte()?.into()),
            b'M' => Value::Int(u16::from_le_bytes(tape.array()?).into()),
            b'I' => number(&tape.line()?),
            b'L' => number(tape.line()?.trim_ascii_end().strip_suffix(b"L").unwrap_or_default()),
            b'F' => tape.line().map(|_| Value::Other)?,
            b'G' => tape.array::<8>().map(|_| Value::Other)?,
            0x8a => {
                let length = tape.byte()?;
                long(tape, length.into())?
            }
            0x8b => {
                let length = u32::from_le_bytes(tape.array()?);
                long(tape, length.into())?
            }
            _ => match text(opcode, tape)? {
                Some(value) => value,
                None => return Ok(false),
            },
        };
        Ok(self.push(value))
    }

    /// What imports and what calls.
    fn imports<R: Read>(&mut self, opcode: u8, tape: &mut Tape<R>) -> Result<bool, Broken> {
        let at = tape.at.saturating_sub(1);
        match opcode {
            b'c' | b'i' => {
                let (module, name) = (tape.line()?, tape.line()?);
                if opcode == b'i' {
                    self.pop_mark();
                }
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let global = self.import(at, text(&module), text(&name));
                self.push(global);
            }
            0x93 => {
                let (name, module) = (self.pop(), self.pop());
                let global = match (module, name) {
                    (Value::Text(module), Value::Text(name)) => {
                        self.import(at, module.to_string(), name.to_string())
                    }
                    _ => {
                        let why = "It imports something whose name is made up while the file is loaded.";
                        self.nameless(Severity::Danger, at, "an import without a plain name", why);
                        Value::Other
                    }
                };
                self.push(global);
            }
            0x82..=0x84 => {
                tape.skip(1 << (opcode - 0x82))?;
                let why = "It imports by a number that only the program which loads it can resolve.";
                self.nameless(Severity::Warning, at, "an import by number", why);
                self.push(Value::Other);
            }
            b'R' | 0x81 => {
                let (arguments, callee) = (self.pop(), self.pop());
                self.push(made(callee, arguments));
            }
            0x92 => {
                let (_named, arguments, callee) = (self.pop(), self.pop(), self.pop());
                self.push(made(callee, arguments));
            }
            b'o' => {
                self.pop_mark();
                self.push(Value::Other);
            }
            b'b' => {
                let state = self.pop();
                self.build(&state, tape)?;
            }
            b'P' => {
                tape.line()?;
                self.push(Value::Other);
            }
            b'Q' => {
                self.pop();
                self.push(Value::Other);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Stack and containers.
    fn structure<R: Read>(&mut self, opcode: u8, tape: &mut Tape<R>) -> Result<bool, Broken> {
        match opcode {
            b'(' => drop(self.push(Value::Mark)),
            b'0' => drop(self.pop()),
            b'1' => drop(self.pop_mark()),
            b'2' => {
                let top = self.stack.last().cloned().unwrap_or(Value::Other);
                self.push(top);
            }
            b'a' => drop(self.pop()),
            b'e' | 0x90 => drop(self.pop_mark()),
            b's' => {
                let (value, key) = (self.pop(), self.pop());
                if let Some(dict) = self.stack.last_mut() {
                    dict.set(&key, value);
                }
            }
            b'u' => {
                let items = self.pop_mark();
                if let Some(dict) = self.stack.last_mut() {
                    for pair in items.chunks_exact(2) {
                        if let [key, value] = pair {
                            dict.set(key, value.clone());
                        }
                    }
                }
            }
            b'l' | b'd' | 0x91 => {
                self.pop_mark();
                self.push(Value::Other);
            }
            b't' => {
                let items = self.pop_mark();
                self.push(Value::tuple(items));
            }
            0x85..=0x87 => {
                let mut items: Vec<Value> = (0x85..=opcode).map(|_| self.pop()).collect();
                items.reverse();
                self.push(Value::tuple(items));
            }
            0x80 => drop(tape.byte()?),
            0x95 => drop(tape.array::<8>()?),
            0x98 => {}
            _ => return self.memory(opcode, tape),
        }
        Ok(true)
    }

    /// What is put into the memo and taken out of it.
    fn memory<R: Read>(&mut self, opcode: u8, tape: &mut Tape<R>) -> Result<bool, Broken> {
        match opcode {
            b'p' => {
                let index = tape.line()?;
                self.put(index_of(&index))?;
            }
            b'q' => {
                let index = tape.byte()?;
                self.put(index.into())?;
            }
            b'r' => {
                let index = u32::from_le_bytes(tape.array()?);
                self.put(index.into())?;
            }
            0x94 => {
                let index = u64::try_from(self.memo.len()).unwrap_or(u64::MAX);
                self.put(index)?;
            }
            b'g' => {
                let index = tape.line()?;
                self.get(index_of(&index));
            }
            b'h' => {
                let index = tape.byte()?;
                self.get(index.into());
            }
            b'j' => {
                let index = u32::from_le_bytes(tape.array()?);
                self.get(index.into());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn push(&mut self, value: Value) -> bool {
        self.stack.push(value);
        true
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or(Value::Other)
    }

    /// Everything above the last mark; the mark goes too.
    fn pop_mark(&mut self) -> Vec<Value> {
        match self.stack.iter().rposition(|value| *value == Value::Mark) {
            Some(mark) => {
                let above = self.stack.split_off(mark + 1);
                self.stack.pop();
                above
            }
            None => std::mem::take(&mut self.stack),
        }
    }

    fn put(&mut self, index: u64) -> Result<(), Broken> {
        let top = self.stack.last().cloned().unwrap_or(Value::Other);
        let weight = self.weight.saturating_add(top.weight());
        let kept = if weight > MEMO_WEIGHT_MAX { Value::Other } else { top };
        self.weight = self.weight.saturating_add(kept.weight());
        self.memo.insert(index, kept);
        if self.memo.len() > MEMO_MAX {
            return Err(Broken::Form("It keeps more values than are looked at."));
        }
        Ok(())
    }

    fn get(&mut self, index: u64) {
        let value = self.memo.get(&index).cloned().unwrap_or(Value::Other);
        self.push(value);
    }

    fn import(&mut self, at: u64, module: String, name: String) -> Value {
        self.scanner.import(at, &module, &name);
        Value::Global(Rc::new((module, name)))
    }

    /// Gives an object its state; joblib's arrays follow here.
    fn build<R: Read>(&mut self, state: &Value, tape: &mut Tape<R>) -> Result<(), Broken> {
        match self.stack.last().and_then(|made| value::behind(made, state)) {
            Some(Behind::Pickle) if self.depth < NESTING_MAX => {
                Machine::new(self.scanner, self.depth + 1).run(tape, None)
            }
            Some(Behind::Pickle) => Err(Broken::Form("Pickles lie too deep inside one another.")),
            Some(Behind::Bytes { length, aligned }) => {
                if aligned {
                    let padding = tape.byte()?;
                    tape.skip(padding.into())?;
                }
                tape.skip(length)
            }
            None => Ok(()),
        }
    }
}

/// Texts and bytes; `None` where the instruction is another.
fn text<R: Read>(opcode: u8, tape: &mut Tape<R>) -> Result<Option<Value>, Broken> {
    Ok(Some(match opcode {
        b'S' => {
            let line = tape.line()?;
            let quoted = line.trim_ascii();
            Value::text(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default())
        }
        b'V' => Value::text(&tape.line()?),
        b'U' | 0x8c => {
            let length = tape.byte()?;
            tape.text(length.into())?
        }
        b'T' | b'X' => {
            let length = u32::from_le_bytes(tape.array()?);
            tape.text(length.into())?
        }
        0x8d => {
            let length = u64::from_le_bytes(tape.array()?);
            tape.text(length)?
        }
        b'C' => {
            let length = tape.byte()?;
            tape.skip(length.into()).map(|()| Value::Other)?
        }
        b'B' => {
            let length = u32::from_le_bytes(tape.array()?);
            tape.skip(length.into()).map(|()| Value::Other)?
        }
        0x8e | 0x96 => {
            let length = u64::from_le_bytes(tape.array()?);
            tape.skip(length).map(|()| Value::Other)?
        }
        _ => return Ok(None),
    }))
}

/// What calling something gives.
fn made(callee: Value, arguments: Value) -> Value {
    match (callee, arguments) {
        (Value::Global(callee), Value::Tuple(arguments)) => Value::Made(callee, arguments),
        (Value::Global(callee), _) => Value::Made(callee, Rc::default()),
        _ => Value::Other,
    }
}

fn number(line: &[u8]) -> Value {
    std::str::from_utf8(line).ok().and_then(|text| text.trim().parse().ok()).map_or(Value::Other, Value::Int)
}

/// A whole number of a length, in two's complement.
fn long<R: Read>(tape: &mut Tape<R>, length: u64) -> Result<Value, Broken> {
    if length > 8 {
        return tape.skip(length).map(|()| Value::Other);
    }
    let mut bytes = [0; 8];
    let mut negative = false;
    for byte in bytes.iter_mut().take(usize::try_from(length).unwrap_or_default()) {
        *byte = tape.byte()?;
        negative = *byte >= 0x80;
    }
    if negative {
        bytes.iter_mut().skip(usize::try_from(length).unwrap_or_default()).for_each(|byte| *byte = 0xff);
    }
    Ok(Value::Int(i64::from_le_bytes(bytes)))
}

/// A memo's index in text; what is none is one that nothing else has.
fn index_of(line: &[u8]) -> u64 {
    std::str::from_utf8(line).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX)
}
