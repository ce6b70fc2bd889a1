/**
 * What engines say that they hold: their KV events, and the precise index that is made of them. Knows nothing of sockets or
 * encodings; {@link dev.sluice.core.kv.KvEventSource} is implemented elsewhere.
 */
@NullMarked
package dev.sluice.core.kv;

import org.jspecify.annotations.NullMarked;
