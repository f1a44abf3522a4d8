//! The second wall: handles that only this module makes. Queries take them,
//! so code that forgot to authorise does not compile.

mod versions;

pub(crate) use versions::{versions, versions_by_id};

mod place;

pub(crate) use place::place;

use super::ctx::{Actor, Ctx};
use super::error::{Error, Result};
use super::sql::sql_query;
use super::tx::{PlatformLook, TenantTx, in_time};
use chrono::{DateTime, Utc};
use diesel::sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::error::Code;
use weighhouse_types::ids::{AgencyId, ModelId, ProjectId, TenantId, VersionId};
use weighhouse_types::permission::{self, Action, AgencyAction, AgencyRole, Role, TenantRole};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::tenancy;

/// A tenant that the caller may act in, as was asked.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    info: tenancy::Tenant,
    agency_id: AgencyId,
    roles: Vec<Role>,
}

impl Tenant {
    pub(crate) fn id(&self) -> TenantId {
        self.info.id
    }

    pub(crate) fn slug(&self) -> &str {
        &self.info.slug
    }

    pub(crate) fn info(&self) -> &tenancy::Tenant {
        &self.info
    }

    pub(crate) fn agency_id(&self) -> AgencyId {
        self.agency_id
    }

    /// Whether the caller may do something else here as well.
    ///
    /// Whoever works at the agency decides nothing here, whatever role the
    /// client gave them besides: the client's consent is what is asked for.
    pub(crate) fn may(&self, action: Action) -> bool {
        let staff = self.roles.iter().any(|role| matches!(role, Role::Agency(_)));
        if staff && action == Action::PromotionDecide {
            return false;
        }
        self.roles.iter().any(|role| permission::allows(*role, action))
    }
}

/// An agency that the caller may act on, as was asked.
#[derive(Clone, Debug)]
pub(crate) struct Agency {
    info: tenancy::Agency,
}

impl Agency {
    pub(crate) fn id(&self) -> AgencyId {
        self.info.id
    }

    pub(crate) fn info(&self) -> &tenancy::Agency {
        &self.info
    }
}

/// A project of the transaction's tenant.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) tenant_id: TenantId,
    pub(crate) id: ProjectId,
    _made_here: (),
}

/// A model of the transaction's tenant.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) tenant_id: TenantId,
    pub(crate) id: ModelId,
    pub(crate) reference: ModelRef,
    _made_here: (),
}

/// A version of the transaction's tenant.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) model: Model,
    pub(crate) id: VersionId,
    pub(crate) number: u32,
    _made_here: (),
}

impl Version {
    pub(crate) fn reference(&self) -> VersionRef {
        VersionRef { model: self.model.reference.clone(), number: self.number }
    }
}

#[derive(diesel::QueryableByName)]
struct TenantRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    synthetic: bool,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = Text)]
    agency: String,
    #[diesel(sql_type = Nullable<Text>)]
    agency_role: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    tenant_role: Option<String>,
}

/// Every tenant that a person reaches, with the roles that reach it; without
/// a person (the operator at the console, the worker), every one. `$2` narrows to one slug, `$3` to the one tenant of a token.
const REACHED: &str = "
    SELECT t.tenant_id, t.slug, t.name, t.synthetic, t.created_at, t.agency_id,
           a.slug AS agency, s.role AS agency_role, m.role AS tenant_role
    FROM tenants t
    JOIN agencies a ON a.id = t.agency_id
    LEFT JOIN agency_members s ON s.agency_id = t.agency_id AND s.user_id = $1
    LEFT JOIN memberships m ON m.tenant_id = t.tenant_id AND m.user_id = $1
    WHERE (s.role IS NOT NULL OR m.role IS NOT NULL OR $1 IS NULL)
      AND ($2 IS NULL OR t.slug = $2)
      AND ($3 IS NULL OR t.tenant_id = $3)
    ORDER BY t.name, t.slug
    LIMIT 500";

/// Finds a tenant and decides. A tenant that the caller does not reach does
/// not exist for them; one that they reach refuses by name.
pub(crate) async fn tenant(ctx: &Ctx, slug: &str, action: Action) -> Result<Tenant> {
    let found = reached(ctx, Some(slug)).await?.pop();
    let tenant = found.ok_or_else(|| Error::not_found("tenant"))?;
    decide(ctx, &tenant, action)?;
    Ok(tenant)
}

/// Whether the caller reaches a tenant, whatever they may do there.
pub(crate) async fn tenant_reached(ctx: &Ctx, slug: &str) -> Result<()> {
    let found = reached(ctx, Some(slug)).await?.pop();
    found.map(drop).ok_or_else(|| Error::not_found("tenant"))
}

