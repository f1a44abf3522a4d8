//! What may be said, and what becomes of it.

use crate::kernel::error::{Error, Result};
use weighhouse_types::annotations::{
    Annotate, Annotations, Change, ChangeOf, Seen, TAG_KEY_MAX, TAG_VALUE_MAX, TAGS_MAX,
};
use weighhouse_types::models::DESCRIPTION_MAX;
use weighhouse_types::reference::{ALIASES_DERIVED, alias_check};

/// How much of either text a conflict shows.
const SHOWN: usize = 300;

/// What is said after an edit, and what that changes.
pub(super) fn edited(before: &Annotations, edit: Annotate) -> Result<(Annotations, Vec<Change>)> {
    let Annotate { description, tags, seen } = edit;
    let mut after = before.clone();
    let mut changes = Vec::new();
    if let Some(description) = description {
        description_check(&description)?;
        // Browsers send line ends as two characters.
        after.description = description.replace("\r\n", "\n").trim().to_owned();
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        push(&mut changes, ChangeOf::Description, "", text(&before.description), text(&after.description));
    }
    for (key, value) in tags {
        let key = key.trim();
        tag_check(key, value.as_deref().unwrap_or_default())?;
        let old = match &value {
            Some(value) => after.tags.insert(key.to_owned(), value.clone()),
            None => after.tags.remove(key),
        };
        push(&mut changes, ChangeOf::Tag, key, old, value);
    }
    if after.tags.len() > TAGS_MAX {
        return Err(Error::invalid("tags", format!("There can be at most {TAGS_MAX} tags.")));
    }
    if let Some(seen) = seen {
        changes.iter().try_for_each(|change| as_seen(change, &seen))?;
    }
    Ok((after, changes))
}

fn push(changes: &mut Vec<Change>, what: ChangeOf, key: &str, before: Option<String>, after: Option<String>) {
    if before != after {
        changes.push(Change { what, key: key.to_owned(), before, after });
    }
}

pub(crate) fn description_check(description: &str) -> Result<()> {
    if description.chars().count() > DESCRIPTION_MAX {
        let detail = format!("A description has at most {DESCRIPTION_MAX} characters.");
        return Err(Error::invalid("description", detail));
    }
    Ok(())
}

fn tag_check(key: &str, value: &str) -> Result<()> {
    let wrong = |detail: String| Err(Error::invalid("tags", detail));
    if key.is_empty() || key.chars().count() > TAG_KEY_MAX || key.chars().any(char::is_control) {
        return wrong(format!("A tag's name has 1 to {TAG_KEY_MAX} characters, on one line."));
    }
    if value.chars().count() > TAG_VALUE_MAX {
        return wrong(format!("The value of the tag ‘{key}’ has more than {TAG_VALUE_MAX} characters."));
    }
    Ok(())
}

/// Refuses to write over what the caller has not seen.
fn as_seen(change: &Change, seen: &Seen) -> Result<()> {
    let (name, seen) = match change.what {
        ChangeOf::Description => {
            let description = seen.description.as_deref().map(|text| text.replace("\r\n", "\n"));
            let Some(description) = description else { return Ok(()) };
            (
                "The description".to_owned(),
                Some(description.trim().to_owned()).filter(|text| !text.is_empty()),
            )
        }
        ChangeOf::Tag | ChangeOf::Alias => match seen.tags.get(&change.key) {
            Some(seen) => (format!("The tag ‘{}’", change.key), seen.clone()),
            None => return Ok(()),
        },
    };
    if seen == change.before {
        return Ok(());
    }
    Err(Error::conflict(format!(
        "{name} was changed by somebody else since you looked, and yours was not saved. You saw: {}. \
         It is now: {}. You wrote: {}. Look at both, and save again what it should be.",
        quoted(seen.as_deref()),
        quoted(change.before.as_deref()),
        quoted(change.after.as_deref())
    )))
}

