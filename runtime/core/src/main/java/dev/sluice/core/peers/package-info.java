/**
 * What replicas of one gateway tell each other: load in flight, prefixes, tenants' use of their quotas, explanations. Pure, like all of
 * core: whoever owns the sockets implements {@link dev.sluice.core.peers.PeerNetwork}.
 */
@NullMarked
package dev.sluice.core.peers;

import org.jspecify.annotations.NullMarked;
