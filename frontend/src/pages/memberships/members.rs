//! Who reaches a client, with which role; invitations on their way.

use super::server::{self, ChangeRole, Invite, Members, RemoveMember, Uninvite};
use crate::components::card::Card;
use crate::components::field::{Hidden, PostForm, SelectField, TextField};
use crate::components::frame::{Page, Tab};
use crate::components::table::{Heads, TakeAway};
use crate::components::time::When;
use crate::session;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use weighhouse_types::ids::{InvitationId, UserId};
use weighhouse_types::memberships::Member;
use weighhouse_types::permission::{Action, Role, TenantRole, allows};

#[component]
pub(crate) fn MembersPage() -> impl IntoView {
    let slug = session::param("tenant");
    session::page(async move |ctx| {
        let Members { tenant, members, invitations, me } = server::members(&ctx, &slug).await?;
        let manages = allows(tenant.role, Action::MemberManage);
        let rows = members
            .into_iter()
            .map(|member| {
                let change = manages && member.user != me;
                view! { <MemberRow member=member tenant=slug.clone() change=change /> }
            })
            .collect_view();
        let list = view! {
            <section class="card" aria-label="Members">
                <table class="table cards">
                    <Heads columns=&[("Person", ""), ("Role", ""), ("Since", ""), ("", "fit")] />
                    <tbody>{rows}</tbody>
                </table>
            </section>
        };
        let content = if manages {
            let invited = invitations.into_iter().map(|invitation| Invited {
                id: invitation.id,
                role: invitation.role.as_str(),
                email: invitation.email,
                expires_at: invitation.expires_at,
            });
            let invited = invitation_list(invited.collect(), Uninvite::PATH, ("tenant", &slug));
            view! {
                <div class="cols">
                    <div class="stack">{list} {invited}</div>
                    <aside class="rail">
                        <InviteForm tenant=slug />
                    </aside>
                </div>
            }
            .into_any()
        } else {
            list.into_any()
        };
        let body = view! {
            <div class="head">
                <h1>"Members"</h1>
                <p class="head-sub">
                    {format!("Who reaches {}, and with which role. ", tenant.name)}
                    "Agency roles reach all the agency’s clients and are set there."
                </p>
            </div>
            {content}
        };
        Ok(Page::of(tenant, Tab::Members, "Members", body))
    })
}

#[component]
fn MemberRow(member: Member, tenant: String, change: bool) -> impl IntoView {
    let Member { user, name, email, role, since } = member;
    let own = match role {
        Role::Tenant(role) => Some(role).filter(|_| change),
        Role::Agency(_) => None,
    };
    let role_cell = match (own, role) {
        (Some(current), _) => {
            let roles = TenantRole::ALL.iter().map(|role| role.as_str()).collect();
            let (place, current) = (("tenant", tenant.clone()), current.as_str());
            view! {
                <RoleForm
                    action=ChangeRole::PATH
                    place=place
                    user=user
                    name=name.clone()
                    roles=roles
                    current=current
                />
            }
            .into_any()
        }
        (None, Role::Tenant(role)) => role.as_str().into_any(),
        (None, Role::Agency(role)) => view! {
            {role.as_str()}
            " "
            <span class="faint">"of the agency"</span>
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row">{name.clone()} <span class="sub">{email}</span></th>
            <td data-label="Role">{role_cell}</td>
            <td data-label="Since">
                <When at=since />
            </td>
            <td>
                {own
                    .map(|_| {
                        view! {
                            <TakeAway
                                action=RemoveMember::PATH
                                tenant=tenant
                                field=("user", user.to_string())
                                word="Remove"
                                label=format!("Remove {name}")
                            />
                        }
                    })}
            </td>
        </tr>
    }
}

/// The choice of a person's role, and the button that sends it.
#[component]
pub(super) fn RoleForm(
    /// The server function's `PATH`.
    action: &'static str,
    /// The field that says where, and what it says.
    place: (&'static str, String),
    user: UserId,
    name: String,
    roles: Vec<&'static str>,
    current: &'static str,
) -> impl IntoView {
    let options = roles
        .into_iter()
        .map(|role| {
            view! {
                <option value=role selected=role == current>
                    {role}
                </option>
            }
        })
        .collect_view();
    view! {
        <PostForm action=action class="form-inline">
            <Hidden name=place.0 value=place.1 />
            <Hidden name="user" value=user.to_string() />
            <select class="input input-auto input-small" name="role" aria-label=format!("Role of {name}")>
                {options}
            </select>
            <button type="submit" class="btn btn-small">
                "Change"
            </button>
        </PostForm>
    }
}

/// An invitation on its way, to a client or to an agency.
pub(super) struct Invited {
    pub(super) id: InvitationId,
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) expires_at: DateTime<Utc>,
}

/// Invitations that wait to be taken, where there are any. `place` is the
/// field that says of whom, and what it says; `revoke` the form's path.
pub(super) fn invitation_list(
    invitations: Vec<Invited>,
    revoke: &'static str,
    place: (&'static str, &str),
) -> impl IntoView + use<> {
    let (field, of) = place;
    (!invitations.is_empty()).then(|| {
        let count = invitations.len();
        let rows = invitations
            .into_iter()
            .map(|Invited { id, email, role, expires_at }| {
                let label = format!("Revoke the invitation of {email}");
                view! {
                    <tr>
                        <th scope="row">{email}</th>
                        <td data-label="Role">{role}</td>
                        <td data-label="Expires">
                            <When at=expires_at />
                        </td>
                        <td>
                            <TakeAway
                                action=revoke
                                place=field
                                tenant=of.to_owned()
                                field=("invitation", id.to_string())
                                word="Revoke"
                                label=label
                            />
                        </td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <section class="card" aria-labelledby="invitations">
                <div class="card-head">
                    <h2 id="invitations">"Invitations"</h2>
                    <span class="count">{count}</span>
                </div>
                <table class="table cards">
                    <Heads columns=&[("E-mail", ""), ("Role", ""), ("Expires", ""), ("", "fit")] />
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
    })
}

#[component]
fn InviteForm(tenant: String) -> impl IntoView {
    let order = [TenantRole::Approver, TenantRole::ClientAdmin, TenantRole::Viewer];
    let roles = order.map(|role| (role.to_string(), role.to_string())).to_vec();
    view! {
        <Card id="invite" icon="send" title="Invite">
            <div class="card-body">
                <PostForm action=Invite::PATH class="form">
                    <Hidden name="tenant" value=tenant />
                    <TextField name="email" label="E-mail" kind="email" required=true />
                    <SelectField
                        name="role"
                        label="Role"
                        options=roles
                        hint="An approver decides on promotions, a client-admin manages members, a viewer reads."
                    />
                    <button type="submit" class="btn btn-primary">
                        "Send the invitation"
                    </button>
                </PostForm>
            </div>
        </Card>
    }
}
