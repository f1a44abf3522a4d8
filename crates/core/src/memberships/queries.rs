//! SQL of members.

pub(super) mod invitations;
pub(super) mod staff;

use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::ids::UserId;
use weighhouse_types::memberships::Member;
use weighhouse_types::permission::{AgencyRole, Role, TenantRole};

#[derive(QueryableByName)]
struct MemberRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    agency: bool,
    #[diesel(sql_type = Timestamptz)]
    since: DateTime<Utc>,
}

impl MemberRow {
    fn member(self) -> Result<Member> {
        let role = if self.agency {
            Role::Agency(self.role.parse::<AgencyRole>().map_err(Error::internal)?)
        } else {
            Role::Tenant(self.role.parse::<TenantRole>().map_err(Error::internal)?)
        };
        Ok(Member { user: self.id.into(), name: self.name, email: self.email, role, since: self.since })
    }
}

pub(super) async fn members(tx: &mut TenantTx<'_>, tenant: &authz::Tenant) -> Result<Vec<Member>> {
    let rows: Vec<MemberRow> = sql_query(
        "SELECT u.id, u.name, u.email, m.role, m.agency, m.created_at AS since
         FROM (SELECT user_id, role, created_at, false AS agency FROM memberships WHERE tenant_id = $1
               UNION ALL
               SELECT user_id, role, created_at, true FROM agency_members WHERE agency_id = $2) AS m
         JOIN users u ON u.id = m.user_id
         ORDER BY m.agency, u.name, u.email LIMIT 1000",
    )
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<SqlUuid, _>(tenant.agency_id().0)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(MemberRow::member).collect()
}

pub(super) async fn member_insert(tx: &mut TenantTx<'_>, user: UserId, role: TenantRole) -> Result<()> {
    use crate::schema::memberships::dsl;
    diesel::insert_into(dsl::memberships)
        .values((dsl::tenant_id.eq(tx.tenant().0), dsl::user_id.eq(user.0), dsl::role.eq(role.as_str())))
        .execute(tx.conn()?)
        .await
        .map_err(Error::from)
        .map_err(|e| e.or_conflict("memberships_pkey", || "This person is a member already.".into()))?;
    Ok(())
}

#[derive(QueryableByName)]
struct Email {
    #[diesel(sql_type = Text)]
    email: String,
}

pub(super) async fn member_update(
    tx: &mut TenantTx<'_>,
    user: UserId,
    role: TenantRole,
) -> Result<Option<String>> {
    let rows: Vec<Email> = sql_query(
        "UPDATE memberships m SET role = $3 FROM users u
         WHERE m.tenant_id = $1 AND m.user_id = $2 AND u.id = m.user_id RETURNING u.email",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(user.0)
    .bind::<Text, _>(role.as_str())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next().map(|row| row.email))
}

pub(super) async fn member_delete(tx: &mut TenantTx<'_>, user: UserId) -> Result<Option<String>> {
    let rows: Vec<Email> = sql_query(
        "DELETE FROM memberships m USING users u
         WHERE m.tenant_id = $1 AND m.user_id = $2 AND u.id = m.user_id RETURNING u.email",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(user.0)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next().map(|row| row.email))
}

pub(super) async fn member_exists(tx: &mut TenantTx<'_>, email: &str) -> Result<bool> {
    let rows: Vec<Email> = sql_query(
        "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.tenant_id = $1 AND u.email = $2",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Text, _>(email)
    .load(tx.conn()?)
    .await?;
    Ok(!rows.is_empty())
}

/// The addresses of everyone whose role includes deciding.
pub(crate) async fn approvers(tx: &mut TenantTx<'_>) -> Result<Vec<String>> {
    let rows: Vec<Email> = sql_query(
        "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.tenant_id = $1 AND m.role = 'approver' ORDER BY u.email LIMIT 200",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.email).collect())
}
