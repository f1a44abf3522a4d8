//! Finding clients, projects and models by name.

use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::tenancy;
use std::collections::BTreeSet;
use weighhouse_types::search::{Found, FoundKind, SearchQuery};
use weighhouse_types::tenancy::{Portfolio, PortfolioTenant};

/// More than so many are no help.
pub const FOUND_MAX: usize = 20;
/// The longest text that is searched for, in characters.
const QUERY_MAX: usize = 200;

/// What the caller reaches whose name or way holds all the words.
///
/// # Errors
/// When nobody is signed in, or too much is searched for.
pub async fn search(ctx: &Ctx, query: &SearchQuery) -> Result<Vec<Found>> {
    if query.q.chars().count() > QUERY_MAX {
        return Err(Error::invalid("q", format!("Search for at most {QUERY_MAX} characters.")));
    }
    let portfolio = tenancy::portfolio(ctx).await?;
    Ok(find(&portfolio, &query.q))
}

/// The same in a portfolio that is there: clients first, then what is theirs.
#[must_use]
pub fn find(portfolio: &Portfolio, words: &str) -> Vec<Found> {
    let words = Words::of(words);
    let clients = portfolio.tenants.iter().map(client);
    let found = clients.chain(portfolio.tenants.iter().flat_map(inside));
    found
        .filter(|found| words.are_in(&[&found.name, &found.tenant_name, &path(found)]))
        .take(FOUND_MAX)
        .collect()
}

/// What is searched for, word by word.
pub struct Words(Vec<String>);

impl Words {
    /// The words of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_lowercase).collect())
    }

    /// Whether the texts together hold every word.
    #[must_use]
    pub fn are_in(&self, texts: &[&str]) -> bool {
        let text = texts.join(" ").to_lowercase();
        self.0.iter().all(|word| text.contains(word.as_str()))
    }
}

/// A found thing's way, as its reference writes it.
fn path(found: &Found) -> String {
    let parts = [Some(&found.tenant), found.project.as_ref(), found.model.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/")
}

fn client(client: &PortfolioTenant) -> Found {
    let tenant = &client.tenant;
    Found {
        kind: FoundKind::Client,
        name: tenant.name.clone(),
        tenant: tenant.slug.clone(),
        tenant_name: tenant.name.clone(),
        project: None,
        model: None,
    }
}

/// A client's models, then its projects.
fn inside(of: &PortfolioTenant) -> impl Iterator<Item = Found> {
    let projects: BTreeSet<&String> = of.models.iter().map(|model| &model.project).collect();
    let models = of.models.iter().map(|model| Found {
        kind: FoundKind::Model,
        name: model.model.clone(),
        project: Some(model.project.clone()),
        model: Some(model.model.clone()),
        ..client(of)
    });
    models.chain(projects.into_iter().map(|project| Found {
        kind: FoundKind::Project,
        name: project.clone(),
        project: Some(project.clone()),
        ..client(of)
    }))
}
