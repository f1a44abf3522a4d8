//! The crates' walls: who may import whom, and what stays inside a feature.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join(manifest)).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().cloned().collect()
}

#[test]
fn crates_import_only_what_they_may() {
    for (manifest, forbidden) in [
        (
            "crates/types/Cargo.toml",
            &["weighhouse-", "actix-web", "leptos", "diesel", "tokio", "object_store"][..],
        ),
        ("crates/ledger/Cargo.toml", &["weighhouse-", "actix-web", "leptos", "diesel", "tokio"]),
        (
            "crates/core/Cargo.toml",
            &["actix-web", "leptos", "weighhouse-api", "weighhouse-worker", "weighhouse-frontend"],
        ),
        (
            "crates/api/Cargo.toml",
            &["diesel", "object_store", "lettre", "leptos", "weighhouse-worker", "weighhouse-frontend"],
        ),
        ("crates/worker/Cargo.toml", &["diesel", "object_store", "lettre", "actix-web", "weighhouse-api"]),
        (
            "crates/cli/Cargo.toml",
            &["diesel", "actix-web", "weighhouse-core", "weighhouse-api", "weighhouse-server"],
        ),
        ("frontend/Cargo.toml", &["diesel", "object_store", "lettre", "weighhouse-api", "weighhouse-worker"]),
    ] {
        for dependency in dependencies(manifest) {
            let bad = forbidden.iter().any(|wall| dependency.starts_with(wall));
            assert!(!bad, "{manifest} may not import {dependency}");
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_kernel_imports_no_feature_and_features_keep_their_queries() {
    let core = root().join("crates/core/src");
    let features: Vec<String> = std::fs::read_dir(&core)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir() && entry.file_name() != "kernel")
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert!(features.len() > 5, "{features:?}");
    for path in sources(&core) {
        let text = std::fs::read_to_string(&path).unwrap();
        let own = path.strip_prefix(&core).unwrap().iter().next().unwrap().to_str().unwrap();
        for feature in &features {
            let (any, queries) = (format!("crate::{feature}::"), format!("crate::{feature}::queries"));
            assert!(own != "kernel" || !text.contains(&any), "{} imports {feature}", path.display());
            assert!(own == feature || !text.contains(&queries), "{} reaches into {queries}", path.display());
        }
        let raw = text.contains("pool.get()") && !path.ends_with("kernel/tx.rs");
        assert!(!raw, "{} takes a raw connection", path.display());
    }
}

#[test]
fn only_server_files_of_pages_name_core() {
    let pages = root().join("frontend/src/pages");
    for path in sources(&pages) {
        let text = std::fs::read_to_string(&path).unwrap();
        let names_core =
            ["identity", "tenancy", "projects", "models", "versions", "promotions", "memberships", "audit"]
                .iter()
                .chain(&["retention", "holds", "pins", "prompts", "datasets"])
                .any(|feature| text.contains(&format!("weighhouse_core::{feature}")));
        assert!(!names_core || path.ends_with("server.rs"), "{} names core", path.display());
    }
}

#[test]
fn files_stay_readable() {
    for folder in ["crates", "frontend", "tests"] {
        for path in sources(&root().join(folder)) {
            let lines = std::fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 400 || path.ends_with("schema.rs"), "{} has {lines} lines", path.display());
        }
    }
}
