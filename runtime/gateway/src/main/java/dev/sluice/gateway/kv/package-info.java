/**
 * What the engines of a live gateway say that they hold: feeds of KV events, the precise index of each pool, its audit and its
 * snapshot. Knows nothing of requests and their exchanges: it is asked with keys, and told what engines answered.
 */
@NullMarked
package dev.sluice.gateway.kv;

import org.jspecify.annotations.NullMarked;
