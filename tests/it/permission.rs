//! The permission table against its golden file.

use std::fmt::Write;
use weighhouse_types::permission::{
    Action, AgencyAction, AgencyRole, Role, agency_allows, allows, token_scopes,
};

/// The whole matrix, as a table that a reviewer reads.
fn matrix() -> String {
    let mut text = String::from("Who may do what in a tenant, and the scope that a token needs for it.\n\n");
    write!(text, "{:<22}", "").unwrap();
    for role in Role::all() {
        write!(text, "{:<14}", role.as_str()).unwrap();
    }
    text.push_str("token scope\n");
    for action in Action::ALL {
        write!(text, "{:<22}", action.as_str()).unwrap();
        for role in Role::all() {
            write!(text, "{:<14}", if allows(role, *action) { "yes" } else { "-" }).unwrap();
        }
        let scopes: Vec<_> = token_scopes(*action).iter().map(|scope| scope.as_str()).collect();
        writeln!(text, "{}", if scopes.is_empty() { "no token".to_owned() } else { scopes.join(" or ") })
            .unwrap();
    }
    text.push_str("\nWho may do what to the agency itself.\n\n");
    for action in AgencyAction::ALL {
        write!(text, "{:<22}", action.as_str()).unwrap();
        for role in AgencyRole::ALL {
            let answer = if agency_allows(*role, *action) { role.as_str() } else { "-" };
            write!(text, "{answer:<14}").unwrap();
        }
        text.push('\n');
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn the_matrix_is_the_golden_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/it/golden/permissions.txt");
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    let now = matrix();
    if golden != now && std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &now).unwrap();
        return;
    }
    assert!(golden == now, "rights changed; if that is meant, run with UPDATE_GOLDEN=1 and review:\n{now}");
}
