//! The route table. A route that is not documented does not compile: only
//! handlers with an OpenAPI description can be listed here.

use crate::extract::{json_config, path_config, query_config};
use crate::{
    audit, blobs, directory, health, idempotency, identity, jobs, memberships, models, notifications,
    openapi, projects, promotions, proofs, search, setup, tenancy, versions,
};
use actix_web::middleware::from_fn;
use actix_web::web;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Everything that the API answers to.
pub(crate) fn table(config: &mut ServiceConfig<'_>) {
    config.service(health::healthz).service(health::readyz).service(
        scope("/api/v1")
            .service(identity::me)
            .service(identity::token_list)
            .service(identity::token_create)
            .service(identity::token_revoke)
            .service(identity::token_exchange)
            .service(setup::setup_state)
            .service(setup::set_up)
            .service(tenancy::portfolio)
            .service(search::search_find)
            .service(tenancy::agency_list)
            .service(tenancy::agency_get)
            .service(memberships::staff_list)
            .service(memberships::staff_create)
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
            .service(jobs::job_list)
            .service(jobs::job_retry)
            .service(jobs::job_discard)
            .service(memberships::invitation_show)
            .service(memberships::invitation_accept)
            .service(audit::audit_list)
            .service(audit::audit_head)
            .service(proofs::audit_signed)
            .service(proofs::audit_checkpoint)
            .service(proofs::audit_inclusion)
            .service(proofs::audit_consistency)
            .service(proofs::audit_leaves)
            .service(proofs::agency_audit_signed)
            .service(proofs::agency_audit_checkpoint)
            .service(proofs::agency_audit_inclusion)
            .service(proofs::agency_audit_consistency)
            .service(proofs::agency_audit_leaves)
            .service(projects::project_list)
            .service(projects::project_create)
            .service(projects::project_get)
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
            .service(blobs::blob_query)
            .service(blobs::part_put)
            .service(blobs::blob_complete)
            .service(promotions::promotion_open)
            .service(promotions::promotion_list)
            .service(promotions::promotion_get)
            .service(promotions::promotion_decide)
            .service(promotions::promotion_withdraw)
            .service(notifications::mail_list)
            .service(openapi::openapi_json)
            .default_service(web::to(directory::no_route))
            .wrap(from_fn(idempotency::once)),
    );
    for path in ["/healthz", "/readyz"] {
        config.route(path, web::to(directory::no_route));
    }
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
