//! SQL of members and invitations.

pub(super) mod staff;

use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PlatformTx, TenantTx};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::ids::{InvitationId, UserId};
use weighhouse_types::memberships::{Invitation, Member};
use weighhouse_types::permission::{AgencyRole, Role, TenantRole};

/// An invitation's link works for this long.
const INVITATION_DAYS: i64 = 7;

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

/// The addresses of the agency's people who build and promote.
pub(crate) async fn builders(tx: &mut TenantTx<'_>, tenant: &authz::Tenant) -> Result<Vec<String>> {
    let rows: Vec<Email> = sql_query(
        "SELECT u.email FROM agency_members m JOIN users u ON u.id = m.user_id
         WHERE m.agency_id = $1 AND m.role IN ('agency-admin', 'engineer') ORDER BY u.email LIMIT 200",
    )
    .bind::<SqlUuid, _>(tenant.agency_id().0)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.email).collect())
}

#[derive(QueryableByName)]
struct InvitationRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
}

impl InvitationRow {
    fn invitation(self) -> Result<Invitation> {
        Ok(Invitation {
            id: self.id.into(),
            role: self.role.parse().map_err(Error::internal)?,
            email: self.email,
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}

pub(super) async fn invitation_insert(
    tx: &mut TenantTx<'_>,
    email: &str,
    role: TenantRole,
    token: &str,
    inviter: UserId,
) -> Result<Invitation> {
    let row: InvitationRow = sql_query(
        "INSERT INTO invitations (tenant_id, id, email, role, token_hash, invited_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, email, role, created_at, expires_at",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(email)
    .bind::<Text, _>(role.as_str())
    .bind::<Binary, _>(secret::sha256(token.as_bytes()).as_slice())
    .bind::<SqlUuid, _>(inviter.0)
    .bind::<Timestamptz, _>(Utc::now() + Duration::days(INVITATION_DAYS))
    .get_result(tx.conn()?)
    .await?;
    row.invitation()
}

pub(super) async fn invitations(tx: &mut TenantTx<'_>, tenant: &authz::Tenant) -> Result<Vec<Invitation>> {
    let rows: Vec<InvitationRow> = sql_query(
        "SELECT id, email, role, created_at, expires_at FROM invitations
         WHERE tenant_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
         ORDER BY created_at DESC LIMIT 200",
    )
    .bind::<SqlUuid, _>(tenant.id().0)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(InvitationRow::invitation).collect()
}

/// Closes an invitation that is open, by setting one of its two times. Gives
/// its address, or `None` where it was closed before.
pub(super) async fn invitation_close(
    tx: &mut TenantTx<'_>,
    invitation: InvitationId,
    how: &'static str,
) -> Result<Option<String>> {
    let rows: Vec<Email> = sql_query(format!(
        "UPDATE invitations SET {how} = now()
         WHERE tenant_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL
           AND expires_at > now() RETURNING email"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(invitation.0)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next().map(|row| row.email))
}

/// An invitation found by its link.
#[derive(QueryableByName)]
pub(super) struct OpenInvitation {
    /// Absent for an invitation to the agency.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) tenant_id: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(super) agency_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) place: String,
    #[diesel(sql_type = Text)]
    pub(super) email: String,
    #[diesel(sql_type = Text)]
    pub(super) role: String,
    #[diesel(sql_type = Bool)]
    pub(super) has_login: bool,
}

pub(super) async fn invitation_by_token(
    tx: &mut PlatformTx<'_>,
    token: &str,
) -> Result<Option<OpenInvitation>> {
    let rows: Vec<OpenInvitation> = sql_query(
        "SELECT i.*, EXISTS (SELECT FROM users u WHERE u.email = i.email) AS has_login
         FROM (SELECT c.tenant_id, c.id, t.agency_id, t.name AS place, c.email, c.role,
                      c.token_hash, c.accepted_at, c.revoked_at, c.expires_at
               FROM invitations c JOIN tenants t ON t.tenant_id = c.tenant_id
               UNION ALL
               SELECT NULL, s.id, s.agency_id, a.name, s.email, s.role,
                      s.token_hash, s.accepted_at, s.revoked_at, s.expires_at
               FROM staff_invitations s JOIN agencies a ON a.id = s.agency_id) AS i
         WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()",
    )
    .bind::<Binary, _>(secret::sha256(token.as_bytes()).as_slice())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}
