DROP TRIGGER search_insert ON projects;
DROP TRIGGER search_insert ON models;
DROP TRIGGER search_insert ON versions;
DROP TRIGGER search_insert ON promotions;
DROP TRIGGER search_update ON promotions;
DROP VIEW project_documents, model_documents, version_documents, promotion_documents;
DROP TABLE search_documents, search_words, search_changes;
DROP PROCEDURE search_index;
DROP FUNCTION search_refresh, search_changed_id, search_words_add, search_words_take, search_entries, search_query, search_quote, search_context,
    search_vector, search_split;
DROP EXTENSION pg_trgm;
