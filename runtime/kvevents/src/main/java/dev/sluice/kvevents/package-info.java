/**
 * Reads engines' KV events over ZeroMQ. A module of its own because JeroMQ's licence is MPL-2.0: the gateway works without it, and
 * only core's {@link dev.sluice.core.kv.KvEventSource} connects the two.
 */
@NullMarked
package dev.sluice.kvevents;

import org.jspecify.annotations.NullMarked;
