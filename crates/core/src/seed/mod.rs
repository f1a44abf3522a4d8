//! A large installation, made up: many tenants with the models, versions,
//! requests and logs that years of work leave behind, for measuring.
//!
//! It is written in bulk, a transaction a tenant, in the form that the
//! operations give it: the same digests, the same evidence, the same leaves.
//! The tenants are marked as synthetic.

mod contexts;
mod dice;
mod queries;
mod story;

use crate::identity;
use crate::kernel::authz;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::log::Past;
use crate::kernel::tx::TenantTx;
use crate::{blobs, memberships, search, tenancy};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use dice::Dice;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use sha2::{Digest, Sha256};
use story::{People, Plan};
use weighhouse_types::audit::Event;
use weighhouse_types::context::FileEntry;
use weighhouse_types::error::Code;
use weighhouse_types::ids::UserId;
use weighhouse_types::permission::{Action, AgencyRole, TenantRole};
use weighhouse_types::tenancy::TenantCreate;

/// Tenants written at once.
const AT_ONCE: usize = 3;
/// The most versions of one tenant: they are one transaction.
const VERSIONS_MAX: usize = 50_000;
/// How far back the history goes.
const DAYS: i64 = 3 * 365;
const ENGINEERS: usize = 12;
const APPROVERS: usize = 40;

/// How much is made.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// The slug of the agency; tenants are named after it.
    pub agency: String,
    pub tenants: usize,
    pub models: usize,
    pub versions: usize,
    /// The same seed makes the same data, apart from nonces and what is counted from today.
    pub seed: u64,
    /// Whether the store can be written: versions have files then.
    pub files: bool,
    /// Of every login.
    pub password: String,
}

/// What was made.
#[derive(Clone, Debug, Serialize)]
pub struct Seeded {
    pub agency: String,
    /// An engineer's login, which reaches every tenant.
    pub engineer: String,
    pub tenants: usize,
    pub models: usize,
    pub versions: usize,
    pub events: usize,
}

/// Makes it all, beside what is there: the operator's command.
///
/// # Errors
/// When the agency is there already, or the sizes do not fit together.
pub async fn seed(ctx: &Ctx, sizes: &Sizes, done: impl Fn(usize) + Sync) -> Result<Seeded> {
    if !matches!(ctx.actor, Actor::Console) {
        return Err(Error::refused(Code::Forbidden, "Only the operator makes up data."));
    }
    check(sizes)?;
    let agency = &sizes.agency;
    tenancy::agency_create(ctx, agency, &format!("{agency} (made up)")).await?;
    let people = people(ctx, sizes).await?;
    let until = Utc::now();
    let count = std::sync::atomic::AtomicUsize::new(0);
    let events = stream::iter(0..sizes.tenants)
        .map(async |number| {
            let events = tenant(ctx, sizes, number, &people, until).await?;
            done(count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1);
            Ok::<_, Error>(events)
        })
        .buffer_unordered(AT_ONCE)
        .try_fold(0, async |sum, events| Ok(sum + events))
        .await?;
    Ok(Seeded {
        agency: agency.clone(),
        engineer: engineer_email(agency, 0),
        tenants: sizes.tenants,
        models: sizes.models,
        versions: sizes.versions,
        events,
    })
}

fn check(sizes: &Sizes) -> Result<()> {
    let Sizes { tenants, models, versions, .. } = *sizes;
    let fits = 0 < tenants && tenants <= models && models <= versions;
    if !fits {
        return Err(Error::invalid(
            "sizes",
            "Every tenant has a model, and every model a version: give at least so many.",
        ));
    }
    if versions.div_ceil(tenants) > VERSIONS_MAX {
        return Err(Error::invalid(
            "sizes",
            format!("A tenant has at most {VERSIONS_MAX} versions; make more tenants."),
        ));
    }
    Ok(())
}

fn engineer_email(agency: &str, number: usize) -> String {
    format!("engineer-{number}@{agency}.example")
}

