// @generated automatically by Diesel CLI.

diesel::table! {
    agencies (id) {
        id -> Uuid,
        slug -> Text,
        name -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    agency_audit_checkpoints (agency_id) {
        agency_id -> Uuid,
        integrated -> Int8,
        signed -> Int8,
        origin -> Nullable<Text>,
        note -> Nullable<Text>,
        key -> Nullable<Text>,
        signed_at -> Nullable<Timestamptz>,
        refusal -> Nullable<Text>,
        refused_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    agency_audit_heads (agency_id) {
        agency_id -> Uuid,
        size -> Int8,
    }
}

diesel::table! {
    agency_audit_leaves (agency_id, index) {
        agency_id -> Uuid,
        index -> Int8,
        leaf -> Bytea,
        leaf_hash -> Bytea,
    }
}

diesel::table! {
    agency_audit_payloads (agency_id, index) {
        agency_id -> Uuid,
        index -> Int8,
        nonce -> Bytea,
        payload -> Text,
    }
}

diesel::table! {
    agency_audit_tiles (agency_id, level, index) {
        agency_id -> Uuid,
        level -> Int2,
        index -> Int8,
        hashes -> Bytea,
    }
}

diesel::table! {
    agency_members (agency_id, user_id) {
        agency_id -> Uuid,
        user_id -> Uuid,
        role -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    aliases (tenant_id, model_id, name) {
        tenant_id -> Uuid,
        model_id -> Uuid,
        name -> Text,
        version_id -> Uuid,
    }
}

diesel::table! {
    annotation_changes (tenant_id, model_id, id) {
        tenant_id -> Uuid,
        model_id -> Uuid,
        id -> Uuid,
        version_id -> Nullable<Uuid>,
        what -> Text,
        key -> Text,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        user_id -> Uuid,
        at -> Timestamptz,
    }
}

diesel::table! {
    api_tokens (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        name -> Text,
        prefix -> Text,
        token_hash -> Bytea,
        scopes -> Array<Nullable<Text>>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        last_used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    approvals (tenant_id, promotion_id, evidence_digest, approver_id) {
        tenant_id -> Uuid,
        promotion_id -> Uuid,
        evidence_digest -> Bytea,
        seen_digest -> Bytea,
        approver_id -> Uuid,
        requester_id -> Uuid,
        author_id -> Uuid,
        decision -> Text,
        reason -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    artifact_sweeps (tenant_id, version_id) {
        tenant_id -> Uuid,
        version_id -> Uuid,
        model_id -> Uuid,
        stage -> Text,
        days -> Int4,
        swept_at -> Timestamptz,
        restored_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    attestations (tenant_id, version_id, id) {
        tenant_id -> Uuid,
        version_id -> Uuid,
        id -> Uuid,
        kind -> Text,
        digest -> Bytea,
        body -> Jsonb,
        user_id -> Nullable<Uuid>,
        at -> Timestamptz,
    }
}

diesel::table! {
    audit_checkpoints (tenant_id) {
        tenant_id -> Uuid,
        integrated -> Int8,
        signed -> Int8,
        origin -> Nullable<Text>,
        note -> Nullable<Text>,
        key -> Nullable<Text>,
        signed_at -> Nullable<Timestamptz>,
        refusal -> Nullable<Text>,
        refused_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    audit_heads (tenant_id) {
        tenant_id -> Uuid,
        size -> Int8,
    }
}

diesel::table! {
    audit_leaves (tenant_id, index) {
        tenant_id -> Uuid,
        index -> Int8,
        leaf -> Bytea,
        leaf_hash -> Bytea,
    }
}

diesel::table! {
    audit_payloads (tenant_id, index) {
        tenant_id -> Uuid,
        index -> Int8,
        nonce -> Bytea,
        payload -> Text,
    }
}

diesel::table! {
    audit_tiles (tenant_id, level, index) {
        tenant_id -> Uuid,
        level -> Int2,
        index -> Int8,
        hashes -> Bytea,
    }
}

diesel::table! {
    blob_cursors (tenant_id) {
        tenant_id -> Uuid,
        after -> Text,
    }
}

diesel::table! {
    blob_garbage (tenant_id, blob_sha256, number, sha256) {
        tenant_id -> Uuid,
        blob_sha256 -> Bytea,
        number -> Int4,
        sha256 -> Bytea,
        size -> Int8,
        marked_at -> Timestamptz,
        buried_at -> Nullable<Timestamptz>,
        erased_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    blob_parts (tenant_id, blob_sha256, number) {
        tenant_id -> Uuid,
        blob_sha256 -> Bytea,
        number -> Int4,
        sha256 -> Bytea,
        size -> Int8,
        stored_at -> Timestamptz,
    }
}

diesel::table! {
    blobs (tenant_id, sha256) {
        tenant_id -> Uuid,
        sha256 -> Bytea,
        size -> Int8,
        created_at -> Timestamptz,
        gone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    compatibility_statements (tenant_id, number) {
        tenant_id -> Uuid,
        number -> Int8,
        one_id -> Uuid,
        one_model_id -> Uuid,
        other_id -> Uuid,
        other_model_id -> Uuid,
        verdict -> Text,
        reason -> Text,
        user_id -> Uuid,
        at -> Timestamptz,
    }
}

diesel::table! {
    data_series (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        class -> Text,
        name -> Text,
        versions -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    data_versions (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        series_id -> Uuid,
        number -> Int4,
        digest -> Bytea,
        content_digest -> Nullable<Bytea>,
        record -> Jsonb,
        author_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    experiment_tags (tenant_id, experiment_id, key) {
        tenant_id -> Uuid,
        experiment_id -> Uuid,
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    experiments (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        project_id -> Uuid,
        number -> Int4,
        name -> Text,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> Bytea,
        fingerprint -> Bytea,
        route -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        lease -> Uuid,
        leased_until -> Timestamptz,
        done_at -> Nullable<Timestamptz>,
        status -> Nullable<Int2>,
        content_type -> Nullable<Text>,
        body -> Nullable<Bytea>,
    }
}

diesel::table! {
    installation (singleton) {
        singleton -> Bool,
        setup_code_hash -> Nullable<Bytea>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    invitations (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        email -> Text,
        role -> Text,
        token_hash -> Bytea,
        invited_by -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        accepted_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    jobs (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        kind -> Text,
        payload -> Jsonb,
        request_id -> Text,
        created_at -> Timestamptz,
        run_at -> Timestamptz,
        attempts -> Int4,
        lease -> Nullable<Uuid>,
        leased_until -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        done_at -> Nullable<Timestamptz>,
        dead_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    known_devices (user_id, device_hash) {
        user_id -> Uuid,
        device_hash -> Bytea,
        seen_at -> Timestamptz,
    }
}

diesel::table! {
    legal_holds (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        model_id -> Nullable<Uuid>,
        reason -> Text,
        owner -> Text,
        placed_by -> Uuid,
        by_client -> Bool,
        placed_at -> Timestamptz,
        lift_asked_by -> Nullable<Uuid>,
        lift_asked_by_client -> Nullable<Bool>,
        lift_asked_at -> Nullable<Timestamptz>,
        lift_reason -> Nullable<Text>,
        lifted_by -> Nullable<Uuid>,
        lifted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    lineage_inputs (tenant_id, version_id, kind, name, identity) {
        tenant_id -> Uuid,
        version_id -> Uuid,
        kind -> Text,
        name -> Text,
        identity -> Text,
    }
}

diesel::table! {
    login_links (token_hash) {
        token_hash -> Bytea,
        user_id -> Uuid,
        kind -> Text,
        email -> Nullable<Text>,
        request_id -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    mails (id) {
        id -> Uuid,
        tenant_id -> Nullable<Uuid>,
        recipient -> Text,
        subject -> Text,
        text_body -> Nullable<Text>,
        html_body -> Nullable<Text>,
        created_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    memberships (tenant_id, user_id) {
        tenant_id -> Uuid,
        user_id -> Uuid,
        role -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    metric_chunks (tenant_id, run_id, key_id, number) {
        tenant_id -> Uuid,
        run_id -> Uuid,
        key_id -> Int4,
        number -> Int4,
        points -> Bytea,
    }
}

diesel::table! {
    metric_log (tenant_id, run_id, id) {
        tenant_id -> Uuid,
        run_id -> Uuid,
        id -> Uuid,
        points -> Bytea,
    }
}

diesel::table! {
    models (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        project_id -> Uuid,
        name -> Text,
        description -> Text,
        versions -> Int4,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        kind -> Text,
        tags -> Jsonb,
    }
}

diesel::table! {
    pin_alerts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        model_id -> Uuid,
        endpoint -> Text,
        pinned -> Text,
        opened_at -> Timestamptz,
        changes -> Jsonb,
        before -> Jsonb,
        after -> Jsonb,
        closed_at -> Nullable<Timestamptz>,
        closed_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    pin_looks (tenant_id, model_id) {
        tenant_id -> Uuid,
        model_id -> Uuid,
        every_minutes -> Int4,
        due_at -> Timestamptz,
        lease -> Nullable<Uuid>,
        leased_until -> Nullable<Timestamptz>,
        seen_at -> Nullable<Timestamptz>,
        unreachable_since -> Nullable<Timestamptz>,
        trouble -> Nullable<Text>,
    }
}

diesel::table! {
    pin_watches (tenant_id, model_id) {
        tenant_id -> Uuid,
        model_id -> Uuid,
        endpoint -> Text,
        pinned -> Text,
        secret -> Nullable<Bytea>,
        golden -> Jsonb,
        revision -> Uuid,
        set_by -> Nullable<Uuid>,
        set_at -> Timestamptz,
        observed -> Nullable<Jsonb>,
        observed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    production_periods (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        model_id -> Uuid,
        version_id -> Uuid,
        period -> Tstzrange,
        began_by -> Text,
        ended_by -> Nullable<Text>,
        promotion_id -> Nullable<Uuid>,
        user_id -> Uuid,
        reason -> Text,
    }
}

diesel::table! {
    projects (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        slug -> Text,
        name -> Text,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    promotion_evidence (tenant_id, promotion_id, digest) {
        tenant_id -> Uuid,
        promotion_id -> Uuid,
        digest -> Bytea,
        requester_id -> Uuid,
        author_id -> Uuid,
        evidence -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    promotions (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        model_id -> Uuid,
        version_id -> Uuid,
        target -> Text,
        state -> Text,
        requester_id -> Uuid,
        author_id -> Uuid,
        reason -> Text,
        quorum -> Int4,
        evidence_digest -> Bytea,
        created_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    retention_batches (tenant_id, sweep_id, id) {
        tenant_id -> Uuid,
        sweep_id -> Uuid,
        id -> Uuid,
        at -> Timestamptz,
        class -> Text,
        items -> Int8,
        bytes -> Int8,
        what -> Text,
    }
}

diesel::table! {
    retention_policies (tenant_id) {
        tenant_id -> Uuid,
        audit_payloads -> Nullable<Int4>,
        archived_artifacts -> Nullable<Int4>,
        retired_artifacts -> Nullable<Int4>,
        mails -> Nullable<Int4>,
        sessions -> Nullable<Int4>,
        revision -> Int4,
        set_by -> Nullable<Uuid>,
        set_at -> Timestamptz,
    }
}

diesel::table! {
    retention_sweeps (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    run_keys (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Int4,
        name -> Text,
    }
}

diesel::table! {
    run_metrics (tenant_id, run_id, key_id) {
        tenant_id -> Uuid,
        run_id -> Uuid,
        key_id -> Int4,
        step -> Int8,
        at -> Int8,
        value -> Float8,
    }
}

diesel::table! {
    run_params (tenant_id, run_id, key_id) {
        tenant_id -> Uuid,
        run_id -> Uuid,
        key_id -> Int4,
        experiment_id -> Uuid,
        value_hash -> Int8,
        value -> Text,
    }
}

diesel::table! {
    run_tags (tenant_id, run_id, key_id) {
        tenant_id -> Uuid,
        run_id -> Uuid,
        key_id -> Int4,
        experiment_id -> Uuid,
        value_hash -> Int8,
        value -> Text,
    }
}

diesel::table! {
    runs (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        experiment_id -> Uuid,
        name -> Text,
        user_name -> Text,
        status -> Text,
        start_time -> Int8,
        end_time -> Nullable<Int8>,
        created_by -> Nullable<Uuid>,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    schedules (name) {
        name -> Text,
        due_at -> Timestamptz,
    }
}

diesel::table! {
    search_changes (tenant_id, seq) {
        tenant_id -> Uuid,
        seq -> Int8,
        documents -> Text,
        id -> Uuid,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        token_hash -> Bytea,
        agent -> Text,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    signers (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        name -> Text,
        pem -> Text,
        spki -> Bytea,
        fingerprint -> Bytea,
        algorithm -> Text,
        added_by -> Nullable<Uuid>,
        added_at -> Timestamptz,
        removed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    staff_invitations (agency_id, id) {
        agency_id -> Uuid,
        id -> Uuid,
        email -> Text,
        role -> Text,
        token_hash -> Bytea,
        invited_by -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        accepted_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    stage_changes (tenant_id, version_id, id) {
        tenant_id -> Uuid,
        version_id -> Uuid,
        id -> Uuid,
        from_stage -> Nullable<Text>,
        to_stage -> Text,
        at -> Timestamptz,
        user_id -> Uuid,
        why -> Text,
    }
}

diesel::table! {
    system_components (tenant_id, system_id, role) {
        tenant_id -> Uuid,
        system_id -> Uuid,
        system_model_id -> Uuid,
        role -> Text,
        component_id -> Uuid,
        component_model_id -> Uuid,
    }
}

diesel::table! {
    system_policies (tenant_id) {
        tenant_id -> Uuid,
        broken_systems -> Text,
        revision -> Int4,
        set_by -> Nullable<Uuid>,
        set_at -> Timestamptz,
    }
}

diesel::table! {
    tenants (tenant_id) {
        tenant_id -> Uuid,
        agency_id -> Uuid,
        slug -> Text,
        name -> Text,
        synthetic -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    throttles (key) {
        key -> Bytea,
        free_at -> Timestamptz,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        agency_id -> Uuid,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        operator -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    version_annotations (tenant_id, version_id) {
        tenant_id -> Uuid,
        version_id -> Uuid,
        description -> Text,
        tags -> Jsonb,
    }
}

diesel::table! {
    version_files (tenant_id, version_id, path) {
        tenant_id -> Uuid,
        version_id -> Uuid,
        path -> Text,
        sha256 -> Bytea,
        size -> Int8,
    }
}

diesel::table! {
    version_inputs (tenant_id, version_id, component, position) {
        tenant_id -> Uuid,
        version_id -> Uuid,
        component -> Text,
        position -> Int4,
        content_digest -> Nullable<Bytea>,
        data_version_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    version_stages (tenant_id, version_id) {
        tenant_id -> Uuid,
        version_id -> Uuid,
        model_id -> Uuid,
        stage -> Text,
        previous -> Nullable<Text>,
        since -> Timestamptz,
    }
}

diesel::table! {
    versions (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        model_id -> Uuid,
        number -> Int4,
        digest -> Bytea,
        context -> Jsonb,
        files -> Int4,
        size -> Int8,
        author_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::joinable!(agency_audit_checkpoints -> agencies (agency_id));
diesel::joinable!(agency_audit_heads -> agencies (agency_id));
diesel::joinable!(agency_audit_leaves -> agencies (agency_id));
diesel::joinable!(agency_audit_tiles -> agencies (agency_id));
diesel::joinable!(agency_members -> agencies (agency_id));
diesel::joinable!(agency_members -> users (user_id));
diesel::joinable!(annotation_changes -> users (user_id));
diesel::joinable!(api_tokens -> tenants (tenant_id));
diesel::joinable!(api_tokens -> users (user_id));
diesel::joinable!(approvals -> users (approver_id));
diesel::joinable!(attestations -> users (user_id));
diesel::joinable!(audit_checkpoints -> tenants (tenant_id));
diesel::joinable!(audit_heads -> tenants (tenant_id));
diesel::joinable!(audit_leaves -> tenants (tenant_id));
diesel::joinable!(audit_tiles -> tenants (tenant_id));
diesel::joinable!(blob_cursors -> tenants (tenant_id));
diesel::joinable!(blob_garbage -> tenants (tenant_id));
diesel::joinable!(blob_parts -> tenants (tenant_id));
diesel::joinable!(blobs -> tenants (tenant_id));
diesel::joinable!(compatibility_statements -> users (user_id));
diesel::joinable!(data_series -> tenants (tenant_id));
diesel::joinable!(data_versions -> users (author_id));
diesel::joinable!(experiments -> users (created_by));
diesel::joinable!(invitations -> tenants (tenant_id));
diesel::joinable!(invitations -> users (invited_by));
diesel::joinable!(jobs -> tenants (tenant_id));
diesel::joinable!(known_devices -> users (user_id));
diesel::joinable!(legal_holds -> tenants (tenant_id));
diesel::joinable!(login_links -> users (user_id));
diesel::joinable!(mails -> tenants (tenant_id));
diesel::joinable!(memberships -> tenants (tenant_id));
diesel::joinable!(memberships -> users (user_id));
diesel::joinable!(models -> users (created_by));
diesel::joinable!(pin_watches -> users (set_by));
diesel::joinable!(production_periods -> users (user_id));
diesel::joinable!(projects -> tenants (tenant_id));
diesel::joinable!(projects -> users (created_by));
diesel::joinable!(retention_policies -> tenants (tenant_id));
diesel::joinable!(retention_policies -> users (set_by));
diesel::joinable!(retention_sweeps -> tenants (tenant_id));
diesel::joinable!(run_keys -> tenants (tenant_id));
diesel::joinable!(runs -> users (created_by));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(signers -> tenants (tenant_id));
diesel::joinable!(signers -> users (added_by));
diesel::joinable!(staff_invitations -> agencies (agency_id));
diesel::joinable!(staff_invitations -> users (invited_by));
diesel::joinable!(stage_changes -> users (user_id));
diesel::joinable!(system_policies -> tenants (tenant_id));
diesel::joinable!(system_policies -> users (set_by));
diesel::joinable!(tenants -> agencies (agency_id));
diesel::joinable!(users -> agencies (agency_id));
diesel::joinable!(versions -> users (author_id));

diesel::allow_tables_to_appear_in_same_query!(
    agencies,
    agency_audit_checkpoints,
    agency_audit_heads,
    agency_audit_leaves,
    agency_audit_payloads,
    agency_audit_tiles,
    agency_members,
    aliases,
    annotation_changes,
    api_tokens,
    approvals,
    artifact_sweeps,
    attestations,
    audit_checkpoints,
    audit_heads,
    audit_leaves,
    audit_payloads,
    audit_tiles,
    blob_cursors,
    blob_garbage,
    blob_parts,
    blobs,
    compatibility_statements,
    data_series,
    data_versions,
    experiment_tags,
    experiments,
    idempotency_keys,
    installation,
    invitations,
    jobs,
    known_devices,
    legal_holds,
    lineage_inputs,
    login_links,
    mails,
    memberships,
    metric_chunks,
    metric_log,
    models,
    pin_alerts,
    pin_looks,
    pin_watches,
    production_periods,
    projects,
    promotion_evidence,
    promotions,
    retention_batches,
    retention_policies,
    retention_sweeps,
    run_keys,
    run_metrics,
    run_params,
    run_tags,
    runs,
    schedules,
    search_changes,
    sessions,
    signers,
    staff_invitations,
    stage_changes,
    system_components,
    system_policies,
    tenants,
    throttles,
    users,
    version_annotations,
    version_files,
    version_inputs,
    version_stages,
    versions,
);
