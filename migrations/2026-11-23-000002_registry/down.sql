DROP TABLE stage_changes, version_stages, version_files, versions, blobs, blob_parts, models, projects;
DROP FUNCTION version_stage_follows, refuse_change;
