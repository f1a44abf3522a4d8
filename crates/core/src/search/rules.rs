//! Pure decisions of the search: what its words are, and what comes first.

use super::WORDS_MAX;
use std::collections::HashSet;
use uuid::Uuid;
use weighhouse_types::ids::TenantId;
use weighhouse_types::search::FoundKind;

/// The fewest digits of a file's digest that are looked for.
const DIGEST_MIN: usize = 12;

/// What is searched for, word by word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    words: Vec<String>,
    text: String,
}

impl Words {
    /// The words of a text, in lower case; the first few, each once.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.replace(char::is_control, " ").to_lowercase();
        let mut seen = HashSet::new();
        let words = text.split_whitespace().filter(|word| seen.insert(*word)).take(WORDS_MAX);
        let words: Vec<String> = words.map(str::to_owned).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { words, text }
    }

    /// Whether the texts together hold every word.
    #[must_use]
    pub fn are_in(&self, texts: &[&str]) -> bool {
        self.without(texts).is_empty()
    }

    /// Those that the texts do not hold.
    pub(super) fn without(&self, texts: &[&str]) -> Self {
        let text = texts.join(" ").to_lowercase();
        let words: Vec<String> =
            self.words.iter().filter(|word| !text.contains(word.as_str())).cloned().collect();
        Self { text: words.join(" "), words }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn as_slice(&self) -> &[String] {
        &self.words
    }

    /// The whole text, with single spaces.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The lowest and highest digest that begins with the text, where it may
    /// be one.
    pub(super) fn digest(&self) -> Option<([u8; 32], [u8; 32])> {
        let [word] = self.words.as_slice() else { return None };
        let hex = word.strip_prefix("sha256:").unwrap_or(word);
        let filled = |digit: &str| {
            let mut digest = [0; 32];
            let text = format!("{hex}{}", digit.repeat(64_usize.checked_sub(hex.len())?));
            hex::decode_to_slice(text, &mut digest).ok()?;
            Some(digest)
        };
        if hex.len() < DIGEST_MIN {
            return None;
        }
        Some((filled("0")?, filled("f")?))
    }
}

/// How well something fits: exact, by its beginning, by full text, or alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Rank(pub(super) i32);

/// Something that fits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hit {
    pub(super) kind: FoundKind,
    pub(super) tenant: TenantId,
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) project: Option<String>,
    pub(super) model: Option<String>,
    pub(super) number: Option<u32>,
    pub(super) note: String,
    pub(super) rank: Rank,
}

impl Hit {
    /// A thing of a kind with nothing said of it yet.
    pub(super) fn of(kind: FoundKind, tenant: TenantId) -> Self {
        Self {
            kind,
            tenant,
            id: tenant.0,
            name: String::new(),
            project: None,
            model: None,
            number: None,
            note: String::new(),
            rank: Rank::default(),
        }
    }
}

/// Kind by kind the best, at most so many of each and each once. Those that
/// fit equally well stay in the order in which they came.
pub(super) fn best(mut hits: Vec<Hit>, each: usize) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.kind, hit.rank));
    let mut seen = HashSet::new();
    hits.retain(|hit| seen.insert((hit.kind, hit.tenant, hit.id)));
    let (mut kind, mut taken) = (None, 0);
    hits.retain(|hit| {
        taken = if kind == Some(hit.kind) { taken + 1 } else { 1 };
        kind = Some(hit.kind);
        taken <= each
    });
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        for (text, words) in [
            ("", &[][..]),
            ("  Fraud\u{1}Scorer  fraud ", &["fraud", "scorer"][..]),
            ("a b c d e f g h i j", &["a", "b", "c", "d", "e", "f", "g", "h"][..]),
        ] {
            assert_eq!(Words::of(text).as_slice(), words, "{text}");
        }
        let words = Words::of("North fraud");
        assert!(words.are_in(&["North Mutual", "the fraud scorer"]) && !words.are_in(&["North Mutual"]));
        assert_eq!(words.without(&["North Mutual", "north"]).as_slice(), ["fraud"]);
    }

    #[test]
    fn a_digest_is_told_by_its_beginning() {
        let (low, high) = Words::of("SHA256:0123456789AB").digest().unwrap();
        assert_eq!((low[5], low[6], high[5], high[6]), (0xab, 0, 0xab, 0xff));
        assert_eq!(Words::of("0123456789abc").digest().unwrap().1[6], 0xcf);
        for other in ["", "0123456789a", "0123456789ab fraud", "0123456789ax", &"0".repeat(65)] {
            assert_eq!(Words::of(other).digest(), None, "{other}");
        }
    }

    #[test]
    fn the_best_of_each_kind_come_first_and_once() {
        let tenant = TenantId::from(Uuid::nil());
        let hit = |kind, id, rank| Hit { id: Uuid::from_u128(id), rank: Rank(rank), ..Hit::of(kind, tenant) };
        use FoundKind::{Model, Version};
        let hits = vec![
            hit(Version, 1, 2),
            hit(Version, 2, 0),
            hit(Model, 1, 3),
            hit(Version, 3, 1),
            hit(Version, 1, 1),
        ];
        let order: Vec<_> = best(hits, 2).iter().map(|hit| (hit.kind, hit.id.as_u128())).collect();
        assert_eq!(order, [(Model, 1), (Version, 2), (Version, 3)]);
    }
}
