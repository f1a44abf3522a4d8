//! `target/site`: everything the server hands to browsers as it is.

use crate::islands;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The stylesheets in the order in which they apply.
const STYLES: [&str; 6] =
    ["fonts.css", "tokens.css", "base.css", "layout.css", "components.css", "tables.css"];

const FONTS: [&str; 4] = [
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
    "@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2",
    "@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-600-normal.woff2",
];

/// Puts stylesheet, icons, fonts and the islands' module together. Files that
/// would not change are left alone, so that what embeds them is not rebuilt.
pub(crate) fn build(root: &Path) -> Result<()> {
    let style = root.join("frontend/style");
    let site = root.join("target/site");
    let pkg = site.join("pkg");
    fs::create_dir_all(&pkg)?;
    fs::create_dir_all(site.join("fonts"))?;

    write(&pkg.join("weighhouse.css"), stylesheet(&style)?.as_bytes())?;
    write(&pkg.join("icons.svg"), sprite(root)?.as_bytes())?;
    copy(&style.join("mark.svg"), &pkg.join("mark.svg"))?;
    for file in ["weighhouse.js", "weighhouse_bg.wasm"] {
        copy(&islands::folder(root).join(file), &pkg.join(file))?;
    }
    for font in FONTS {
        let from = root.join("node_modules").join(font);
        let name = from.file_name().context("a font has a name")?;
        copy(&from, &site.join("fonts").join(name))?;
    }
    Ok(())
}

/// Whether `made` exists and is no older than what it is made `from`.
pub(crate) fn is_newer(made: &Path, from: &Path) -> bool {
    let age = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    matches!((age(made), age(from)), (Some(made), Some(from)) if made >= from)
}

fn stylesheet(style: &Path) -> Result<String> {
    let mut css = String::new();
    for name in STYLES {
        let text = fs::read_to_string(style.join(name)).with_context(|| format!("cannot read {name}"))?;
        css.push_str(&squeeze(&text));
    }
    Ok(css)
}

/// Drops comments, indentation and line breaks, which are most of what can be
/// won before compression.
fn squeeze(css: &str) -> String {
    let mut rest = css;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let lines = out.lines().map(str::trim).filter(|line| !line.is_empty());
    // A blank stands for the line break where one may separate words.
    lines.fold(String::new(), |mut all, line| {
        if !all.is_empty() && !all.ends_with(['{', '}', ';', ',']) {
            all.push(' ');
        }
        all.push_str(line);
        all
    })
}

/// One SVG file with every icon as a symbol.
fn sprite(root: &Path) -> Result<String> {
    let names = fs::read_to_string(root.join("frontend/style/icons.txt"))?;
    let mut svg = String::from(r#"<svg xmlns="http://www.w3.org/2000/svg">"#);
    svg.push_str("<!-- Icons: Lucide, ISC licence -->");
    for name in names.split_whitespace() {
        let path = root.join("node_modules/lucide-static/icons").join(format!("{name}.svg"));
        let icon = fs::read_to_string(&path)
            .with_context(|| format!("the icon {name} is missing: run `npm ci` first"))?;
        let body = icon
            .split_once("<svg")
            .and_then(|(_, svg)| svg.split_once('>'))
            .and_then(|(_, inner)| inner.rsplit_once("</svg>"))
            .map(|(inner, _)| inner.split_whitespace().collect::<Vec<_>>().join(" "))
            .with_context(|| format!("the icon {name} is no SVG"))?;
        write!(svg, r#"<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>"#)?;
    }
    svg.push_str("</svg>");
    Ok(svg)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let content =
        fs::read(from).with_context(|| format!("cannot read {}: run `npm ci` first", from.display()))?;
    write(to, &content)
}

fn write(to: &Path, content: &[u8]) -> Result<()> {
    if fs::read(to).is_ok_and(|there| there == content) {
        return Ok(());
    }
    fs::write(to, content).with_context(|| format!("cannot write {}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squeezing_keeps_what_means_something() {
        let css = "/* a */\na,\nb {\n  margin: 0 auto;\n  /* c */\n  color: light-dark(\n    red,\n    blue\n  );\n}\n";
        assert_eq!(squeeze(css), "a,b {margin: 0 auto;color: light-dark( red,blue );}");
    }
}
