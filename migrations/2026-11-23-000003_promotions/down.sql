DROP VIEW production_now;
DROP TABLE production_periods, approvals;
ALTER TABLE promotions DROP CONSTRAINT promotions_tenant_id_id_evidence_digest_fkey;
DROP TABLE promotion_evidence, promotions;
