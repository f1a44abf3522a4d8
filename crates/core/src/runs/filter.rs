//! The filter and order of searches, in MLflow's grammar:
//! `metrics.auc > 0.9 AND params.model = 'forest' AND tags.team IS NOT NULL`.

use crate::kernel::error::{Error, Result};

/// The longest filter, in bytes, and the most conditions in one.
const LENGTH_MAX: usize = 20_000;
const CLAUSES_MAX: usize = 50;

/// A condition: something of a run or an experiment, compared with a value.
#[derive(Clone, PartialEq, Debug)]
pub struct Clause {
    /// `metrics`, `params`, `tags`, `attributes`, …; none where it was not said.
    pub entity: Option<String>,
    pub key: String,
    pub op: Op,
    pub value: Value,
}

/// How a condition compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Like,
    Ilike,
    In,
    NotIn,
    IsNull,
    IsNotNull,
}

impl Op {
    /// The operator as SQL has it.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Like => "LIKE",
            Self::Ilike => "ILIKE",
            Self::In => "= ANY",
            Self::NotIn => "<> ALL",
            Self::IsNull => "IS NULL",
            Self::IsNotNull => "IS NOT NULL",
        }
    }
}

/// What a condition compares with.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Text(String),
    Number(f64),
    List(Vec<String>),
    Nothing,
}

/// One criterion of an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    pub entity: Option<String>,
    pub key: String,
    pub ascending: bool,
}

/// Reads a filter; an empty one has no conditions.
///
/// # Errors
/// Says what is wrong and at which character.
pub fn parse(filter: &str) -> Result<Vec<Clause>> {
    if filter.len() > LENGTH_MAX {
        return Err(Error::invalid("filter", format!("A filter has at most {LENGTH_MAX} bytes.")));
    }
    let mut words = Words::new("filter", filter)?;
    let mut clauses = Vec::new();
    while words.peek().is_some() {
        if !clauses.is_empty() && !words.take_word("AND") {
            return Err(words.wrong("expected AND: conditions are joined by nothing else"));
        }
        clauses.push(clause(&mut words)?);
        if clauses.len() > CLAUSES_MAX {
            let detail = format!("A filter has at most {CLAUSES_MAX} conditions.");
            return Err(Error::invalid("filter", detail));
        }
    }
    Ok(clauses)
}

/// Reads one criterion of an order, such as `metrics.auc DESC`.
///
/// # Errors
/// Says what is wrong and at which character.
pub fn parse_order(text: &str) -> Result<Order> {
    let mut words = Words::new("order_by", text)?;
    let (entity, key) = identifier(&mut words)?;
    let ascending = !words.take_word("DESC");
    if ascending {
        words.take_word("ASC");
    }
    match words.peek() {
        None => Ok(Order { entity, key, ascending }),
        Some(_) => Err(words.wrong("expected ASC, DESC or the end")),
    }
}

fn clause(words: &mut Words) -> Result<Clause> {
    let (entity, key) = identifier(words)?;
    let (op, value) = if words.take_word("IS") {
        let not = words.take_word("NOT");
        if !words.take_word("NULL") {
            return Err(words.wrong("expected NULL"));
        }
        (if not { Op::IsNotNull } else { Op::IsNull }, Value::Nothing)
    } else if words.take_word("NOT") {
        if !words.take_word("IN") {
            return Err(words.wrong("expected IN"));
        }
        (Op::NotIn, list(words)?)
    } else if words.take_word("IN") {
        (Op::In, list(words)?)
    } else {
        (comparator(words)?, value(words)?)
    };
    Ok(Clause { entity, key, op, value })
}

/// `entity.key` or `key`; either may be quoted.
fn identifier(words: &mut Words) -> Result<(Option<String>, String)> {
    let Some(Word::Name(first)) = words.peek().cloned() else {
        return Err(words.wrong("expected what is compared, such as metrics.auc or tags.`my tag`"));
    };
    words.next();
    // An unquoted name holds its dots: all behind the first one is the key.
    if let Some((entity, rest)) = first.text.split_once('.').filter(|_| !first.quoted) {
        if rest.is_empty() {
            if let Some(Word::Name(key)) = words.peek().cloned().filter(|_| words.joined()) {
                words.next();
                return Ok((Some(entity.to_owned()), key.text));
            }
            return Err(words.wrong("expected a name behind the dot"));
        }
        return Ok((Some(entity.to_owned()), rest.to_owned()));
    }
    Ok((None, first.text))
}

fn comparator(words: &mut Words) -> Result<Op> {
    let op = match words.peek() {
        Some(Word::Sign(sign)) => match *sign {
            "=" => Some(Op::Eq),
            "!=" | "<>" => Some(Op::Ne),
            "<" => Some(Op::Lt),
            "<=" => Some(Op::Le),
            ">" => Some(Op::Gt),
            ">=" => Some(Op::Ge),
            _ => None,
        },
        Some(Word::Name(name)) if !name.quoted => match name.text.to_ascii_uppercase().as_str() {
            "LIKE" => Some(Op::Like),
            "ILIKE" => Some(Op::Ilike),
            _ => None,
        },
        _ => None,
    };
    let op = op.ok_or_else(|| words.wrong("expected =, !=, <, <=, >, >=, LIKE, ILIKE, IN or IS"))?;
    words.next();
    Ok(op)
}

