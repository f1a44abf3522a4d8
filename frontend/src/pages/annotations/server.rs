//! What the forms of this feature need of core.

use crate::forms::{Done, Form, Posted, post};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Error, Result, annotations};
use weighhouse_types::annotations::{AliasSet, Annotate, Annotations, Seen, Tags};
use weighhouse_types::reference::{ModelRef, VersionRef};

/// What something is said of, as its page's address names it.
enum Of {
    Model(ModelRef),
    Version(VersionRef),
}

impl Of {
    fn parse(text: &str) -> Result<Self> {
        let of = match text.contains('@') {
            true => text.parse().map(Self::Version),
            false => text.parse().map(Self::Model),
        };
        of.map_err(|e: String| Error::invalid("of", e))
    }

    fn page(text: &str) -> String {
        match Self::parse(text) {
            Ok(Self::Model(model)) => links::model(&model),
            Ok(Self::Version(version)) => links::version(&version),
            Err(_) => "/".into(),
        }
    }

    async fn annotate(text: &str, ctx: &Ctx, edit: Annotate) -> Result<Annotations> {
        match Self::parse(text)? {
            Self::Model(model) => annotations::model_annotate(ctx, &model, edit).await,
            Self::Version(version) => annotations::version_annotate(ctx, &version, edit).await,
        }
    }
}

#[server(prefix = "/do", endpoint = "annotation-describe")]
pub(crate) async fn describe(
    #[server(default)] csrf: String,
    #[server(default)] of: String,
    #[server(default)] description: String,
    #[server(default)] seen: String,
) -> Posted {
    let back = Of::page(&of);
    let form =
        Form { back: back.clone(), name: Describe::PATH, kept: vec![("description", description.clone())] };
    post(form, &csrf, async move |ctx| {
        let seen = Some(Seen { description: Some(seen), ..Seen::default() });
        let edit = Annotate { description: Some(description), seen, ..Annotate::default() };
        Of::annotate(&of, &ctx, edit).await?;
        Ok(Done::to(back).saying("The description is saved."))
    })
    .await
}

/// Sets a tag where it is still as the page showed it, or none is there. `seen`
/// has the tags of the page, as JSON.
#[server(prefix = "/do", endpoint = "annotation-tag")]
pub(crate) async fn tag(
    #[server(default)] csrf: String,
    #[server(default)] of: String,
    #[server(default)] key: String,
    #[server(default)] value: String,
    #[server(default)] seen: String,
) -> Posted {
    let back = Of::page(&of);
    let kept = vec![("key", key.clone()), ("value", value.clone())];
    post(Form { back: back.clone(), name: Tag::PATH, kept }, &csrf, async move |ctx| {
        let key = key.trim().to_owned();
        let shown: Tags = serde_json::from_str(&seen).unwrap_or_default();
        let edit = tag_edit(&key, Some(value), shown.get(&key).cloned());
        Of::annotate(&of, &ctx, edit).await?;
        Ok(Done::to(back).saying(format!("The tag {key} is set.")))
    })
    .await
}

#[server(prefix = "/do", endpoint = "annotation-untag")]
pub(crate) async fn untag(
    #[server(default)] csrf: String,
    #[server(default)] of: String,
    #[server(default)] key: String,
    #[server(default)] seen: String,
) -> Posted {
    let back = Of::page(&of);
    post(Form { back: back.clone(), name: Untag::PATH, kept: Vec::new() }, &csrf, async move |ctx| {
        Of::annotate(&of, &ctx, tag_edit(&key, None, Some(seen))).await?;
        Ok(Done::to(back).saying(format!("The tag {key} is removed.")))
    })
    .await
}

fn tag_edit(key: &str, value: Option<String>, seen: Option<String>) -> Annotate {
    let seen = Seen { tags: [(key.to_owned(), seen)].into(), ..Seen::default() };
    Annotate { tags: [(key.to_owned(), value)].into(), seen: Some(seen), ..Annotate::default() }
}

/// Gives an alias to a version. One that another version has is moved only
/// where the form says so.
#[server(prefix = "/do", endpoint = "alias-set")]
pub(crate) async fn alias_give(
    #[server(default)] csrf: String,
    #[server(default)] version: String,
    #[server(default)] alias: String,
    #[server(default)] moves: String,
) -> Posted {
    let back = Of::page(&version);
    let form = Form { back: back.clone(), name: AliasGive::PATH, kept: vec![("alias", alias.clone())] };
    post(form, &csrf, async move |ctx| {
        let version: VersionRef = version.parse().map_err(|e: String| Error::invalid("version", e))?;
        let from = moves.is_empty().then_some(0);
        let set = AliasSet { version: version.number, from };
        let alias = annotations::alias_set(&ctx, &version.model, alias.trim(), set).await?;
        Ok(Done::to(back).saying(format!("{} is version {} now.", alias.name, version.number)))
    })
    .await
}

#[server(prefix = "/do", endpoint = "alias-remove")]
pub(crate) async fn alias_take(
    #[server(default)] csrf: String,
    #[server(default)] version: String,
    #[server(default)] alias: String,
) -> Posted {
    let back = Of::page(&version);
    post(Form { back: back.clone(), name: AliasTake::PATH, kept: Vec::new() }, &csrf, async move |ctx| {
        let version: VersionRef = version.parse().map_err(|e: String| Error::invalid("version", e))?;
        annotations::alias_remove(&ctx, &version.model, &alias).await?;
        Ok(Done::to(back).saying(format!("The alias {alias} is taken away.")))
    })
    .await
}
