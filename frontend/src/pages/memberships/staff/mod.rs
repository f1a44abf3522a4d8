//! The people who work at an agency; their roles reach all of its clients.

pub(crate) mod server;

use super::members::{Invited, RoleForm};
use crate::components::card::Card;
use crate::components::field::{Hidden, PostForm, SelectField, TextField};
use crate::components::frame::Page;
use crate::components::table::{Heads, TakeAway};
use crate::components::time::When;
use crate::session;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use server::{Staff, StaffInvite, StaffRemove, StaffUninvite, StaffUpdate};
use weighhouse_types::memberships::Member;
use weighhouse_types::permission::{AgencyAction, AgencyRole, Role, agency_allows};

#[component]
pub(crate) fn StaffPage() -> impl IntoView {
    let slug = session::param("agency");
    session::page(async move |ctx| {
        let Staff { place, members, invitations, me } = server::staff(&ctx, &slug).await?;
        let rows = members
            .into_iter()
            .map(|member| {
                let change = member.user != me && may_change(place.role, member.role);
                let roles = if change { may_give(place.role) } else { Vec::new() };
                view! { <StaffRow member=member agency=slug.clone() roles=roles /> }
            })
            .collect_view();
        let list = view! {
            <section class="card" aria-label="Staff">
                <table class="table cards">
                    <Heads columns=&[("Person", ""), ("Role", ""), ("Since", ""), ("", "fit")] />
                    <tbody>{rows}</tbody>
                </table>
            </section>
        };
        let content = if agency_allows(place.role, AgencyAction::StaffManage) {
            let invited = invitations.into_iter().map(|invitation| Invited {
                id: invitation.id,
                role: invitation.role.as_str(),
                email: invitation.email,
                expires_at: invitation.expires_at,
            });
            let invited =
                super::members::invitation_list(invited.collect(), StaffUninvite::PATH, ("agency", &slug));
            view! {
                <div class="cols">
                    <div class="stack">{list} {invited}</div>
                    <aside class="rail">
                        <InviteForm agency=slug roles=may_give(place.role) />
                    </aside>
                </div>
            }
            .into_any()
        } else {
            list.into_any()
        };
        let title = format!("Staff of {}", place.agency.name);
        let body = view! {
            <div class="head">
                <h1>{title.clone()}</h1>
                <p class="head-sub">
                    "Who works at the agency. These roles reach all of its clients; a client’s own people are on the client’s page."
                </p>
            </div>
            {content}
        };
        Ok(Page::new(title, body).under("Portfolio", "/"))
    })
}

/// Whether somebody may change one of the staff: who is an owner is for owners to say.
fn may_change(mine: AgencyRole, theirs: Role) -> bool {
    let needs = match theirs {
        Role::Agency(AgencyRole::Owner) => AgencyAction::OwnerManage,
        _ => AgencyAction::StaffManage,
    };
    agency_allows(mine, needs)
}

/// The roles that somebody may give.
fn may_give(mine: AgencyRole) -> Vec<&'static str> {
    let mut roles: Vec<_> = [AgencyRole::Engineer, AgencyRole::Auditor, AgencyRole::AgencyAdmin].to_vec();
    if agency_allows(mine, AgencyAction::OwnerManage) {
        roles.push(AgencyRole::Owner);
    }
    roles.into_iter().map(AgencyRole::as_str).collect()
}

/// `roles` are those that the visitor may give; none where they may change nothing.
#[component]
fn StaffRow(member: Member, agency: String, roles: Vec<&'static str>) -> impl IntoView {
    let Member { user, name, email, role, since } = member;
    let change = !roles.is_empty();
    let role_cell = if change {
        let (place, current) = (("agency", agency.clone()), role.as_str());
        view! {
            <RoleForm
                action=StaffUpdate::PATH
                place=place
                user=user
                name=name.clone()
                roles=roles
                current=current
            />
        }
        .into_any()
    } else {
        role.as_str().into_any()
    };
    view! {
        <tr>
            <th scope="row">{name.clone()} <span class="sub">{email}</span></th>
            <td data-label="Role">{role_cell}</td>
            <td data-label="Since">
                <When at=since />
            </td>
            <td>
                {change
                    .then(|| {
                        view! {
                            <TakeAway
                                action=StaffRemove::PATH
                                place="agency"
                                tenant=agency
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

#[component]
fn InviteForm(agency: String, roles: Vec<&'static str>) -> impl IntoView {
    let roles = roles.into_iter().map(|role| (role.to_owned(), role.to_owned())).collect();
    view! {
        <Card id="invite" icon="send" title="Invite">
            <div class="card-body">
                <PostForm action=StaffInvite::PATH class="form">
                    <Hidden name="agency" value=agency />
                    <TextField name="email" label="E-mail" kind="email" required=true />
                    <SelectField
                        name="role"
                        label="Role"
                        options=roles
                        hint="An engineer registers and deploys, an auditor reads, an agency-admin manages clients and staff as well."
                    />
                    <button type="submit" class="btn btn-primary">
                        "Send the invitation"
                    </button>
                </PostForm>
            </div>
        </Card>
    }
}
