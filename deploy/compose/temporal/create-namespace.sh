#!/bin/sh
# Creates the namespace TEMPORAL_NAMESPACE if it is not there. Where the server is, the Temporal CLI reads from TEMPORAL_ADDRESS.
set -eu

# The server answers a moment after its port opens.
for attempt in $(seq 30); do
  if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    echo "namespace $TEMPORAL_NAMESPACE is there"
    exit 0
  fi
  echo "creating namespace $TEMPORAL_NAMESPACE, attempt $attempt of 30"
  # Retention: how long closed workflows, such as those of deleted FederatedIngresses, can still be looked at.
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 7d || true
  sleep 2
done
echo "namespace $TEMPORAL_NAMESPACE could not be created at $TEMPORAL_ADDRESS; the lines above say why" >&2
exit 1
