-- Finding anything of a tenant by what is known of it.
--
-- Under row-level security an operator that is not leakproof does not look in
-- an index: not `@@` of full text, nor `%` of trigrams. So the words lie in an
-- inverted index of our own, in rows that begin with the tenant and are found
-- by `=` and `<`, which are leakproof. Postgres's parser makes the words, its
-- full text decides on what was found, and its trigrams forgive slips.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What can be found: a row a thing, with what is shown of it.
CREATE TABLE search_documents (
    tenant_id uuid NOT NULL REFERENCES tenants,
    kind text NOT NULL,
    id uuid NOT NULL,
    -- People name it, and there are few: found first, and through slips too.
    named boolean NOT NULL,
    name text NOT NULL,
    -- The way to it, as far as it has one.
    project text,
    model text,
    number integer,
    note text NOT NULL,
    words tsvector NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, kind, id)
);

-- Every word of every document; the triggers below write it. A key into
-- `tenants` would be looked at for each word.
CREATE TABLE search_words (
    tenant_id uuid NOT NULL,
    named boolean NOT NULL,
    word text COLLATE "C" NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (tenant_id, named, word, id, kind)
);

-- What was changed since its document was written: rows of a view of
-- documents. A change says no more than this in its own transaction, since a
-- document costs more than most changes do; `search_refresh` does the rest.
CREATE TABLE search_changes (
    tenant_id uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    documents text NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

-- The words of names: each as it is written, and its parts.
CREATE FUNCTION search_split(names text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_split_to_array(lower(names), '\s+') || regexp_split_to_array(lower(names), '[^[:alnum:]]+');

-- A document's words: `whole` as they are, `names` with their parts, `prose`
-- by their stems. At most 500 of each kind, so that no document fills the index.
CREATE FUNCTION search_vector(whole text[], names text, prose text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_tsvector(ARRAY(
               SELECT DISTINCT left(lower(word), 200) FROM unnest(whole || search_split(names)) AS word
               WHERE word <> '' LIMIT 500))
           || to_tsvector('pg_catalog.english', left(prose, 8000));

-- A word as a query's text has it.
CREATE FUNCTION search_quote(word text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '''' || replace(replace(word, '\', '\\'), '''', '''''') || '''';

-- What documents must hold: every word itself, as the beginning of a word, or
-- as either that or its stem. Words such as ‘of’ have no stem: they are asked
-- for only where nothing else is.
CREATE FUNCTION search_query(words text[], how text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT coalesce(string_agg(asked, ' & ') FILTER (WHERE how <> 'stem' OR stem IS NOT NULL),
                        string_agg(asked, ' & '))::tsquery
        FROM (SELECT stem, CASE how WHEN 'exact' THEN quoted
                                    WHEN 'prefix' THEN quoted || ':*'
                                    ELSE '(' || concat_ws(' | ', quoted || ':*', stem) || ')' END AS asked
              FROM (SELECT search_quote(word) AS quoted,
                           search_quote((ts_lexize('pg_catalog.english_stem', word))[1]) AS stem
                    FROM unnest(words) AS word) AS lexemes) AS asked);

-- What goes into the index of a document: its words; and, behind characters
-- that no word has, the whole of a name and its trigrams.
CREATE FUNCTION search_entries(named boolean, name text, words tsvector) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN tsvector_to_array(words)
           || CASE WHEN named THEN chr(2) || left(lower(name), 200)
                                   || ARRAY(SELECT chr(1) || part FROM unnest(show_trgm(name)) AS part)
                   ELSE '{}' END;

CREATE FUNCTION search_words_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_words (tenant_id, named, word, id, kind)
    SELECT a.tenant_id, a.named, word, a.id, a.kind
    FROM added a, unnest(search_entries(a.named, a.name, a.words)) AS word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION search_words_take() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_words w
    USING (SELECT t.tenant_id, t.named, word, t.id, t.kind
           FROM taken t, unnest(search_entries(t.named, t.name, t.words)) AS word) AS o
    WHERE w.tenant_id = o.tenant_id AND w.named = o.named AND w.word = o.word AND w.id = o.id AND w.kind = o.kind;
    RETURN NULL;
END $$;
-- By name, so that an update takes its old words before it adds the new.
CREATE TRIGGER search_documents_insert AFTER INSERT ON search_documents
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION search_words_add();
CREATE TRIGGER search_documents_update_1 AFTER UPDATE ON search_documents
    REFERENCING OLD TABLE AS taken FOR EACH STATEMENT EXECUTE FUNCTION search_words_take();
CREATE TRIGGER search_documents_update_2 AFTER UPDATE ON search_documents
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION search_words_add();
CREATE TRIGGER search_documents_delete AFTER DELETE ON search_documents
    REFERENCING OLD TABLE AS taken FOR EACH STATEMENT EXECUTE FUNCTION search_words_take();

-- Writes the documents of the tenant's oldest changes, at most so many; says
-- how many there were. One at a time: a document never goes back.
CREATE FUNCTION search_refresh(most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    source text;
    ids uuid[];
    changes bigint;
    done bigint := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('search ' || current_tenant(), 0));
    FOR source, ids, changes IN
        WITH taken AS (
            DELETE FROM search_changes WHERE tenant_id = current_tenant() AND seq IN (
                SELECT seq FROM search_changes WHERE tenant_id = current_tenant() ORDER BY seq LIMIT most)
            RETURNING documents, id)
        SELECT documents, array_agg(DISTINCT id), count(*) FROM taken GROUP BY documents
    LOOP
        -- A later statement sees at least what these changes committed.
        EXECUTE format(
            'INSERT INTO search_documents (tenant_id, kind, id, named, name, project, model, number, note, words, at)
             SELECT d.tenant_id, d.kind, d.id, d.named, d.name, d.project, d.model, d.number, d.note, d.words, d.at
             FROM unnest($1) AS c (id) JOIN %I d ON d.tenant_id = current_tenant() AND d.id = c.id
             ON CONFLICT (tenant_id, kind, id) DO UPDATE
             SET name = excluded.name, project = excluded.project, model = excluded.model,
                 number = excluded.number, note = excluded.note, words = excluded.words, at = excluded.at', source)
        USING ids;
        done := done + changes;
    END LOOP;
    RETURN done;
END $$;

-- Has a view's rows found: whenever a row of the table is written, the
-- documents whose id stands in its `key` are to be written again. A feature
-- makes such a view, and calls this.
CREATE PROCEDURE search_index(source regclass, documents regclass, key name, VARIADIC events text[])
    LANGUAGE plpgsql AS $$
DECLARE
    event text;
BEGIN
    -- One for each name of a key, so that its plans are kept.
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS $f$
         BEGIN
             IF TG_OP <> ''INSERT'' THEN
                 INSERT INTO search_changes (tenant_id, documents, id) VALUES (OLD.tenant_id, TG_ARGV[0], OLD.%I);
             END IF;
             IF TG_OP = ''INSERT'' OR TG_OP = ''UPDATE'' AND NEW.%2$I <> OLD.%2$I THEN
                 INSERT INTO search_changes (tenant_id, documents, id) VALUES (NEW.tenant_id, TG_ARGV[0], NEW.%2$I);
             END IF;
             RETURN NULL;
         END $f$', 'search_changed_' || key, key);
    FOREACH event IN ARRAY events LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s FOR EACH ROW EXECUTE FUNCTION %I(%L)',
            'search_' || lower(split_part(event, ' ', 1)), event, source, 'search_changed_' || key, documents);
    END LOOP;
END $$;

CREATE VIEW project_documents WITH (security_invoker = true) AS
SELECT p.tenant_id, 'project' AS kind, p.id, true AS named, p.slug AS name,
       p.slug AS project, NULL::text AS model, NULL::integer AS number, p.name AS note,
       search_vector(ARRAY[p.id::text], p.slug || ' ' || p.name, '') AS words, p.created_at AS at
FROM projects p;

CREATE VIEW model_documents WITH (security_invoker = true) AS
SELECT m.tenant_id, 'model' AS kind, m.id, true AS named, m.name,
       p.slug AS project, m.name AS model, NULL::integer AS number, left(m.description, 120) AS note,
       search_vector(ARRAY[m.id::text, p.slug || '/' || m.name], concat_ws(' ', m.name, p.slug, p.name), m.description) AS words,
       m.created_at AS at
FROM models m
JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id;

-- The texts of a context that people remember: data, code, libraries, and
-- what serves or makes it up. Files, settings and metrics are left out.
CREATE FUNCTION search_context(context jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(
        SELECT text #>> '{}' FROM (
            SELECT jsonb_path_query(context, '$.data[*].*') AS text
            UNION ALL SELECT jsonb_path_query(context, '$.features.*')
            UNION ALL SELECT jsonb_path_query(context, '$.code.*')
            UNION ALL SELECT jsonb_path_query(context, '$.deployment.*')
            UNION ALL SELECT jsonb_path_query(context, '$.llm.*')
            UNION ALL SELECT jsonb_path_query(context, '$.system.components.*.version')) AS texts
        WHERE jsonb_typeof(text) = 'string'
        UNION ALL SELECT key || '==' || value FROM jsonb_each_text(context #> '{environment,libraries}')
        UNION ALL SELECT key || '==' || value FROM jsonb_each_text(context #> '{environment,languages}'));

CREATE VIEW version_documents WITH (security_invoker = true) AS
SELECT v.tenant_id, 'version' AS kind, v.id, false AS named, m.name || '@' || v.number AS name,
       p.slug AS project, m.name AS model, v.number,
       u.name || ', ' || to_char(v.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS note,
       search_vector(
           ARRAY[v.id::text, encode(v.digest, 'hex'), m.name || '@' || v.number,
                 p.slug || '/' || m.name || '@' || v.number, u.email,
                 to_char(v.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')]
               || search_context(v.context),
           concat_ws(' ', m.name, p.slug, u.name, v.context #>> '{features,name}',
                     (SELECT string_agg(data #>> '{}', ' ')
                      FROM jsonb_path_query(v.context, '$.data[*].name') AS data)),
           '') AS words,
       v.created_at AS at
FROM versions v
JOIN models m ON m.tenant_id = v.tenant_id AND m.id = v.model_id
JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
JOIN users u ON u.id = v.author_id;

CREATE VIEW promotion_documents WITH (security_invoker = true) AS
SELECT q.tenant_id, 'promotion' AS kind, q.id, false AS named,
       m.name || '@' || v.number || ' to ' || q.target AS name,
       p.slug AS project, m.name AS model, v.number,
       r.name || ', ' || to_char(q.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS note,
       search_vector(
           ARRAY[q.id::text, encode(q.evidence_digest, 'hex'), q.target, m.name || '@' || v.number, r.email,
                 to_char(q.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')],
           concat_ws(' ', m.name, p.slug, r.name), q.reason) AS words,
       q.created_at AS at
FROM promotions q
JOIN models m ON m.tenant_id = q.tenant_id AND m.id = q.model_id
JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
JOIN versions v ON v.tenant_id = q.tenant_id AND v.id = q.version_id
JOIN users r ON r.id = q.requester_id;

GRANT SELECT ON project_documents, model_documents, version_documents, promotion_documents TO weighhouse_tenant;

-- What is there already. The owner need be no superuser, and forced
-- row-level security would hide the rows from it.
ALTER TABLE projects NO FORCE ROW LEVEL SECURITY;
ALTER TABLE models NO FORCE ROW LEVEL SECURITY;
ALTER TABLE versions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE promotions NO FORCE ROW LEVEL SECURITY;
INSERT INTO search_documents (tenant_id, kind, id, named, name, project, model, number, note, words, at)
SELECT * FROM project_documents
UNION ALL SELECT * FROM model_documents
UNION ALL SELECT * FROM version_documents
UNION ALL SELECT * FROM promotion_documents;
ALTER TABLE projects FORCE ROW LEVEL SECURITY;
ALTER TABLE models FORCE ROW LEVEL SECURITY;
ALTER TABLE versions FORCE ROW LEVEL SECURITY;
ALTER TABLE promotions FORCE ROW LEVEL SECURITY;

CALL tenant_wall('search_documents');
CALL tenant_wall('search_words');
CALL tenant_wall('search_changes');
GRANT INSERT, UPDATE, DELETE ON search_documents, search_words TO weighhouse_tenant;
GRANT INSERT, DELETE ON search_changes TO weighhouse_tenant;
-- The worker looks for the tenants that something changed in, and for nothing else.
CREATE POLICY platform ON search_changes FOR SELECT TO weighhouse_platform USING (true);
GRANT SELECT (tenant_id) ON search_changes TO weighhouse_platform;

CALL search_index('projects', 'project_documents', 'id', 'INSERT');
CALL search_index('models', 'model_documents', 'id', 'INSERT');
CALL search_index('versions', 'version_documents', 'id', 'INSERT');
-- New evidence has a new digest.
CALL search_index('promotions', 'promotion_documents', 'id', 'INSERT', 'UPDATE');
