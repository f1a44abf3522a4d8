DROP TABLE annotation_changes, aliases, version_annotations;
REVOKE UPDATE (description) ON models FROM weighhouse_tenant;
ALTER TABLE models DROP COLUMN tags;