/// Everybody's logins. One hash serves them all: a thousand would take longer
/// than the data.
async fn people(ctx: &Ctx, sizes: &Sizes) -> Result<People> {
    let agency =
        authz::agency(ctx, &sizes.agency, weighhouse_types::permission::AgencyAction::StaffManage).await?;
    let hash = ctx.app().passwords.hash(&sizes.password).await?;
    let mut dice = Dice::new(sizes.seed, u64::MAX);
    let mut people = People { engineers: Vec::new(), approvers: Vec::new() };
    for number in 0..ENGINEERS {
        let email = engineer_email(&sizes.agency, number);
        let role = Some(AgencyRole::Engineer);
        let id = identity::login_made_up(ctx, &agency, &email, &dice.name(), &hash, role).await?;
        people.engineers.push(id);
    }
    for number in 0..APPROVERS.min(sizes.tenants) {
        let email = format!("approver-{number}@{}-client.example", sizes.agency);
        let id = identity::login_made_up(ctx, &agency, &email, &dice.name(), &hash, None).await?;
        people.approvers.push((id, email));
    }
    Ok(people)
}

/// Makes one tenant with everything in it; gives how many events it has.
async fn tenant(
    ctx: &Ctx,
    sizes: &Sizes,
    number: usize,
    people: &People,
    until: DateTime<Utc>,
) -> Result<usize> {
    let mut dice = Dice::new(sizes.seed, u64::try_from(number).map_err(Error::internal)?);
    let slug = format!("{}-{number}", sizes.agency);
    let new = TenantCreate { slug: slug.clone(), name: Some(dice.company(number)) };
    tenancy::tenant_create_synthetic(ctx, &sizes.agency, new).await?;
    let tenant = authz::tenant(ctx, &slug, Action::VersionRegister).await?;
    let files = if sizes.files { files(ctx, &slug).await? } else { Vec::new() };
    let share = |of: usize| of / sizes.tenants + usize::from(number < of % sizes.tenants);
    let approver = people.approver(number)?;
    let models = share(sizes.models);
    let plan = Plan {
        tenant: tenant.id().0,
        slug,
        models,
        versions: share(sizes.versions).max(models),
        engineers: people.engineers.clone(),
        approver: approver.0,
        files,
        from: until - TimeDelta::days(DAYS),
        until,
    };
    let story = story::tell(&plan, &mut dice)?;
    let joined = Event::MemberJoined { email: approver.1.clone(), role: TenantRole::Approver.to_string() };
    let joined = Past { at: plan.from, actor: None, event: joined };
    let past: Vec<Past> = std::iter::once(joined).chain(story.past).collect();
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    memberships::member_insert_in_tx(&mut tx, approver.0, TenantRole::Approver).await?;
    queries::write(&mut tx, &story.rows).await?;
    tx.commit_past(&past).await?;
    search::index_tenant(ctx, &tenant, u32::MAX).await?;
    Ok(past.len())
}

impl People {
    fn approver(&self, tenant: usize) -> Result<&(UserId, String)> {
        let number = tenant % self.approvers.len().max(1);
        self.approvers.get(number).ok_or_else(|| Error::internal("nobody approves"))
    }
}

/// Two small files that a tenant's versions share.
async fn files(ctx: &Ctx, slug: &str) -> Result<Vec<FileEntry>> {
    let mut body = Vec::new();
    let mut files = Vec::new();
    for path in ["model.onnx", "preprocess.json"] {
        let bytes = format!("{path} of {slug}, made up");
        let digest = Sha256::digest(&bytes);
        body.extend(digest);
        body.extend(u32::try_from(bytes.len()).map_err(Error::internal)?.to_be_bytes());
        body.extend(bytes.as_bytes());
        let size = u64::try_from(bytes.len()).map_err(Error::internal)?;
        files.push(FileEntry { path: path.into(), size, sha256: hex::encode(digest) });
    }
    let body = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from(body))]);
    blobs::batch_put(ctx, slug, body).await?;
    Ok(files)
}
