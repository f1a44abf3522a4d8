DROP TABLE agency_audit_payloads, agency_audit_leaves, agency_audit_heads;
DROP TABLE audit_payloads, audit_leaves, audit_heads;
