//! Prompts as texts: line by line, and within a changed line word by word.

use super::{Change, Listed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{ChangeTag, DiffOp, DiffTag, TextDiff};
use std::collections::BTreeMap;

/// Lines that stay around a change.
const AROUND: usize = 3;
/// Longer templates, in bytes, are said to differ and not shown line by line.
const LENGTH_MAX: usize = 100_000;
/// Lines that have less than this in common are replaced, not changed.
const COMMON_MIN: f32 = 0.55;

/// A prompt's template in every version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PromptDiff {
    pub name: String,
    /// Which of the versions have a prompt of this name.
    pub present: Vec<bool>,
    /// Against the first version; null where the template is the same.
    pub diffs: Vec<Option<Vec<Hunk>>>,
    /// The templates are too long to be shown line by line.
    pub too_long: bool,
}

impl PromptDiff {
    /// What became of it from the first version to another.
    #[must_use]
    pub fn change(&self, of: usize) -> Change {
        let present = |at: usize| self.present.get(at).copied().unwrap_or_default();
        match (present(0), present(of), self.diffs.get(of).is_some_and(Option::is_some)) {
            (false, true, _) => Change::Added,
            (true, false, _) => Change::Removed,
            (_, _, true) => Change::Changed,
            _ => Change::Same,
        }
    }
}

/// A change with the lines around it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hunk {
    pub lines: Vec<Line>,
}

/// One line of a text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Line {
    pub change: LineChange,
    /// The line in pieces, without its end.
    pub spans: Vec<Span>,
}

/// Which of two texts a line is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineChange {
    Same,
    Removed,
    Added,
}

impl LineChange {
    /// The sign in front of the line.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// A piece of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Span {
    pub text: String,
    /// These are the words that differ, in a line of which others are the same.
    pub changed: bool,
}

pub(super) fn listed(contexts: &[&Value], all: bool) -> Listed<PromptDiff> {
    let mut names: BTreeMap<&String, Vec<Option<&str>>> = BTreeMap::new();
    for (at, context) in contexts.iter().enumerate() {
        let prompts = context.get("llm").and_then(|llm| llm.get("prompts")).and_then(Value::as_object);
        for (name, prompt) in prompts.into_iter().flatten() {
            let templates = names.entry(name).or_insert_with(|| vec![None; contexts.len()]);
            if let Some(template) = templates.get_mut(at) {
                *template = prompt.get("template").and_then(Value::as_str);
            }
        }
    }
    let prompts = names.into_iter().map(|(name, templates)| prompt(name, &templates)).collect();
    Listed::of(prompts, all, |prompt: &PromptDiff| prompt.diffs.iter().any(Option::is_some))
}

fn prompt(name: &str, templates: &[Option<&str>]) -> PromptDiff {
    let too_long = templates.iter().flatten().any(|template| template.len() > LENGTH_MAX);
    let first = templates.first().copied().flatten();
    let diff = |template: &Option<&str>| {
        let hunks = || hunks(first.unwrap_or_default(), template.unwrap_or_default());
        (*template != first).then(|| if too_long { Vec::new() } else { hunks() })
    };
    PromptDiff {
        name: name.into(),
        present: templates.iter().map(Option::is_some).collect(),
        diffs: templates.iter().map(diff).collect(),
        too_long,
    }
}

fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    // Where only one of them ends its last line, that is a difference to see.
    let ends = |text: &str| text.is_empty() || text.ends_with('\n');
    let unlike = ends(before) != ends(after);
    let whole = |text: &str| match (ends(text), unlike) {
        (true, _) => text.to_owned(),
        (false, false) => format!("{text}\n"),
        (false, true) => format!("{text}\n\\ no line end\n"),
    };
    let (before, after) = (whole(before), whole(after));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let hunk = |ops: Vec<DiffOp>| Hunk { lines: ops.iter().flat_map(|op| lines(&diff, op)).collect() };
    diff.grouped_ops(AROUND).into_iter().map(hunk).collect()
}

fn lines(diff: &TextDiff<'_, '_, str>, op: &DiffOp) -> Vec<Line> {
    let text = |tag: ChangeTag| -> String {
        diff.iter_changes(op).filter(|change| change.tag() == tag).map(|change| change.value()).collect()
    };
    let (removed, added) = (text(ChangeTag::Delete), text(ChangeTag::Insert));
    if op.tag() == DiffTag::Replace {
        return replaced(&removed, &added);
    }
    let same = text(ChangeTag::Equal);
    [(LineChange::Same, same), (LineChange::Removed, removed), (LineChange::Added, added)]
        .into_iter()
        .flat_map(|(change, text)| Lines::whole(change, &text))
        .collect()
}

