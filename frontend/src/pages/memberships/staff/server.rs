//! What the page of an agency's staff needs of core.

use crate::forms::{Done, Form, Posted, id, post};
use crate::links;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Error, Result, memberships, tenancy};
use weighhouse_types::ids::UserId;
use weighhouse_types::memberships::{Member, StaffInvitation, StaffInvitationCreate};
use weighhouse_types::permission::{AgencyAction, AgencyRole, agency_allows};
use weighhouse_types::tenancy::AgencyMembership;

/// What the page shows.
pub(crate) struct Staff {
    /// The agency, and what the visitor is there.
    pub(crate) place: AgencyMembership,
    pub(crate) members: Vec<Member>,
    /// Empty for who may not invite.
    pub(crate) invitations: Vec<StaffInvitation>,
    pub(crate) me: UserId,
}

pub(crate) async fn staff(ctx: &Ctx, slug: &str) -> Result<Staff> {
    let members = memberships::staff_list(ctx, slug).await?;
    let places = tenancy::agency_list(ctx).await?;
    let place = places.into_iter().find(|place| place.agency.slug == slug);
    let place = place.ok_or_else(|| Error::not_found("agency"))?;
    let invitations = if agency_allows(place.role, AgencyAction::StaffManage) {
        memberships::staff_invitation_list(ctx, slug).await?
    } else {
        Vec::new()
    };
    Ok(Staff { place, members, invitations, me: ctx.user()?.id })
}

fn role(text: &str) -> Result<AgencyRole> {
    text.parse().map_err(|e: String| Error::invalid("role", e))
}

fn form_of(agency: &str, name: &'static str) -> Form {
    Form { back: links::staff(&links::encode(agency)), name, kept: Vec::new() }
}

#[server(prefix = "/do", endpoint = "staff-invite")]
pub(crate) async fn staff_invite(
    #[server(default)] csrf: String,
    #[server(default)] agency: String,
    #[server(default)] email: String,
    #[server(default)] role: String,
) -> Posted {
    let form = Form {
        kept: vec![("email", email.clone()), ("role", role.clone())],
        ..form_of(&agency, StaffInvite::PATH)
    };
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let new = StaffInvitationCreate { email, role: self::role(&role)? };
        let invitation = memberships::staff_invitation_create(&ctx, &agency, new).await?;
        Ok(Done::to(back).saying(format!("The invitation is on its way to {}.", invitation.email)))
    })
    .await
}

#[server(prefix = "/do", endpoint = "staff-uninvite")]
pub(crate) async fn staff_uninvite(
    #[server(default)] csrf: String,
    #[server(default)] agency: String,
    #[server(default)] invitation: String,
) -> Posted {
    let form = form_of(&agency, StaffUninvite::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        memberships::staff_invitation_revoke(&ctx, &agency, id(&invitation, "invitation")?).await?;
        Ok(Done::to(back).saying("The invitation is revoked; its link no longer works."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "staff-update")]
pub(crate) async fn staff_update(
    #[server(default)] csrf: String,
    #[server(default)] agency: String,
    #[server(default)] user: String,
    #[server(default)] role: String,
) -> Posted {
    let form = form_of(&agency, StaffUpdate::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        memberships::staff_update(&ctx, &agency, id(&user, "member")?, self::role(&role)?).await?;
        Ok(Done::to(back).saying("The role is changed."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "staff-remove")]
pub(crate) async fn staff_remove(
    #[server(default)] csrf: String,
    #[server(default)] agency: String,
    #[server(default)] user: String,
) -> Posted {
    let form = form_of(&agency, StaffRemove::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        memberships::staff_remove(&ctx, &agency, id(&user, "member")?).await?;
        Ok(Done::to(back).saying("The person no longer reaches the agency’s clients."))
    })
    .await
}
