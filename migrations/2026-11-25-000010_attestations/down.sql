DROP TABLE signers, attestations;