fn value(words: &mut Words) -> Result<Value> {
    let value = match words.peek() {
        Some(Word::Text(text)) => Value::Text(text.clone()),
        // A name in double quotes where a value stands is a text.
        Some(Word::Name(name)) if name.double => Value::Text(name.text.clone()),
        Some(Word::Number(number)) => Value::Number(*number),
        _ => return Err(words.wrong("expected a number, or a text in quotes")),
    };
    words.next();
    Ok(value)
}

fn list(words: &mut Words) -> Result<Value> {
    let mut items = Vec::new();
    if !words.take_sign("(") {
        return Err(words.wrong("expected a list such as ('a', 'b')"));
    }
    loop {
        match value(words)? {
            Value::Text(text) => items.push(text),
            _ => return Err(words.wrong("expected texts in the list")),
        }
        if words.take_sign(")") {
            return Ok(Value::List(items));
        }
        if !words.take_sign(",") {
            return Err(words.wrong("expected , or )"));
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
struct Name {
    text: String,
    quoted: bool,
    /// In double quotes, in which texts may stand as well.
    double: bool,
}

#[derive(Clone, PartialEq, Debug)]
enum Word {
    Name(Name),
    Text(String),
    Number(f64),
    Sign(&'static str),
}

/// A text in its words, with where each begins.
struct Words {
    field: &'static str,
    words: Vec<(usize, Word)>,
    /// Behind the last character.
    end: usize,
    at: usize,
    /// Where each word ends, to tell what is joined.
    ends: Vec<usize>,
}

const SIGNS: [&str; 10] = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","];

impl Words {
    fn new(field: &'static str, text: &str) -> Result<Self> {
        let chars: Vec<char> = text.chars().collect();
        let mut this = Self { field, words: Vec::new(), end: chars.len(), at: 0, ends: Vec::new() };
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            if c.is_whitespace() || c == ';' && at + 1 == chars.len() {
                at += 1;
                continue;
            }
            let rest = chars.get(at..).unwrap_or_default();
            let (word, length) = scan(rest).map_err(|what| this.wrong_at(at, what))?;
            this.words.push((at, word));
            at += length;
            this.ends.push(at);
        }
        Ok(this)
    }

    fn peek(&self) -> Option<&Word> {
        self.words.get(self.at).map(|(_, word)| word)
    }

    fn next(&mut self) {
        self.at += 1;
    }

    /// Whether the next word follows the one before without a space.
    fn joined(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|before| self.ends.get(before));
        before == self.words.get(self.at).map(|(at, _)| at)
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Word::Name(name)) if !name.quoted && name.text.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn take_sign(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Word::Sign(sign)) if *sign == wanted);
        self.at += usize::from(found);
        found
    }

    fn wrong(&self, what: &str) -> Error {
        self.wrong_at(self.words.get(self.at).map_or(self.end, |(at, _)| *at), what)
    }

    fn wrong_at(&self, at: usize, what: &str) -> Error {
        Error::invalid(self.field, format!("The {} is wrong at character {}: {what}.", self.field, at + 1))
    }
}

/// The first word of a text, and how many characters it takes.
fn scan(text: &[char]) -> std::result::Result<(Word, usize), &'static str> {
    let first = *text.first().ok_or("expected more")?;
    match first {
        '\'' => quoted(text, '\'').map(|(text, length)| (Word::Text(text), length)),
        '"' | '`' => {
            let (text, length) = quoted(text, first)?;
            Ok((Word::Name(Name { text, quoted: true, double: first == '"' }), length))
        }
        _ => {
            let sign = SIGNS.into_iter().find(|sign| sign.chars().eq(text.iter().copied().take(sign.len())));
            match sign {
                Some(sign) => Ok((Word::Sign(sign), sign.len())),
                None => bare(text),
            }
        }
    }
}

/// A text up to its closing quote; a doubled quote, or one behind a
/// backslash, is one of its characters.
fn quoted(text: &[char], quote: char) -> std::result::Result<(String, usize), &'static str> {
    let (mut inside, mut at) = (String::new(), 1);
    while let Some(&c) = text.get(at) {
        let next = text.get(at + 1).copied();
        match c {
            _ if c == quote && next != Some(quote) => return Ok((inside, at + 1)),
            _ if c == quote => at += 1,
            '\\' if next == Some(quote) => {
                at += 1;
                inside.push(quote);
                at += 1;
                continue;
            }
            _ => {}
        }
        inside.push(c);
        at += 1;
    }
    Err("the quote is not closed")
}

/// A name or a number, up to a space, a sign or a quote.
fn bare(text: &[char]) -> std::result::Result<(Word, usize), &'static str> {
    let inside = |c: &&char| !c.is_whitespace() && !"!<>=(),'\"`".contains(**c);
    let word: String = text.iter().take_while(inside).collect();
    let length = word.chars().count();
    if word.is_empty() {
        return Err("there is no such sign");
    }
    let number = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    if !number {
        return Ok((Word::Name(Name { text: word, quoted: false, double: false }), length));
    }
    match word.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((Word::Number(number), length)),
        _ => Err("this is no number"),
    }
}

#[cfg(test)]
mod tests;