/// The tenant whose invitation the caller holds, to join it and nothing else.
pub(crate) async fn invited_tenant(ctx: &Ctx) -> Result<Tenant> {
    let Actor::Invited { tenant: Some(tenant), .. } = &ctx.actor else {
        return Err(Error::internal("no invitation is held"));
    };
    let reached = tenants_of(ctx, None, None, Some(tenant.0)).await?;
    let tenant = reached.into_iter().next().ok_or_else(|| Error::not_found("tenant"))?;
    Ok(Tenant { roles: Vec::new(), ..tenant })
}

/// Every tenant that the caller reaches.
pub(crate) async fn tenants(ctx: &Ctx) -> Result<Vec<Tenant>> {
    let mut tenants = reached(ctx, None).await?;
    tenants.retain(|tenant| decide(ctx, tenant, Action::TenantRead).is_ok());
    Ok(tenants)
}

fn decide(ctx: &Ctx, tenant: &Tenant, action: Action) -> Result<()> {
    if !tenant.may(action) {
        let roles: Vec<_> = tenant.roles.iter().map(|role| role.as_str()).collect();
        return Err(Error::refused(
            Code::Forbidden,
            format!(
                "Your role here ({}) does not include {action}. An admin of {} can change roles.",
                roles.join(", "),
                tenant.info.name
            ),
        ));
    }
    let Actor::Token { scopes, .. } = &ctx.actor else { return Ok(()) };
    let needed = permission::token_scopes(action);
    match needed {
        _ if needed.iter().any(|scope| scopes.contains(scope)) => Ok(()),
        [scope, ..] => Err(Error::refused(
            Code::Forbidden,
            format!("This API token lacks the scope ‘{scope}’ that {action} needs. Make one that has it."),
        )),
        [] => Err(Error::refused(
            Code::Forbidden,
            format!("An API token cannot do {action}: it is a person's act. Sign in with a browser."),
        )),
    }
}

async fn reached(ctx: &Ctx, slug: Option<&str>) -> Result<Vec<Tenant>> {
    let user = match &ctx.actor {
        Actor::Console | Actor::Worker => None,
        _ => Some(ctx.user()?.id.0),
    };
    let bound = match &ctx.actor {
        Actor::Token { tenant, .. } => Some(tenant.0),
        _ => None,
    };
    tenants_of(ctx, user, slug, bound).await
}

/// Any tenant, for the operator to mend its jobs: what failed there is the
/// installation's trouble, whoever the tenant lets in.
pub(crate) async fn operated_tenant(ctx: &Ctx, id: TenantId) -> Result<Tenant> {
    if !ctx.is_operator() {
        return Err(Error::not_found("page"));
    }
    tenants_of(ctx, None, None, Some(id.0)).await?.pop().ok_or_else(|| Error::not_found("tenant"))
}

async fn tenants_of(
    ctx: &Ctx,
    user: Option<Uuid>,
    slug: Option<&str>,
    only: Option<Uuid>,
) -> Result<Vec<Tenant>> {
    let mut look = PlatformLook::begin(&ctx.app).await?;
    let query = sql_query(REACHED)
        .bind::<Nullable<SqlUuid>, _>(user)
        .bind::<Nullable<Text>, _>(slug)
        .bind::<Nullable<SqlUuid>, _>(only);
    let rows: Vec<TenantRow> = in_time(query.load(look.conn()?)).await?;
    look.finish();
    rows.into_iter().map(TenantRow::authorise).collect()
}

impl TenantRow {
    fn authorise(self) -> Result<Tenant> {
        let agency = parse::<AgencyRole>(self.agency_role)?.map(Role::Agency);
        let tenant = parse::<TenantRole>(self.tenant_role)?.map(Role::Tenant);
        let roles: Vec<Role> = agency.into_iter().chain(tenant).collect();
        // Only console and worker reach a tenant without a role; they act as an owner.
        let role = roles.iter().copied().next().unwrap_or(Role::Agency(AgencyRole::Owner));
        let info = tenancy::Tenant {
            id: self.tenant_id.into(),
            slug: self.slug,
            name: self.name,
            agency: self.agency,
            created_at: self.created_at,
            role,
            synthetic: self.synthetic,
        };
        let roles = if roles.is_empty() { vec![role] } else { roles };
        Ok(Tenant { info, agency_id: self.agency_id.into(), roles })
    }
}

fn parse<T: std::str::FromStr<Err = String>>(text: Option<String>) -> Result<Option<T>> {
    text.map(|text| text.parse().map_err(Error::internal)).transpose()
}

#[derive(diesel::QueryableByName)]
struct AgencyRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    slug: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    role: Option<String>,
}

