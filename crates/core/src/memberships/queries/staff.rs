//! SQL of an agency's staff.

use super::{Email, MemberRow};
use crate::kernel::authz::Agency;
use crate::kernel::error::{Error, Result};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::PlatformTx;
use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::ids::UserId;
use weighhouse_types::memberships::Member;
use weighhouse_types::permission::AgencyRole;

pub(crate) async fn members(tx: &mut PlatformTx<'_>, agency: &Agency) -> Result<Vec<Member>> {
    let rows: Vec<MemberRow> = sql_query(
        "SELECT u.id, u.name, u.email, m.role, true AS agency, m.created_at AS since
         FROM agency_members m JOIN users u ON u.id = m.user_id
         WHERE m.agency_id = $1 ORDER BY u.name, u.email LIMIT 1000",
    )
    .bind::<SqlUuid, _>(agency.id().0)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(MemberRow::member).collect()
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    role: String,
}

/// How many owners there are; none comes or goes until the transaction's end.
pub(crate) async fn owners_lock(tx: &mut PlatformTx<'_>, agency: &Agency) -> Result<usize> {
    use crate::schema::agency_members::dsl;
    let owners: Vec<Uuid> = dsl::agency_members
        .filter(dsl::agency_id.eq(agency.id().0).and(dsl::role.eq(AgencyRole::Owner.as_str())))
        .order(dsl::user_id)
        .select(dsl::user_id)
        .for_update()
        .load(tx.conn()?)
        .await?;
    Ok(owners.len())
}

/// A person's address and role, where they work at the agency.
pub(crate) async fn role_of(
    tx: &mut PlatformTx<'_>,
    agency: &Agency,
    user: UserId,
) -> Result<Option<(String, AgencyRole)>> {
    let rows: Vec<Found> = sql_query(
        "SELECT u.email, m.role FROM agency_members m JOIN users u ON u.id = m.user_id
         WHERE m.agency_id = $1 AND m.user_id = $2 FOR UPDATE OF m",
    )
    .bind::<SqlUuid, _>(agency.id().0)
    .bind::<SqlUuid, _>(user.0)
    .load(tx.conn()?)
    .await?;
    let found = |row: Found| Ok((row.email, row.role.parse().map_err(Error::internal)?));
    rows.into_iter().next().map(found).transpose()
}

pub(crate) async fn role_set(
    tx: &mut PlatformTx<'_>,
    agency: &Agency,
    user: UserId,
    role: AgencyRole,
) -> Result<()> {
    sql_query("UPDATE agency_members SET role = $3 WHERE agency_id = $1 AND user_id = $2")
        .bind::<SqlUuid, _>(agency.id().0)
        .bind::<SqlUuid, _>(user.0)
        .bind::<Text, _>(role.as_str())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

pub(crate) async fn member_delete(tx: &mut PlatformTx<'_>, agency: &Agency, user: UserId) -> Result<()> {
    sql_query("DELETE FROM agency_members WHERE agency_id = $1 AND user_id = $2")
        .bind::<SqlUuid, _>(agency.id().0)
        .bind::<SqlUuid, _>(user.0)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

pub(crate) async fn works_here(tx: &mut PlatformTx<'_>, agency: &Agency, email: &str) -> Result<bool> {
    let rows: Vec<Email> = sql_query(
        "SELECT u.email FROM agency_members m JOIN users u ON u.id = m.user_id
         WHERE m.agency_id = $1 AND u.email = $2",
    )
    .bind::<SqlUuid, _>(agency.id().0)
    .bind::<Text, _>(email)
    .load(tx.conn()?)
    .await?;
    Ok(!rows.is_empty())
}
