DROP TABLE api_tokens, invitations, memberships, tenants, sessions, agency_members, users, agencies, installation;
DROP PROCEDURE tenant_wall;
DROP FUNCTION current_tenants, current_tenant;
DROP EXTENSION btree_gist;