const AGENCIES: &str = "
    SELECT a.id, a.slug, a.name, a.created_at, m.role
    FROM agencies a
    LEFT JOIN agency_members m ON m.agency_id = a.id AND m.user_id = $1
    WHERE (m.role IS NOT NULL OR $1 IS NULL) AND ($2 IS NULL OR a.slug = $2)
    ORDER BY a.name
    LIMIT 100";

/// Finds an agency and decides. What the caller does not work at does not
/// exist for them; API tokens, bound to one tenant, reach no agency.
pub(crate) async fn agency(ctx: &Ctx, slug: &str, action: AgencyAction) -> Result<Agency> {
    let found = agencies(ctx, Some(slug)).await?.pop();
    let (agency, role) = found.ok_or_else(|| Error::not_found("agency"))?;
    if !permission::agency_allows(role, action) {
        return Err(Error::refused(
            Code::Forbidden,
            format!("Your role at {} ({role}) does not include {action}. Ask an owner.", agency.info.name),
        ));
    }
    Ok(agency)
}

/// The agencies that the caller works at, with their role; the console has
/// an owner's rights at each.
pub(crate) async fn agencies(ctx: &Ctx, slug: Option<&str>) -> Result<Vec<(Agency, AgencyRole)>> {
    let user = match &ctx.actor {
        Actor::Console | Actor::Worker => None,
        Actor::Token { .. } => return Ok(Vec::new()),
        _ => Some(ctx.user()?.id.0),
    };
    let mut look = PlatformLook::begin(&ctx.app).await?;
    let query = sql_query(AGENCIES).bind::<Nullable<SqlUuid>, _>(user).bind::<Nullable<Text>, _>(slug);
    let rows: Vec<AgencyRow> = in_time(query.load(look.conn()?)).await?;
    look.finish();
    let authorise = |row: AgencyRow| {
        let role = parse::<AgencyRole>(row.role)?.unwrap_or(AgencyRole::Owner);
        let info =
            tenancy::Agency { id: row.id.into(), slug: row.slug, name: row.name, created_at: row.created_at };
        Ok((Agency { info }, role))
    };
    rows.into_iter().map(authorise).collect()
}

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// A project of the transaction's tenant, by its slug.
pub(crate) async fn project(tx: &mut TenantTx<'_>, slug: &str) -> Result<Project> {
    let tenant_id = tx.tenant();
    let found: Vec<Found> = sql_query("SELECT id FROM projects WHERE tenant_id = $1 AND slug = $2")
        .bind::<SqlUuid, _>(tenant_id.0)
        .bind::<Text, _>(slug)
        .load(tx.conn()?)
        .await?;
    let found = found.into_iter().next().ok_or_else(|| no_project(slug))?;
    Ok(Project { tenant_id, id: found.id.into(), _made_here: () })
}

/// The refusal for a project that is not there; its tenant is visible, so it
/// may be named.
pub(crate) fn no_project(slug: &str) -> Error {
    Error::refused(
        Code::NotFound,
        format!("There is no project ‘{slug}’ here. Make it first, or check the spelling."),
    )
}

/// A model of the transaction's tenant, by its names.
pub(crate) async fn model(tx: &mut TenantTx<'_>, reference: &ModelRef) -> Result<Model> {
    let tenant_id = tx.tenant();
    let found: Vec<Found> = sql_query(
        "SELECT m.id FROM models m
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         WHERE m.tenant_id = $1 AND p.slug = $2 AND m.name = $3",
    )
    .bind::<SqlUuid, _>(tenant_id.0)
    .bind::<Text, _>(&reference.project)
    .bind::<Text, _>(&reference.model)
    .load(tx.conn()?)
    .await?;
    let found = found.into_iter().next().ok_or_else(|| Error::not_found("model"))?;
    Ok(Model { tenant_id, id: found.id.into(), reference: reference.clone(), _made_here: () })
}

/// A version of the transaction's tenant, by its reference.
pub(crate) async fn version(tx: &mut TenantTx<'_>, reference: &VersionRef) -> Result<Version> {
    let model = model(tx, &reference.model).await?;
    let number = i32::try_from(reference.number).unwrap_or(0);
    let found: Vec<Found> =
        sql_query("SELECT id FROM versions WHERE tenant_id = $1 AND model_id = $2 AND number = $3")
            .bind::<SqlUuid, _>(model.tenant_id.0)
            .bind::<SqlUuid, _>(model.id.0)
            .bind::<Integer, _>(number)
            .load(tx.conn()?)
            .await?;
    let found = found.into_iter().next().ok_or_else(|| Error::not_found("version"))?;
    Ok(Version { model, id: found.id.into(), number: reference.number, _made_here: () })
}
