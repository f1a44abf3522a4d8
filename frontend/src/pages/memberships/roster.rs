//! The people of a place, a client or an agency: their roles, and who is invited.

use crate::components::card::Card;
use crate::components::field::{Hidden, PostForm, SelectField, TextField};
use crate::components::table::{Heads, TakeAway};
use crate::components::time::When;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use weighhouse_types::ids::{InvitationId, UserId};
use weighhouse_types::memberships::Member;

/// Where people have their roles, and the `PATH`s of the forms that change them.
#[derive(Clone)]
pub(super) struct Place {
    /// The field by which the forms name it, and what it says.
    pub(super) field: &'static str,
    pub(super) slug: String,
    pub(super) update: &'static str,
    pub(super) remove: &'static str,
    pub(super) invite: &'static str,
    pub(super) revoke: &'static str,
}

/// One of the people.
pub(super) struct Person {
    pub(super) member: Member,
    /// The roles that the visitor may give them; none where they may change nothing.
    pub(super) roles: Vec<&'static str>,
    /// What is said behind the role.
    pub(super) note: Option<&'static str>,
}

/// Who is invited, and the roles that can be invited to.
pub(super) struct Inviting {
    pub(super) invited: Vec<Invited>,
    pub(super) roles: Vec<&'static str>,
    pub(super) hint: &'static str,
}

/// An invitation on its way, to a client or to an agency.
pub(super) struct Invited {
    pub(super) id: InvitationId,
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) expires_at: DateTime<Utc>,
}

/// The roster; `inviting` where the visitor manages it.
#[component]
pub(super) fn Roster(
    label: &'static str,
    place: Place,
    people: Vec<Person>,
    inviting: Option<Inviting>,
) -> impl IntoView {
    let rows =
        people.into_iter().map(|person| view! { <Row person=person place=place.clone() /> }).collect_view();
    let list = view! {
        <section class="card" aria-label=label>
            <table class="table cards">
                <Heads columns=&[("Person", ""), ("Role", ""), ("Since", ""), ("", "fit")] />
                <tbody>{rows}</tbody>
            </table>
        </section>
    };
    let Some(Inviting { invited, roles, hint }) = inviting else { return list.into_any() };
    view! {
        <div class="cols">
            <div class="stack">{list} <Invitations place=place.clone() invited=invited /></div>
            <aside class="rail">
                <InviteForm place=place roles=roles hint=hint />
            </aside>
        </div>
    }
    .into_any()
}

#[component]
fn Row(person: Person, place: Place) -> impl IntoView {
    let Person { member: Member { user, name, email, role, since }, roles, note } = person;
    let change = !roles.is_empty();
    let role_cell = if change {
        let (place, name) = (place.clone(), name.clone());
        view! { <RoleForm place=place user=user name=name roles=roles current=role.as_str() /> }.into_any()
    } else {
        let note = note.map(|note| view! { " " <span class="faint">{note}</span> });
        view! {
            {role.as_str()}
            {note}
        }
        .into_any()
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
                                action=place.remove
                                place=place.field
                                tenant=place.slug
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
fn RoleForm(
    place: Place,
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
        <PostForm action=place.update class="form-inline">
            <Hidden name=place.field value=place.slug />
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

#[component]
fn Invitations(place: Place, invited: Vec<Invited>) -> impl IntoView {
    (!invited.is_empty()).then(|| {
        let count = invited.len();
        let rows = invited
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
                                action=place.revoke
                                place=place.field
                                tenant=place.slug.clone()
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
fn InviteForm(place: Place, roles: Vec<&'static str>, hint: &'static str) -> impl IntoView {
    let roles = roles.into_iter().map(|role| (role.to_owned(), role.to_owned())).collect();
    view! {
        <Card id="invite" icon="send" title="Invite">
            <div class="card-body">
                <PostForm action=place.invite class="form">
                    <Hidden name=place.field value=place.slug />
                    <TextField name="email" label="E-mail" kind="email" required=true />
                    <SelectField name="role" label="Role" options=roles hint=hint />
                    <button type="submit" class="btn btn-primary">
                        "Send the invitation"
                    </button>
                </PostForm>
            </div>
        </Card>
    }
}
