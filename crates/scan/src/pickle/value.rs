//! What is kept of the values of a pickle: names, and what says how long the
//! arrays are that joblib writes between the instructions.

use std::rc::Rc;

/// The longest text that is kept, in bytes: longer ones are no names.
pub(super) const TEXT_MAX: u64 = 256;
/// The most items of a tuple or dict that are kept.
pub(super) const ITEMS_MAX: usize = 16;

/// A value, as far as it matters.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Other,
    Mark,
    Text(Rc<str>),
    Int(i64),
    Global(Rc<(String, String)>),
    Tuple(Rc<Vec<Value>>),
    Dict(Vec<(Rc<str>, Value)>),
    /// What a call of an import gave.
    Made(Rc<(String, String)>, Rc<Vec<Value>>),
}

impl Value {
    /// A text, if it can be a name or a number's type.
    pub(super) fn text(bytes: &[u8]) -> Self {
        let plain = |b: &u8| b.is_ascii_graphic() || *b >= 128;
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_empty() && bytes.iter().all(plain) => Self::Text(text.into()),
            _ => Self::Other,
        }
    }

    pub(super) fn tuple(items: Vec<Self>) -> Self {
        if items.len() > ITEMS_MAX { Self::Other } else { Self::Tuple(Rc::new(items)) }
    }

    /// Bytes that it holds, roughly.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Tuple(_) | Self::Dict(_) | Self::Made(..) => 256,
            Self::Global(_) => 128,
            Self::Other | Self::Mark | Self::Int(_) => 0,
        }
    }

    /// Puts something under a key, where it is a dict that is kept.
    pub(super) fn set(&mut self, key: &Self, value: Self) {
        if let (Self::Dict(items), Self::Text(key)) = (self, key)
            && items.len() < ITEMS_MAX
        {
            items.push((Rc::clone(key), value));
        }
    }

    fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dict(items) = self else { return None };
        items.iter().rev().find(|(known, _)| &**known == key).map(|(_, value)| value)
    }
}

/// What joblib writes behind a `NumpyArrayWrapper`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Behind {
    /// A pickle of objects.
    Pickle,
    /// Bytes, behind a length of padding and the padding if it is aligned.
    Bytes { length: u64, aligned: bool },
}

/// What stands behind a wrapper with a state; `None` where it is none, or
/// does not say.
pub(super) fn behind(made: &Value, state: &Value) -> Option<Behind> {
    let Value::Made(class, _) = made else { return None };
    if **class != ("joblib.numpy_pickle".to_owned(), "NumpyArrayWrapper".to_owned()) {
        return None;
    }
    let (Value::Tuple(shape), Value::Made(dtype, arguments)) = (state.get("shape")?, state.get("dtype")?)
    else {
        return None;
    };
    let Some(Value::Text(code)) = arguments.first().filter(|_| dtype.1 == "dtype" || dtype.0 == "numpy")
    else {
        return None;
    };
    let code = code.trim_start_matches(['<', '>', '=', '|']);
    let (kind, size) = code.split_at_checked(1)?;
    if kind == "O" {
        return Some(Behind::Pickle);
    }
    let each = size.parse::<u64>().ok()?.checked_mul(if kind == "U" { 4 } else { 1 })?;
    let length = shape.iter().try_fold(each, |product, side| match side {
        Value::Int(side) => product.checked_mul(u64::try_from(*side).ok()?),
        _ => None,
    })?;
    let aligned = matches!(state.get("numpy_array_alignment_bytes"), Some(Value::Int(_)));
    Some(Behind::Bytes { length, aligned })
}
