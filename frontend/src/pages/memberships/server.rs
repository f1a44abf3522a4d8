//! What the pages of this feature need of core.

use crate::forms::{Done, Form, Posted, id, post, post_open};
use crate::{links, session};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_core::{Ctx, Error, Result, memberships, tenancy};
use weighhouse_types::ids::UserId;
use weighhouse_types::memberships::{Invitation, InvitationCreate, InvitationShown, Member};
use weighhouse_types::permission::{Action, Role, TenantRole, allows};
use weighhouse_types::tenancy::Tenant;

/// At most so many people are named as those who can help.
const HELPERS: usize = 5;

/// What the page of members shows.
pub(crate) struct Members {
    pub(crate) tenant: Tenant,
    pub(crate) members: Vec<Member>,
    /// Empty for who may not invite.
    pub(crate) invitations: Vec<Invitation>,
    pub(crate) me: UserId,
}

pub(crate) async fn members(ctx: &Ctx, slug: &str) -> Result<Members> {
    let tenant = tenancy::tenant_get(ctx, slug).await?;
    let invitations = if allows(tenant.role, Action::MemberManage) {
        memberships::invitation_list(ctx, slug).await?
    } else {
        Vec::new()
    };
    let members = memberships::member_list(ctx, slug).await?;
    Ok(Members { tenant, members, invitations, me: ctx.user()?.id })
}

/// The people who set roles in a client, for whoever lacks one. Nobody where
/// the client itself may not be seen.
pub(crate) async fn helpers(ctx: &Ctx, slug: &str) -> Vec<Member> {
    let members = memberships::member_list(ctx, slug).await.unwrap_or_default();
    let sets_roles = |member: &Member| allows(member.role, Action::MemberManage);
    let (client, agency): (Vec<_>, Vec<_>) =
        members.into_iter().filter(sets_roles).partition(|member| matches!(member.role, Role::Tenant(_)));
    client.into_iter().chain(agency).take(HELPERS).collect()
}

/// An invitation as its link shows it.
pub(crate) async fn invitation(ctx: &Ctx, token: &str) -> Result<InvitationShown> {
    memberships::invitation_show(ctx, token).await
}

fn role(text: &str) -> Result<TenantRole> {
    text.parse().map_err(|e: String| Error::invalid("role", e))
}

fn form_of(tenant: &str, name: &'static str) -> Form {
    Form { back: links::tenant_page(&links::encode(tenant), "members"), name, kept: Vec::new() }
}

#[server(prefix = "/do", endpoint = "invitation-create")]
pub(crate) async fn invite(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] email: String,
    #[server(default)] role: String,
) -> Posted {
    let form = Form {
        kept: vec![("email", email.clone()), ("role", role.clone())],
        ..form_of(&tenant, Invite::PATH)
    };
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        let new = InvitationCreate { email, role: self::role(&role)? };
        let invitation = memberships::invitation_create(&ctx, &tenant, new).await?;
        Ok(Done::to(back).saying(format!("The invitation is on its way to {}.", invitation.email)))
    })
    .await
}

#[server(prefix = "/do", endpoint = "invitation-revoke")]
pub(crate) async fn uninvite(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] invitation: String,
) -> Posted {
    let form = form_of(&tenant, Uninvite::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        memberships::invitation_revoke(&ctx, &tenant, id(&invitation, "invitation")?).await?;
        Ok(Done::to(back).saying("The invitation is revoked; its link no longer works."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "member-update")]
pub(crate) async fn change_role(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] user: String,
    #[server(default)] role: String,
) -> Posted {
    let form = form_of(&tenant, ChangeRole::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        memberships::member_update(&ctx, &tenant, id(&user, "member")?, self::role(&role)?).await?;
        Ok(Done::to(back).saying("The role is changed."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "member-remove")]
pub(crate) async fn remove_member(
    #[server(default)] csrf: String,
    #[server(default)] tenant: String,
    #[server(default)] user: String,
) -> Posted {
    let form = form_of(&tenant, RemoveMember::PATH);
    let back = form.back.clone();
    post(form, &csrf, async move |ctx| {
        memberships::member_remove(&ctx, &tenant, id(&user, "member")?).await?;
        Ok(Done::to(back).saying("The person no longer reaches this client."))
    })
    .await
}

#[server(prefix = "/do", endpoint = "invitation-accept")]
pub(crate) async fn accept(
    #[server(default)] token: String,
    #[server(default)] name: String,
    #[server(default)] password: String,
) -> Posted {
    let back = format!("/invitation/{}", links::encode(&token));
    let form = Form { back, name: Accept::PATH, kept: vec![("name", name.clone())] };
    post_open(form, async move |ctx| {
        let signed_in =
            memberships::invitation_accept(&ctx, &token, &name, &password, &session::agent()).await?;
        session::session_start(&ctx, &signed_in).await?;
        Ok(Done::to("/").saying("Welcome. You are signed in."))
    })
    .await
}
