//! Completions in the real shells, and the manual under the real formatter.

use std::path::Path;
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wh");

fn script(shell: &str, folder: &Path) -> String {
    let output = Command::new(PROGRAM).args(["completions", shell]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let path = folder.join(format!("wh.{shell}"));
    std::fs::write(&path, output.stdout).unwrap();
    path.to_str().unwrap().to_owned()
}

fn said(output: Output) -> String {
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && err.is_empty(), "{out}{err}");
    out
}

/// A shell without its user's settings.
fn shell(program: &str, arguments: &[&str]) -> String {
    said(Command::new(program).args(arguments).env_remove("BASH_ENV").output().unwrap())
}

#[test]
fn bash_completes_commands_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = script("bash", folder.path());
    let complete = |words: &str| {
        let ask = format!(
            "source '{script}'; COMP_WORDS=({words} ''); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _wh wh '' \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        shell("bash", &["--norc", "-c", &ask])
    };
    assert!(complete("wh").lines().any(|word| word == "promotion"));
    assert!(complete("wh promotion").lines().any(|word| word == "watch"));
    assert!(complete("wh promote --to").lines().any(|word| word == "production"));
    assert!(complete("wh token create --scope").lines().any(|word| word == "register"));
}

#[test]
fn zsh_loads_its_completions() {
    let folder = tempfile::tempdir().unwrap();
    let script = script("zsh", folder.path());
    let ask = format!("autoload -U compinit && compinit -D -u && source '{script}' && print $_comps[wh]");
    assert_eq!(shell("zsh", &["-f", "-c", &ask]).trim(), "_wh");
}

#[test]
fn fish_completes_commands_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = script("fish", folder.path());
    let complete = |line: &str| {
        let ask = format!("source '{script}'; complete -C '{line}'");
        shell("fish", &["--no-config", "-c", &ask])
    };
    assert!(complete("wh promotion w").lines().any(|line| line.starts_with("watch\t")));
    assert!(complete("wh promote --to ").lines().any(|line| line.starts_with("production")));
}

#[test]
fn the_manual_is_formatted_without_a_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    said(Command::new(PROGRAM).args(["man", "-o", path]).output().unwrap());
    let mut pages: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    pages.sort();
    let names: Vec<_> = pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap()).collect();
    for name in ["wh.1", "wh-push.1", "wh-promotion.1", "wh-promotion-watch.1"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for page in &pages {
        let page = page.to_str().unwrap();
        let text = shell("groff", &["-Kutf8", "-man", "-ww", "-Tutf8", "-P-cbou", page]);
        assert!(text.contains("NAME") && text.contains("SYNOPSIS"), "{page}: {text}");
    }
}
