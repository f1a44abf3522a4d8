DROP TRIGGER search_update ON models;
DROP TRIGGER search_insert ON data_versions;
DROP TRIGGER search_insert ON attestations;
DROP TRIGGER search_insert ON aliases;
DROP TRIGGER search_update ON aliases;
DROP TRIGGER search_delete ON aliases;
DROP TRIGGER search_insert ON version_annotations;
DROP TRIGGER search_update ON version_annotations;
DROP VIEW dataset_documents, version_documents;
ALTER VIEW version_documents_alone RENAME TO version_documents;
CREATE OR REPLACE VIEW model_documents WITH (security_invoker = true) AS
SELECT m.tenant_id, 'model' AS kind, m.id, true AS named, m.name,
       p.slug AS project, m.name AS model, NULL::integer AS number, left(m.description, 120) AS note,
       search_vector(ARRAY[m.id::text, p.slug || '/' || m.name], concat_ws(' ', m.name, p.slug, p.name),
                     m.description) AS words,
       m.created_at AS at
FROM models m
JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id;
DROP FUNCTION search_tags, search_changed_version_id;
