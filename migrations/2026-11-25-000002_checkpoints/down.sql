DROP TABLE agency_audit_checkpoints, agency_audit_tiles, audit_checkpoints, audit_tiles;
DROP FUNCTION tile_grows, origin_stays;
REVOKE SELECT ON audit_heads FROM weighhouse_platform;
DROP POLICY platform ON audit_heads;
