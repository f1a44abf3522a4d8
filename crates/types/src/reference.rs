//! References as people and scripts write them: `tenant/project/model@N`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A model: `tenant/project/model`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelRef {
    pub tenant: String,
    pub project: String,
    pub model: String,
}

/// A version: `tenant/project/model@N`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VersionRef {
    pub model: ModelRef,
    pub number: u32,
}

/// A version as people name it: `tenant/project/model@3`, or by an alias,
/// `tenant/project/model@champion`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VersionName {
    Number(VersionRef),
    Alias(ModelRef, String),
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.tenant, self.project, self.model)
    }
}

impl fmt::Display for VersionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.model, self.number)
    }
}

impl FromStr for ModelRef {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let mut parts = s.split('/');
        let (Some(tenant), Some(project), Some(model), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(format!("‘{s}’ is not a model: write tenant/project/model"));
        };
        slug_check(tenant).map_err(|e| format!("tenant {e}"))?;
        slug_check(project).map_err(|e| format!("project {e}"))?;
        model_name_check(model)?;
        Ok(Self { tenant: tenant.into(), project: project.into(), model: model.into() })
    }
}

impl FromStr for VersionRef {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("‘{s}’ is not a version: write tenant/project/model@3");
        let (model, number) = s.rsplit_once('@').ok_or_else(wrong)?;
        if number.starts_with(['+', '0']) {
            return Err(wrong());
        }
        Ok(Self { model: model.parse()?, number: number.parse::<u32>().ok().ok_or_else(wrong)? })
    }
}

impl fmt::Display for VersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(version) => version.fmt(f),
            Self::Alias(model, alias) => write!(f, "{model}@{alias}"),
        }
    }
}

impl FromStr for VersionName {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let Some((model, alias)) = s.rsplit_once('@') else {
            return Err(format!("‘{s}’ is not a version: write tenant/project/model@3, or @ and an alias"));
        };
        if alias_check(alias).is_err() {
            return s.parse().map(Self::Number);
        }
        Ok(Self::Alias(model.parse()?, alias.into()))
    }
}

/// Checks an alias: 1 to 100 letters, digits, `_`, `-` and `.`, beginning with
/// a letter. `v3` would look like a version.
///
/// # Errors
/// Says what is wrong with it.
pub fn alias_check(alias: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let begins = alias.starts_with(|c: char| c.is_ascii_alphabetic());
    if !begins || !alias.chars().all(inner) || alias.len() > 100 {
        return Err(format!(
            "‘{alias}’ cannot be an alias: write 1 to 100 of a-z, 0-9, _, - and ., beginning with a letter"
        ));
    }
    let number = alias.strip_prefix(['v', 'V']).filter(|rest| !rest.is_empty());
    if number.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit())) {
        return Err(format!("‘{alias}’ looks like a version's number; choose another alias"));
    }
    Ok(())
}

/// Aliases that nobody sets: what they stand for follows from the versions.
pub const ALIASES_DERIVED: [&str; 3] = ["latest", "staging", "production"];

/// Checks a slug: 2 to 63 of `a-z`, `0-9` and inner hyphens, as in a host name.
///
/// # Errors
/// Says what is wrong with it.
pub fn slug_check(slug: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(2..=63).contains(&slug.len()) {
        return Err(format!("‘{slug}’ must have 2 to 63 characters"));
    }
    if !slug.chars().all(inner) || slug.starts_with('-') || slug.ends_with('-') {
        return Err(format!(
            "‘{slug}’ may hold only a-z, 0-9 and hyphens, and neither start nor end with a hyphen"
        ));
    }
    Ok(())
}

/// Checks a model's name: what MLflow admits, less what cannot stand in a
/// reference: 1 to 250 characters without `/`, `:`, `@` or control characters,
/// and without blanks at either end.
///
/// # Errors
/// Says what is wrong with it.
pub fn model_name_check(name: &str) -> Result<(), String> {
    let count = name.chars().count();
    if !(1..=250).contains(&count) {
        return Err("a model's name must have 1 to 250 characters".into());
    }
    if name.trim() != name || name == "." || name == ".." {
        return Err(format!("‘{name}’ cannot be a model's name: it has blanks at an end, or is a dot path"));
    }
    match name.chars().find(|c| matches!(c, '/' | ':' | '@') || c.is_control()) {
        Some(c) => Err(format!("a model's name may not hold {c:?}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn references_round_trip() {
        let text = "northwind/claims/Fraud scorer v2@12";
        assert_eq!(text.parse::<VersionRef>().map(|v| v.to_string()), Ok(text.into()));
    }

    #[test]
    fn wrong_references_say_what_to_write() {
        for wrong in
            ["a", "aa/bb", "aa/bb/cc", "aa/bb/cc@", "aa/bb/cc@0", "aa/bb/cc@+1", "aa/bb/c/d@1", "AA/bb/cc@1"]
        {
            assert!(wrong.parse::<VersionRef>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_version_has_a_number_or_an_alias() {
        assert!(matches!("aa/bb/cc@12".parse(), Ok(VersionName::Number(_))));
        assert!(
            matches!("aa/bb/cc@champion".parse(), Ok(VersionName::Alias(_, alias)) if alias == "champion")
        );
        for wrong in ["aa/bb/cc", "aa/bb/cc@", "aa/bb/cc@0", "aa/bb/cc@v3", "aa/bb/cc@a b", "aa/bb@champion"]
        {
            assert!(wrong.parse::<VersionName>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(s in ".*") {
            let _ = s.parse::<VersionRef>();
        }

        #[test]
        fn what_parses_prints_the_same(s in "[a-z]{2,8}/[a-z0-9]{2,8}/[A-Za-z _.-]{1,20}@[1-9][0-9]{0,5}") {
            if let Ok(v) = s.parse::<VersionRef>() {
                prop_assert_eq!(v.to_string(), s);
            }
        }
    }
}
