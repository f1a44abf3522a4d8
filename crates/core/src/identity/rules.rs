//! What a password may be.

use crate::kernel::breached;
use crate::kernel::error::{Error, Result};
use weighhouse_types::identity::{PASSWORD_MAX, PASSWORD_MIN};

/// Parts of names shorter than this are no word of their own.
const WORD_MIN: usize = 4;
/// So many characters must be left of a password without what everybody knows
/// of its owner.
const OWN_MIN: usize = 6;
/// And so many must differ.
const DISTINCT_MIN: usize = 5;

/// Refuses passwords that are too short to be safe or too long to hash, that
/// were in a breach, or that are little more than what is known of the person:
/// `known` are their address, name and agency.
pub(crate) fn password_check(password: &str, known: &[&str]) -> Result<()> {
    let refuse = |why: String| Err(Error::invalid("password", why));
    if password.chars().count() < PASSWORD_MIN || password.len() > PASSWORD_MAX {
        return refuse(format!(
            "A password has at least {PASSWORD_MIN} characters and at most {PASSWORD_MAX} bytes. Four random words are a good one."
        ));
    }
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < DISTINCT_MIN || left_over(password, known) < OWN_MIN {
        return refuse(
            "This password repeats itself, or is little more than your name, your address or that of a place you work at. Four random words are a good one.".into(),
        );
    }
    if breached::contains(password) {
        return refuse(
            "This password is known from a breach of some other site: guessers try it first. Choose another; four random words are a good one.".into(),
        );
    }
    Ok(())
}

/// How many letters and digits a password has besides the words everybody
/// knows of its owner.
fn left_over(password: &str, known: &[&str]) -> usize {
    let mut rest = folded(password);
    let words = known.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let mut words: Vec<String> = words.chain(["weighhouse"]).map(folded).collect();
    words.extend(known.iter().map(|text| folded(text)));
    words.retain(|word| word.chars().count() >= WORD_MIN);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in words {
        rest = rest.replace(&word, "");
    }
    rest.chars().count()
}

/// Letters and digits, lower case.
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &[&str] = &["ann.smith@northmutual.example", "Ann Smith", "Acme AI Partners"];

    fn refusal(password: &str) -> Option<String> {
        password_check(password, ANN).err().map(|error| error.to_string())
    }

    #[test]
    fn bad_passwords_are_told_why() {
        for (password, why) in [
            ("too short", "at least 12"),
            ("aaaaaaaaaaaaaaab", "repeats itself"),
            ("ababababababab", "repeats itself"),
            ("AnnSmith-2026!", "your name"),
            ("Weighhouse2026", "your name"),
            ("northmutual123", "your name"),
            ("acme ai partners 1", "your name"),
            ("Password1234", "breach"),
            ("correcthorsebatterystaple", "breach"),
        ] {
            assert!(
                refusal(password).is_some_and(|text| text.contains(why)),
                "{password}: {:?}",
                refusal(password)
            );
        }
        assert!(refusal(&"x1y2z3".repeat(50)).is_some_and(|text| text.contains("256 bytes")));
    }

    #[test]
    fn good_passwords_pass() {
        for password in
            ["four words make one", "smith likes turnips", "k7-vq2m-9xrp-hd", "Zürich, leise im März"]
        {
            assert_eq!(refusal(password), None, "{password}");
        }
    }
}