fn quoted(text: Option<&str>) -> String {
    match text {
        None => "nothing".into(),
        Some(text) if text.chars().count() > SHOWN => {
            format!("“{}…”", text.chars().take(SHOWN).collect::<String>())
        }
        Some(text) => format!("“{text}”"),
    }
}

/// Refuses an alias that nobody may set.
pub(super) fn alias_free(name: &str) -> Result<()> {
    alias_check(name).map_err(|e| Error::invalid("alias", e))?;
    if ALIASES_DERIVED.iter().any(|derived| name.eq_ignore_ascii_case(derived)) {
        let detail = format!("‘{name}’ follows from the versions themselves and cannot be set.");
        return Err(Error::invalid("alias", detail));
    }
    Ok(())
}

/// Refuses to move an alias from where the caller does not believe it.
pub(super) fn alias_where(name: &str, believed: Option<u32>, is: Option<u32>) -> Result<()> {
    let words = |number: u32| match number {
        0 => "no version has it".to_owned(),
        number => format!("version {number} has it"),
    };
    match believed {
        Some(believed) if believed != is.unwrap_or(0) => Err(Error::conflict(format!(
            "The alias ‘{name}’ is not where you saw it: {}, and you saw that {}. Nothing was moved.",
            words(is.unwrap_or(0)),
            words(believed)
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighhouse_types::annotations::Tags;

    fn said(description: &str, tags: &[(&str, &str)]) -> Annotations {
        let tags: Tags = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Annotations { description: description.into(), tags, aliases: Vec::new() }
    }

    fn edit(json: serde_json::Value) -> Annotate {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn only_what_changes_is_a_change() {
        let before = said("old", &[("a", "1"), ("b", "2")]);
        let (after, changes) = edited(
            &before,
            edit(serde_json::json!({"description": "old ", "tags": {"a": "1", "b": null, "c": "3", "d": null}})),
        )
        .unwrap();
        assert_eq!(after, said("old", &[("a", "1"), ("c", "3")]));
        let words: Vec<_> = changes.iter().map(Change::words).collect();
        assert_eq!(words, ["removed the tag b (“2”)", "set the tag c to “3”"]);
    }

    #[test]
    fn what_changed_meanwhile_is_not_written_over() {
        let now = said("theirs", &[("owner", "Bob")]);
        let refused = |json| edited(&now, edit(json)).unwrap_err().to_string();
        let text = refused(serde_json::json!({"description": "mine", "seen": {"description": "old"}}));
        assert!(text.contains("You saw: “old”. It is now: “theirs”. You wrote: “mine”"), "{text}");
        let text = refused(serde_json::json!({"tags": {"owner": "Ann"}, "seen": {"tags": {"owner": null}}}));
        assert!(text.contains("‘owner’") && text.contains("You saw: nothing"), "{text}");
        // Another tag was changed meanwhile, or the same was wanted.
        for fine in [
            serde_json::json!({"tags": {"area": "x"}, "seen": {"tags": {"owner": null, "area": null}}}),
            serde_json::json!({"tags": {"owner": "Bob"}, "seen": {"tags": {"owner": null}}}),
            serde_json::json!({"description": "mine", "seen": {"description": "theirs"}}),
        ] {
            assert!(edited(&now, edit(fine)).is_ok());
        }
    }

    #[test]
    fn some_aliases_are_nobodys() {
        for free in ["champion", "a", "eu-west.2", "version"] {
            assert!(alias_free(free).is_ok(), "{free}");
        }
        for taken in ["latest", "Production", "staging", "7", "v7", "V12", "", "a b", "-a", "a/b", "ü"] {
            assert!(alias_free(taken).is_err(), "{taken}");
        }
        assert!(alias_where("a", None, Some(3)).is_ok() && alias_where("a", Some(0), None).is_ok());
        assert!(alias_where("a", Some(0), Some(3)).is_err() && alias_where("a", Some(2), None).is_err());
    }
}
