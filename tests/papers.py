"""Whether a document is what it says: CycloneDX by its JSON schema, strictly,
and in-toto with SLSA provenance by the messages of its own library.

    papers.py cyclonedx|slsa < document
"""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

text = sys.stdin.read()
if sys.argv[1] == "cyclonedx":
    error = JsonStrictValidator(SchemaVersion.V1_7).validate_str(text)
    if error:
        sys.exit(f"not CycloneDX 1.7: {error.data.json_path}: {error.data.message[:500]}")
else:
    # Fields that the messages do not know are refused.
    statement = json_format.Parse(text, statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    predicate = json.loads(text)["predicate"]
    provenance = json_format.ParseDict(predicate, provenance_pb2.Provenance())
    definition, run = provenance.build_definition, provenance.run_details
    required = [definition.build_type, definition.external_parameters.fields, run.builder.id]
    if not all(required) or statement.predicate_type != "https://slsa.dev/provenance/v1":
        sys.exit("not SLSA provenance v1: buildType, externalParameters and builder.id must be there")