/// Lines in the place of others, with the words that differ.
fn replaced(removed: &str, added: &str) -> Vec<Line> {
    let words = TextDiff::from_words(removed, added);
    if words.ratio() < COMMON_MIN {
        let removed = Lines::whole(LineChange::Removed, removed);
        return removed.into_iter().chain(Lines::whole(LineChange::Added, added)).collect();
    }
    let (mut before, mut after) = (Lines::new(LineChange::Removed), Lines::new(LineChange::Added));
    for change in words.iter_all_changes() {
        let changed = change.tag() != ChangeTag::Equal;
        if change.tag() != ChangeTag::Insert {
            before.push(change.value(), changed);
        }
        if change.tag() != ChangeTag::Delete {
            after.push(change.value(), changed);
        }
    }
    before.finish().into_iter().chain(after.finish()).collect()
}

/// Lines that are put together piece by piece.
struct Lines {
    change: LineChange,
    done: Vec<Line>,
    spans: Vec<Span>,
}

impl Lines {
    const fn new(change: LineChange) -> Self {
        Self { change, done: Vec::new(), spans: Vec::new() }
    }

    fn whole(change: LineChange, text: &str) -> Vec<Line> {
        let mut lines = Self::new(change);
        lines.push(text, false);
        lines.finish()
    }

    fn push(&mut self, text: &str, changed: bool) {
        for piece in text.split_inclusive('\n') {
            let line = piece.strip_suffix('\n');
            self.span(line.unwrap_or(piece), changed);
            if line.is_some() {
                let spans = std::mem::take(&mut self.spans);
                self.done.push(Line { change: self.change, spans });
            }
        }
    }

    fn span(&mut self, text: &str, changed: bool) {
        match self.spans.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.changed == changed => last.text.push_str(text),
            _ => self.spans.push(Span { text: text.into(), changed }),
        }
    }

    fn finish(mut self) -> Vec<Line> {
        if !self.spans.is_empty() {
            self.done.push(Line { change: self.change, spans: self.spans });
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn shown(before: &str, after: &str) -> Vec<String> {
        let line = |line: &Line| {
            let span = |s: &Span| if s.changed { format!("[{}]", s.text) } else { s.text.clone() };
            format!("{}{}", line.change.sign(), line.spans.iter().map(span).collect::<String>())
        };
        hunks(before, after).iter().flat_map(|hunk| hunk.lines.iter().map(line)).collect()
    }

    #[test]
    fn a_changed_line_shows_its_words() {
        let (before, after) =
            ("You are kind.\nAnswer in one word.\n", "You are kind.\nAnswer in two words.\n");
        let lines = shown(before, after);
        assert_eq!(lines, [" You are kind.", "-Answer in [one] [word.]", "+Answer in [two] [words.]"]);
    }

    #[test]
    fn lines_far_from_a_change_are_left_out() {
        let text = |last: &str| (0..20).map(|n| format!("line {n}\n")).collect::<String>() + last;
        let lines = shown(&text("alpha\n"), &text("beta\n"));
        assert_eq!(lines, [" line 17", " line 18", " line 19", "-alpha", "+beta"]);
    }

    #[test]
    fn a_missing_line_end_is_seen() {
        assert_eq!(shown("a\nb", "a\nb\n"), [" a", " b", "-\\ no line end"]);
        assert!(shown("a", "a").is_empty());
    }

    #[test]
    fn prompts_are_added_removed_and_changed() {
        let context = |prompts: &[(&str, &str)]| {
            let prompts: serde_json::Map<_, _> =
                prompts.iter().map(|(name, text)| ((*name).to_owned(), json!({"template": text}))).collect();
            json!({"llm": {"prompts": prompts}})
        };
        let one = context(&[("a", "x"), ("b", "x"), ("c", "x")]);
        let other = context(&[("a", "x"), ("b", "y"), ("d", "")]);
        let listed = listed(&[&one, &other], false);
        let words: Vec<_> = listed.items.iter().map(|p| (p.name.as_str(), p.change(1).word())).collect();
        assert_eq!(words, [("b", "changed"), ("c", "removed"), ("d", "added")]);
        assert_eq!(listed.same, 1);
    }

    proptest! {
        /// What is removed and what stays is the text before; what is added and stays, the text after.
        #[test]
        fn both_texts_can_be_read_from_the_difference(
            before in "([a-c ]{0,6}\n){0,3}", after in "([a-c ]{0,6}\n){0,3}"
        ) {
            let side = |of: LineChange| -> String {
                let hunks = hunks(&before, &after);
                let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
                let lines = lines.filter(|line| line.change == LineChange::Same || line.change == of);
                lines.map(|line| line.spans.iter().map(|s| s.text.as_str()).collect::<String>() + "\n").collect()
            };
            if before != after {
                prop_assert_eq!(side(LineChange::Removed), before.clone());
                prop_assert_eq!(side(LineChange::Added), after.clone());
            }
        }
    }
}
