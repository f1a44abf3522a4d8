//! The route table. A route that is not documented does not compile: only
//! handlers with an OpenAPI description can be listed here.

use crate::extract::{json_config, path_config, query_config};
use crate::{
    account, attestations, audit, blobs, directory, health, holds, idempotency, identity, jobs, memberships,
    models, notifications, openapi, pins, projects, promotions, prompts, proofs, retention, search, setup,
    staff, tenancy, versions,
};
use actix_web::middleware::from_fn;
use actix_web::web;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Everything that the API answers to.
pub(crate) fn table(config: &mut ServiceConfig<'_>) {
    config.service(health::healthz).service(health::readyz).service(
        scope("/api/v1")
            .configure(people)
            .configure(places)
            .configure(registry)
            .configure(records)
            .default_service(web::to(directory::no_route))
            .wrap(from_fn(idempotency::once)),
    );
    for path in ["/healthz", "/readyz"] {
        config.route(path, web::to(directory::no_route));
    }
}

/// Logins, credentials, and who works at an agency.
fn people(config: &mut ServiceConfig<'_>) {
    config
        .service(identity::me)
        .service(account::session_create)
        .service(account::session_delete)
        .service(account::session_list)
        .service(account::session_revoke)
        .service(account::session_revoke_others)
        .service(account::password_change)
        .service(account::password_reset_ask)
        .service(account::password_reset)
        .service(account::email_change_ask)
        .service(account::email_confirm)
        .service(account::email_undo)
        .service(identity::token_list)
        .service(identity::token_create)
        .service(identity::token_revoke)
        .service(identity::token_exchange)
        .service(setup::setup_state)
        .service(setup::set_up)
        .service(staff::staff_list)
        .service(staff::staff_update)
        .service(staff::staff_remove)
        .service(staff::staff_invitation_list)
        .service(staff::staff_invitation_create)
        .service(staff::staff_invitation_revoke);
}

/// Agencies, clients, their people and projects.
fn places(config: &mut ServiceConfig<'_>) {
    config
        .service(tenancy::portfolio)
        .service(search::search_find)
        .service(tenancy::agency_list)
        .service(tenancy::agency_get)
        .service(tenancy::tenant_create)
        .service(tenancy::agency_audit_list)
        .service(tenancy::agency_audit_head)
        .service(tenancy::tenant_get)
        .service(memberships::member_list)
        .service(memberships::member_update)
        .service(memberships::member_remove)
        .service(memberships::invitation_list)
        .service(memberships::invitation_create)
        .service(memberships::invitation_revoke)
        .service(memberships::invitation_show)
        .service(memberships::invitation_accept)
        .service(projects::project_list)
        .service(projects::project_create)
        .service(projects::project_get);
}

/// Models, versions, files, and what is in production.
fn registry(config: &mut ServiceConfig<'_>) {
    config
        .service(models::model_list)
        .service(models::model_create)
        .service(models::model_get)
        .service(models::production_at)
        .service(models::production_history)
        .service(models::production_rollback)
        .service(versions::version_list)
        .service(versions::version_register)
        .service(versions::version_get)
        .service(versions::version_retire)
        .service(versions::file_get)
        .service(versions::archive_get)
        .service(prompts::prompt_render)
        .service(pins::pin_get)
        .service(pins::pin_set)
        .service(pins::pin_remove)
        .service(pins::pin_check)
        .service(pins::pin_alert_list)
        .service(attestations::attestation_list)
        .service(attestations::attestation_add)
        .service(attestations::comment_add)
        .service(attestations::signer_list)
        .service(attestations::signer_add)
        .service(attestations::signer_remove)
        .service(blobs::blob_query)
        .service(blobs::part_put)
        .service(blobs::blob_complete)
        .service(promotions::promotion_open)
        .service(promotions::promotion_list)
        .service(promotions::promotion_get)
        .service(promotions::promotion_decide)
        .service(promotions::promotion_withdraw);
}

/// What was done, what is kept of it, and what failed.
fn records(config: &mut ServiceConfig<'_>) {
    config
        .service(jobs::job_list)
        .service(jobs::job_retry)
        .service(jobs::job_discard)
        .service(audit::audit_list)
        .service(audit::audit_head)
        .service(proofs::audit_signed)
        .service(proofs::audit_checkpoint)
        .service(proofs::audit_inclusion)
        .service(proofs::audit_consistency)
        .service(proofs::audit_leaves)
        .service(proofs::audit_tile)
        .service(proofs::agency_audit_signed)
        .service(proofs::agency_audit_checkpoint)
        .service(proofs::agency_audit_inclusion)
        .service(proofs::agency_audit_consistency)
        .service(proofs::agency_audit_leaves)
        .service(retention::retention_get)
        .service(retention::retention_set)
        .service(retention::sweep_preview)
        .service(retention::sweep_list)
        .service(retention::sweep_get)
        .service(retention::sweep_batches)
        .service(holds::hold_list)
        .service(holds::hold_place)
        .service(holds::hold_lift_ask)
        .service(holds::hold_lift_confirm)
        .service(holds::hold_lift_withdraw)
        .service(notifications::mail_list)
        .service(openapi::openapi_json);
}

/// Mounts `/healthz` and `/readyz` alone.
pub fn configure_probes(config: &mut actix_web::web::ServiceConfig) {
    config.service(health::healthz).service(health::readyz);
}

/// Mounts the API on an actix application whose data holds the `App`.
pub fn configure(config: &mut actix_web::web::ServiceConfig) {
    config.app_data(json_config()).app_data(path_config()).app_data(query_config());
    table(&mut ServiceConfig::new(config));
}
