/**
 * KV connectors as a stand-in's requests and peers see them: what the fields of a request mean to each kind, what its answer
 * says, and how one process gets the KV that another one holds.
 *
 * <p>Engines of one process or of several talk over a side channel, a line of JSON each way, in place of NIXL, Mooncake or a
 * storage: the wire between engines is not what a gateway sees. What moves is the claim that blocks with these hashes were read,
 * and the time that takes.
 */
@NullMarked
package dev.sluice.simulator.transfer;

import org.jspecify.annotations.NullMarked;
