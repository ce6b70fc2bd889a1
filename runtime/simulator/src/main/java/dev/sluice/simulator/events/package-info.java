/**
 * KV events as a vLLM engine publishes them: its block hashes, its msgpack, its sequence numbers and its replay. Pure; the sockets
 * are behind {@link dev.sluice.simulator.events.EventSockets}, because the library that has them has another licence.
 */
@NullMarked
package dev.sluice.simulator.events;

import org.jspecify.annotations.NullMarked;
