//! What the types of the components cannot say. Refused is only what cannot
//! have been meant: a name that is blank, a digest that is none, a span of time
//! that ends before it begins. Where a list or map may stand, one that is
//! empty is nothing, and a component of nothing is left out.

use super::{CodeState, ContextError, Dataset, Deployment, Environment, Evaluation, Features, Training};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use std::collections::{BTreeMap, BTreeSet};

type Checked = Result<(), ContextError>;

/// The longest name, address or digest, in characters.
const TEXT_MAX: usize = 2_000;

/// A component with rules of its own.
pub(super) trait Check {
    /// Says what is wrong, and where below `at`.
    ///
    /// # Errors
    /// When something cannot have been meant.
    fn check(&self, at: &str) -> Checked;
}

impl Check for Vec<Dataset> {
    fn check(&self, at: &str) -> Checked {
        some(!self.is_empty(), at)?;
        for (n, set) in self.iter().enumerate() {
            let at = format!("{at}[{n}]");
            set.check(&at)?;
            if let Some(twin) = self.iter().take(n).position(|other| other == set) {
                return Err(ContextError::new(at, format!("is the same as entry {twin}; list it once")));
            }
        }
        Ok(())
    }
}

impl Check for Dataset {
    fn check(&self, at: &str) -> Checked {
        text(&self.name, &format!("{at}.name"))?;
        address(self.uri.as_deref(), &format!("{at}.uri"))?;
        digest(self.digest.as_deref(), &format!("{at}.digest"))?;
        optional(self.snapshot.as_deref(), &format!("{at}.snapshot"))?;
        optional(self.split.as_deref(), &format!("{at}.split"))?;
        texts(self.schema.as_ref(), &format!("{at}.schema"))?;
        match &self.time_range {
            Some(range) => span(&range.from, &range.until, &format!("{at}.time_range")),
            None => Ok(()),
        }
    }
}

impl Check for Features {
    fn check(&self, at: &str) -> Checked {
        text(&self.name, &format!("{at}.name"))?;
        text(&self.version, &format!("{at}.version"))?;
        address(self.reference.as_deref(), &format!("{at}.reference"))?;
        let mut steps = self.steps.iter().flatten().enumerate();
        steps.try_for_each(|(n, step)| text(step, &format!("{at}.steps[{n}]")))
    }
}

impl Check for Training {
    fn check(&self, at: &str) -> Checked {
        some(!(self.hyperparameters.is_empty() && self.config.is_empty()), at)?;
        names(self.hyperparameters.keys(), &format!("{at}.hyperparameters"))?;
        names(self.config.keys(), &format!("{at}.config"))
    }
}

impl Check for Vec<Evaluation> {
    fn check(&self, at: &str) -> Checked {
        some(!self.is_empty(), at)?;
        self.iter().enumerate().try_for_each(|(n, set)| set.check(&format!("{at}[{n}]")))
    }
}

impl Check for Evaluation {
    fn check(&self, at: &str) -> Checked {
        text(&self.dataset, &format!("{at}.dataset"))?;
        digest(self.digest.as_deref(), &format!("{at}.digest"))?;
        if self.metrics.is_empty() && self.slices.is_empty() {
            return Err(ContextError::new(format!("{at}.metrics"), "must hold at least one metric"));
        }
        names(self.metrics.keys(), &format!("{at}.metrics"))?;
        let mut seen = BTreeSet::new();
        for (n, slice) in self.slices.iter().enumerate() {
            let at = format!("{at}.slices[{n}]");
            text(&slice.by, &format!("{at}.by"))?;
            names(slice.metrics.keys(), &format!("{at}.metrics"))?;
            if !seen.insert((&slice.by, &slice.value)) {
                let detail =
                    format!("‘{} = {}’ is there already; a slice has one entry", slice.by, slice.value);
                return Err(ContextError::new(at, detail));
            }
            if let (Some(part), Some(whole)) = (slice.rows, self.rows)
                && part > whole
            {
                let detail = format!("is {part}, and the whole test set has {whole}");
                return Err(ContextError::new(format!("{at}.rows"), detail));
            }
        }
        Ok(())
    }
}

impl Check for CodeState {
    fn check(&self, at: &str) -> Checked {
        address(self.repository.as_deref(), &format!("{at}.repository"))?;
        let commit = format!("{at}.commit");
        text(&self.commit, &commit)?;
        if self.commit.chars().any(char::is_whitespace) {
            return Err(ContextError::new(commit, "holds a blank; write the commit’s id alone"));
        }
        let diff = format!("{at}.diff_digest");
        digest(self.diff_digest.as_deref(), &diff)?;
        if self.dirty == Some(false) && self.diff_digest.is_some() {
            return Err(ContextError::new(diff, "names local changes, and `dirty` is false; correct one"));
        }
        optional(self.entry_point.as_deref(), &format!("{at}.entry_point"))?;
        for (path, sha256) in self.lock.iter().flatten() {
            let at = format!("{at}.lock.{path}");
            text(path, &at)?;
            digest(Some(sha256), &at)?;
        }
        Ok(())
    }
}

