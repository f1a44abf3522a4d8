//! SQL of an agency's staff and its invitations.

use super::{Email, INVITATION_DAYS, MemberRow};
use crate::kernel::authz::Agency;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::PlatformTx;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::ids::{AgencyId, InvitationId, UserId};
use weighhouse_types::memberships::{Member, StaffInvitation};
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

#[derive(QueryableByName)]
struct InvitationRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(embed)]
    found: Found,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
}

impl InvitationRow {
    fn invitation(self) -> Result<StaffInvitation> {
        Ok(StaffInvitation {
            id: self.id.into(),
            email: self.found.email,
            role: self.found.role.parse().map_err(Error::internal)?,
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}

pub(crate) async fn invitation_insert(
    tx: &mut PlatformTx<'_>,
    agency: &Agency,
    email: &str,
    role: AgencyRole,
    token: &str,
    inviter: UserId,
) -> Result<StaffInvitation> {
    let row: InvitationRow = sql_query(
        "INSERT INTO staff_invitations (agency_id, id, email, role, token_hash, invited_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, email, role, created_at, expires_at",
    )
    .bind::<SqlUuid, _>(agency.id().0)
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

pub(crate) async fn invitations(tx: &mut PlatformTx<'_>, agency: &Agency) -> Result<Vec<StaffInvitation>> {
    let rows: Vec<InvitationRow> = sql_query(
        "SELECT id, email, role, created_at, expires_at FROM staff_invitations
         WHERE agency_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
         ORDER BY created_at DESC LIMIT 200",
    )
    .bind::<SqlUuid, _>(agency.id().0)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(InvitationRow::invitation).collect()
}

/// Closes an invitation that is open, by setting one of its two times. Gives
/// its address, or `None` where it was closed before.
pub(crate) async fn invitation_close(
    tx: &mut PlatformTx<'_>,
    agency: AgencyId,
    invitation: InvitationId,
    how: &'static str,
) -> Result<Option<String>> {
    let rows: Vec<Email> = sql_query(format!(
        "UPDATE staff_invitations SET {how} = now()
         WHERE agency_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL
           AND expires_at > now() RETURNING email"
    ))
    .bind::<SqlUuid, _>(agency.0)
    .bind::<SqlUuid, _>(invitation.0)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next().map(|row| row.email))
}
