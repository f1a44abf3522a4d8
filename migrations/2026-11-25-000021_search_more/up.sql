-- What was noted beside versions and models is found too, and so are datasets and pipelines.
CREATE FUNCTION search_tags(tags jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT unnest(ARRAY[key, value, key || '=' || value]) FROM jsonb_each_text(tags));

CREATE OR REPLACE VIEW model_documents WITH (security_invoker = true) AS
SELECT m.tenant_id, 'model' AS kind, m.id, true AS named, m.name,
       p.slug AS project, m.name AS model, NULL::integer AS number, left(m.description, 120) AS note,
       search_vector(ARRAY[m.id::text, p.slug || '/' || m.name] || search_tags(m.tags),
                     concat_ws(' ', m.name, p.slug, p.name), m.description) AS words,
       m.created_at AS at
FROM models m
JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id;

ALTER VIEW version_documents RENAME TO version_documents_alone;
CREATE VIEW version_documents WITH (security_invoker = true) AS
SELECT d.tenant_id, d.kind, d.id, d.named, d.name, d.project, d.model, d.number, d.note,
       d.words || search_vector(
           search_tags(coalesce(n.tags, '{}'))
               || ARRAY(SELECT unnest(ARRAY[a.name, d.model || '@' || a.name]) FROM aliases a
                        WHERE a.tenant_id = d.tenant_id AND a.version_id = d.id),
           '',
           concat_ws(' ', n.description,
                     (SELECT string_agg(t.body ->> 'text', ' ') FROM attestations t
                      WHERE t.tenant_id = d.tenant_id AND t.version_id = d.id AND t.kind = 'comment'))) AS words,
       d.at
FROM version_documents_alone d
LEFT JOIN version_annotations n ON n.tenant_id = d.tenant_id AND n.version_id = d.id;
GRANT SELECT ON version_documents TO weighhouse_tenant;

CREATE VIEW dataset_documents WITH (security_invoker = true) AS
SELECT v.tenant_id, 'dataset' AS kind, v.id, true AS named, s.name || '@' || v.number AS name,
       NULL::text AS project, NULL::text AS model, v.number,
       s.class || ', ' || to_char(v.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS note,
       search_vector(
           ARRAY[v.id::text, encode(v.digest, 'hex'), encode(v.content_digest, 'hex'), s.class, s.name || '@' || v.number,
                 to_char(v.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')]
               || ARRAY(SELECT text #>> '{}' FROM jsonb_path_query(v.record, '$.*') AS text
                        WHERE jsonb_typeof(text) = 'string'),
           s.name, '') AS words,
       v.created_at AS at
FROM data_versions v JOIN data_series s ON s.tenant_id = v.tenant_id AND s.id = v.series_id;
GRANT SELECT ON dataset_documents TO weighhouse_tenant;

CALL search_index('version_annotations', 'version_documents', 'version_id', 'INSERT', 'UPDATE');
CALL search_index('aliases', 'version_documents', 'version_id', 'INSERT', 'UPDATE', 'DELETE');
CALL search_index('attestations', 'version_documents', 'version_id', 'INSERT');
CALL search_index('data_versions', 'dataset_documents', 'id', 'INSERT');
-- Models are updated at every registration: only what is noted is looked at.
CALL search_index('models', 'model_documents', 'id', 'UPDATE OF description, tags');
