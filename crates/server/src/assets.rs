//! The UI's files, inside the program: the binary alone serves them.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Path, ServiceConfig};
use actix_web::{HttpResponse, web};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../target/site"]
struct Site;

/// A prefix that changes with what the files hold, so that browsers may keep
/// them for good.
static PREFIX: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for name in Site::iter() {
        hash.update(name.as_bytes());
        hash.update(Site::get(&name).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    let digest = hex::encode(hash.finalize());
    format!("/static/{}", digest.get(..12).unwrap_or_default())
});

/// The prefix of the files' addresses.
pub(crate) fn prefix() -> &'static str {
    &PREFIX
}

/// Serves the files below the prefix for good, and below `/` for a while.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for folder in ["pkg", "fonts"] {
        let kept = format!("{}/{{file:{folder}/.*}}", prefix());
        config.route(
            &kept,
            web::get().to(|file: Path<String>| answer(file, "public, max-age=31536000, immutable")),
        );
        let plain = format!("/{{file:{folder}/.*}}");
        config.route(&plain, web::get().to(|file: Path<String>| answer(file, "public, max-age=300")));
    }
}

async fn answer(file: Path<String>, cache: &'static str) -> HttpResponse {
    let Some(found) = Site::get(&file) else { return HttpResponse::NotFound().finish() };
    let kind = mime_guess::from_path(file.as_str()).first_or_octet_stream();
    HttpResponse::Ok()
        .content_type(kind.as_ref())
        .insert_header((CACHE_CONTROL, cache))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(found.data.into_owned())
}