impl Check for Environment {
    fn check(&self, at: &str) -> Checked {
        let Self { hardware, os, languages, libraries, seeds } = self;
        let lists = [languages, libraries].into_iter().flatten().any(|list| !list.is_empty());
        let seeded = seeds.as_ref().is_some_and(|seeds| !seeds.is_empty());
        let machine = hardware.as_ref().is_some_and(|hardware| !hardware.is_empty());
        some(lists || seeded || machine || os.is_some(), at)?;
        names(hardware.iter().flat_map(|map| map.keys()), &format!("{at}.hardware"))?;
        optional(os.as_deref(), &format!("{at}.os"))?;
        texts(languages.as_ref(), &format!("{at}.languages"))?;
        texts(libraries.as_ref(), &format!("{at}.libraries"))?;
        names(seeds.iter().flat_map(BTreeMap::keys), &format!("{at}.seeds"))
    }
}

impl Check for Deployment {
    fn check(&self, at: &str) -> Checked {
        let Self { flavour, runtime, resources, port, health_check } = self;
        let said = flavour.is_some() || runtime.is_some() || port.is_some() || health_check.is_some();
        some(said || resources.as_ref().is_some_and(|resources| !resources.is_empty()), at)?;
        optional(flavour.as_deref(), &format!("{at}.flavour"))?;
        optional(runtime.as_deref(), &format!("{at}.runtime"))?;
        names(resources.iter().flat_map(|map| map.keys()), &format!("{at}.resources"))?;
        if *port == Some(0) {
            return Err(ContextError::new(format!("{at}.port"), "is a port from 1 to 65535"));
        }
        optional(health_check.as_deref(), &format!("{at}.health_check"))
    }
}

/// A component that holds something.
fn some(holds: bool, at: &str) -> Checked {
    if holds { Ok(()) } else { Err(ContextError::new(at, "is empty; leave it out")) }
}

fn text(text: &str, at: &str) -> Checked {
    if text.trim().is_empty() {
        return Err(ContextError::new(at, "must not be empty"));
    }
    if text.chars().count() > TEXT_MAX {
        return Err(ContextError::new(at, format!("has more than {TEXT_MAX} characters")));
    }
    Ok(())
}

fn optional(given: Option<&str>, at: &str) -> Checked {
    match given {
        Some(given) if given.trim().is_empty() => {
            Err(ContextError::new(at, "is empty; leave it out, or say what it is"))
        }
        Some(given) => text(given, at),
        None => Ok(()),
    }
}

fn names<'a>(names: impl IntoIterator<Item = &'a String>, at: &str) -> Checked {
    if names.into_iter().any(|name| name.trim().is_empty()) {
        return Err(ContextError::new(at, "has an entry without a name"));
    }
    Ok(())
}

fn texts(map: Option<&BTreeMap<String, String>>, at: &str) -> Checked {
    names(map.iter().flat_map(|map| map.keys()), at)?;
    map.into_iter().flatten().try_for_each(|(name, value)| text(value, &format!("{at}.{name}")))
}

/// An address; what it names is kept for years, a password must not be.
fn address(given: Option<&str>, at: &str) -> Checked {
    optional(given, at)?;
    match given.and_then(secret_in) {
        Some(_) => {
            let detail =
                "holds a password or token. A version is kept for years: write the address without it";
            Err(ContextError::new(at, detail))
        }
        None => Ok(()),
    }
}

/// The part of an address between `//` and `@` where it is a secret: anything
/// with a password, and on the web a user alone, which is a token there.
#[must_use]
pub fn secret_in(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    (web || user.contains(':')).then_some(user)
}

/// A digest: text without blanks. What says which kind it is has that kind's form.
fn digest(given: Option<&str>, at: &str) -> Checked {
    let Some(given) = given else { return Ok(()) };
    optional(Some(given), at)?;
    let wrong = |detail: String| Err(ContextError::new(at, detail));
    if given.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return wrong("holds a blank, which no digest has".into());
    }
    let Some((kind, value)) = given.split_once(':') else { return Ok(()) };
    let digits = match kind.to_ascii_lowercase().as_str() {
        "md5" => 32,
        "sha1" => 40,
        "sha256" => 64,
        "sha512" => 128,
        _ => return Ok(()),
    };
    if value.len() == digits && value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    wrong(format!("must be `{kind}:` and {digits} hex digits"))
}

/// A span of time: years, months, days or moments, the end not before the begin.
fn span(from: &str, until: &str, at: &str) -> Checked {
    let read = |text: &str, end: &str| {
        moment(text).ok_or_else(|| {
            let detail = "is no date: write 2026, 2026-03, 2026-03-15 or 2026-03-15T09:30:00Z";
            ContextError::new(format!("{at}.{end}"), detail)
        })
    };
    let (begin, end) = (read(from, "from")?, read(until, "until")?);
    // `until` 2026 is all of it, and later than `from` 2026-03.
    if end < begin && !from.starts_with(until) {
        return Err(ContextError::new(at, format!("ends ({until}) before it begins ({from})")));
    }
    Ok(())
}

/// The first moment of what a text names.
fn moment(text: &str) -> Option<NaiveDateTime> {
    let day = match text.len() {
        4 => Some(format!("{text}-01-01")),
        7 => Some(format!("{text}-01")),
        10 => Some(text.to_owned()),
        _ => None,
    };
    if let Some(day) = day {
        return NaiveDate::parse_from_str(&day, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    }
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(zoned.naive_utc());
    }
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let bare = text.strip_suffix('Z').unwrap_or(text);
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(bare, form).ok())
}

#[cfg(test)]
mod tests;
