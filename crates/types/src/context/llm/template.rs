//! Templates of prompts: text with variables in double braces, `{{ claim }}`.
//!
//! Single braces are text, so that JSON can stand in a prompt as it is; where
//! two are meant as they are, a backslash stands before them: `\{{`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A part of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part<'t> {
    Text(&'t str),
    /// A variable's name.
    Variable(&'t str),
}

/// Why a prompt cannot be rendered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RenderError {
    /// The template itself is wrong.
    Syntax { line: usize, detail: String },
    /// A variable of the template has no value.
    Missing(String),
    /// A value is for a variable that the template does not have.
    Unused(String),
}

impl RenderError {
    /// The variable that it is about.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Syntax { .. } => None,
            Self::Missing(name) | Self::Unused(name) => Some(name),
        }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, detail } => write!(f, "line {line}: {detail}"),
            Self::Missing(name) => write!(f, "the variable ‘{name}’ has no value; give one"),
            Self::Unused(name) => {
                write!(
                    f,
                    "the template has no variable ‘{name}’; leave its value out, or write {{{{ {name} }}}}"
                )
            }
        }
    }
}

/// The parts of a template, in order.
///
/// # Errors
/// Says in which line which variable is not one.
pub fn parts(template: &str) -> Result<Vec<Part<'_>>, RenderError> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        let (before, after) =
            (rest.get(..open).unwrap_or_default(), rest.get(open + 2..).unwrap_or_default());
        if let Some(text) = before.strip_suffix('\\') {
            parts.push(Part::Text(text));
            parts.push(Part::Text("{{"));
            rest = after;
            continue;
        }
        let line = || template.len().checked_sub(rest.len()).map_or(1, |gone| line_of(template, gone + open));
        let Some((name, behind)) = after.split_once("}}") else {
            let detail =
                "‘{{’ is never closed by ‘}}’; write \\{{ where the braces themselves are meant".to_owned();
            return Err(RenderError::Syntax { line: line(), detail });
        };
        let name = name.trim();
        name_check(name).map_err(|detail| RenderError::Syntax { line: line(), detail })?;
        parts.push(Part::Text(before));
        parts.push(Part::Variable(name));
        rest = behind;
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    Ok(parts)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Checks the name of a variable.
///
/// # Errors
/// Says what it must look like.
pub(super) fn name_check(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins && name.len() <= 64 && name.chars().all(fits) {
        return Ok(());
    }
    let shown: String = name.chars().take(40).collect();
    Err(format!(
        "‘{shown}’ is no variable: a name has letters, digits and _, begins with no digit, and has at most 64"
    ))
}

/// The variables of a template, each once.
///
/// # Errors
/// As [`parts`].
pub fn variables(template: &str) -> Result<BTreeSet<&str>, RenderError> {
    let variable = |part| match part {
        Part::Variable(name) => Some(name),
        Part::Text(_) => None,
    };
    Ok(parts(template)?.into_iter().filter_map(variable).collect())
}

/// Puts values in the place of a template's variables. What a value holds is
/// text, whatever it looks like.
///
/// # Errors
/// When a variable has no value, a value has no variable, or the template is
/// wrong.
pub fn render(template: &str, values: &BTreeMap<String, String>) -> Result<String, RenderError> {
    let parts = parts(template)?;
    let used = variables(template)?;
    if let Some(unused) = values.keys().find(|name| !used.contains(name.as_str())) {
        return Err(RenderError::Unused(unused.clone()));
    }
    let text = |part: &Part<'_>| match part {
        Part::Text(text) => Ok((*text).to_owned()),
        Part::Variable(name) => {
            values.get(*name).cloned().ok_or_else(|| RenderError::Missing((*name).to_owned()))
        }
    };
    parts.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn values_take_the_place_of_variables() {
        let claim = values(&[("claim", "{{ other }} and 100 %"), ("language", "German")]);
        for (template, expected) in [
            ("Sum up {{ claim }} in {{language}}.", "Sum up {{ other }} and 100 % in German."),
            ("{{claim}}{{ language }}", "{{ other }} and 100 %German"),
            (
                "{{ language }}: {\"a\": {\"b\": 1}} {{ claim }}",
                "German: {\"a\": {\"b\": 1}} {{ other }} and 100 %",
            ),
            ("\\{{ raw }} {{ claim }} {{ language }}", "{{ raw }} {{ other }} and 100 % German"),
        ] {
            assert_eq!(render(template, &claim).as_deref(), Ok(expected), "{template}");
        }
        assert_eq!(render("no variables at all", &values(&[])).as_deref(), Ok("no variables at all"));
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        let missing = render("{{ a }} {{ b }}", &values(&[("a", "1")])).unwrap_err();
        assert_eq!(missing, RenderError::Missing("b".into()));
        let unused = render("{{ a }}", &values(&[("a", "1"), ("claim", "2")])).unwrap_err();
        assert_eq!(unused, RenderError::Unused("claim".into()));
        assert!(unused.to_string().contains("no variable ‘claim’"), "{unused}");
        for (template, line, words) in [
            ("one\ntwo {{ claim", 2, "never closed"),
            ("{{ }}", 1, "‘’ is no variable"),
            ("\n\n{{ a b }}", 3, "‘a b’ is no variable"),
            ("{{ ok }}\n{{ 1st }}", 2, "begins with no digit"),
            ("{{ {{ a }} }}", 1, "is no variable"),
            ("{{ a|upper }}", 1, "‘a|upper’"),
        ] {
            let Err(RenderError::Syntax { line: at, detail }) = parts(template) else { panic!("{template}") };
            assert_eq!(at, line, "{template}");
            assert!(detail.contains(words), "{detail}");
        }
    }

    proptest! {
        #[test]
        fn a_template_that_parses_renders_with_its_own_variables(template in "([a-z {}\\\\\n]|\\{\\{ ?[a-z]{1,3} ?\\}\\}){0,12}") {
            if let Ok(used) = variables(&template) {
                let all = used.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
                let rendered = render(&template, &all).unwrap();
                prop_assert!(used.is_empty() || rendered != template);
            }
        }
    }
}
