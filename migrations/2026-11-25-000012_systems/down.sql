DROP TABLE lineage_inputs;
DROP TABLE system_policies;
DROP TABLE compatibility_statements;
DROP FUNCTION systems_with;
DROP FUNCTION system_parts;
DROP TABLE system_components;
