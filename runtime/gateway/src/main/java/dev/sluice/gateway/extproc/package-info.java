/**
 * Envoy's external processing protocol: the gRPC listener, and what is said on it. Knows nothing of pools and decisions;
 * {@link dev.sluice.gateway.extproc.Picking} is what it asks.
 */
@NullMarked
package dev.sluice.gateway.extproc;

import org.jspecify.annotations.NullMarked;
