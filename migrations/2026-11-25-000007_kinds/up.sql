-- What a model's versions are versions of: a model, a language model in use, a system of versions.
ALTER TABLE models ADD COLUMN kind text NOT NULL DEFAULT 'model' CHECK (kind IN ('model', 'llm', 'system'));
