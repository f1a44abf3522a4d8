//! Finding anything that the caller reaches: by name, commit, digest, person, day.
//!
//! The database notes what each change touches (`search_index` in the
//! migrations), and writes its documents soon after (`index`): a feature makes
//! its rows found by a view of documents.

mod index;
mod queries;
mod rules;

pub use index::index_all;
pub(crate) use index::index_tenant;
pub use rules::Words;

use crate::kernel::authz;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::PortfolioTx;
use queries::Ask;
use rules::{Hit, best};
use weighhouse_types::permission::Action;
use weighhouse_types::search::{Found, FoundKind, SearchQuery};

/// More of one kind than so many are no help.
const KIND_MAX: usize = 8;
/// The longest text that is searched for, in characters.
const QUERY_MAX: usize = 200;
/// The most words of it that are looked at.
const WORDS_MAX: usize = 8;
/// Sets of words that are looked for: the text, and what is left of it in clients whose names hold the rest.
const ASKS_MAX: usize = 6;
/// A text shorter than this is no slip of anything.
const SLIP_MIN: usize = 4;

/// What the caller reaches of which all the words are known, or the
/// beginnings of words; where there is nothing, names that are like the text.
///
/// # Errors
/// When nobody is signed in, or too much is searched for.
pub async fn search(ctx: &Ctx, query: &SearchQuery) -> Result<Vec<Found>> {
    if query.q.chars().count() > QUERY_MAX {
        return Err(Error::invalid("q", format!("Search for at most {QUERY_MAX} characters.")));
    }
    let tenants = authz::tenants(ctx).await?;
    let words = Words::of(&query.q);
    let clients = tenants.iter().filter(|tenant| words.are_in(&[&tenant.info().name, tenant.slug()]));
    let mut hits: Vec<Hit> = clients.map(client).collect();
    index::index_what_is_behind(ctx, &tenants).await?;
    let mut tx = PortfolioTx::begin(ctx, &tenants).await?;
    queries::prepare(&mut tx).await?;
    for ask in asks(&tenants, &words) {
        hits.extend(queries::find(&mut tx, &ask, words.text()).await?);
    }
    if !words.is_empty() && !matches!(ctx.actor, Actor::Token { .. }) {
        let seen: Vec<_> = tenants.iter().filter(|tenant| tenant.may(Action::MemberRead)).collect();
        hits.extend(queries::people(&mut tx, &seen, &words).await?);
    }
    if let Some(digest) = words.digest() {
        hits.extend(queries::with_file(&mut tx, digest).await?);
    }
    if hits.is_empty() && words.text().chars().count() >= SLIP_MIN {
        hits = queries::alike(&mut tx, &tenants, words.text()).await?;
    }
    tx.finish().await?;
    Ok(found(best(hits, KIND_MAX), &tenants))
}

fn client(tenant: &authz::Tenant) -> Hit {
    let id = tenant.id().0;
    Hit { id, name: tenant.info().name.clone(), ..Hit::of(FoundKind::Client, tenant.id()) }
}

/// What is asked for of which tenants: all the words of each; and where a
/// tenant's own name holds some of them, the others of what is in it.
fn asks<'t>(tenants: &'t [authz::Tenant], words: &Words) -> Vec<Ask<'t>> {
    let mut asks = vec![Ask { tenants: tenants.iter().collect(), words: words.clone() }];
    let mut ask =
        |tenant: &'t authz::Tenant, words: Words| match asks.iter_mut().find(|ask| ask.words == words) {
            Some(ask) => ask.tenants.push(tenant),
            None => asks.push(Ask { tenants: vec![tenant], words }),
        };
    for tenant in tenants {
        let rest = words.without(&[&tenant.info().name, tenant.slug()]);
        if rest.len() < words.len() {
            ask(tenant, rest);
        }
        // A whole reference, as `wh` writes it.
        if let Some(inside) = words.text().strip_prefix(tenant.slug()).and_then(|text| text.strip_prefix('/'))
        {
            ask(tenant, Words::of(inside));
        }
    }
    asks.truncate(ASKS_MAX);
    asks
}

/// What was found, with its client's names.
fn found(hits: Vec<Hit>, tenants: &[authz::Tenant]) -> Vec<Found> {
    let found = |hit: Hit| {
        let tenant = tenants.iter().find(|tenant| tenant.id() == hit.tenant)?;
        Some(Found {
            kind: hit.kind,
            id: hit.id,
            name: hit.name,
            tenant: tenant.slug().to_owned(),
            tenant_name: tenant.info().name.clone(),
            project: hit.project,
            model: hit.model,
            number: hit.number,
            note: hit.note,
        })
    };
    hits.into_iter().filter_map(found).collect()
}
